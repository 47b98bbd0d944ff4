import { check } from '../lib/check.ts'
import { isObject } from '../lib/json.ts'
import type { Person } from './person.ts'

/**
 * What events say about who is on call: all that webhooks tell of it, as it was at that moment. Instants are ISO 8601 in
 * UTC, with `Z`, in whole seconds.
 */
export type ShiftChange = {
  readonly scheduled_at: string
  readonly detected_at: string
  /** Found more than five seconds after it had happened. */
  readonly late: boolean
  /** Counts the changes of the schedule. */
  readonly change_number: number
  readonly cause: ShiftChangeCause
  readonly schedule: {
    readonly id: string
    readonly name: string
    readonly type: string
    readonly time_zone: string
    readonly team: { readonly id: string; readonly name: string } | null
    readonly created_at: string
    readonly updated_at: string
  }
  /** Who was on call, and who is now; nobody is an empty list. */
  readonly previous: readonly PersonOnCall[]
  readonly current: readonly PersonOnCall[]
  /** The change after this one, as far as it is known. */
  readonly next: { readonly at: string; readonly users: readonly PersonOnCall[] } | null
  /** Nobody is on call now. */
  readonly gap: boolean
  /** Those with a step that pages who is on call. */
  readonly escalation_chains: readonly { readonly id: string; readonly name: string }[]
  /** There where it is made up, for a test of a webhook. */
  readonly test?: true
}

export type PersonOnCall = Person & {
  /** What puts the person on call. */
  readonly cover: { readonly kind: 'layer' | 'override' | 'swap'; readonly id: string; readonly name: string | null }
}

type ShiftChangeCause =
  | 'rotation'
  | 'restriction'
  | 'override_start'
  | 'override_end'
  | 'swap'
  | 'layer_start'
  | 'layer_end'
  | 'configuration'
  | 'user'
  | 'tzdata'

/** What an event of this kind says, from the text that is stored. */
export function readShiftChange(text: string): ShiftChange {
  const parsed: unknown = JSON.parse(text)
  check(isShiftChange(parsed), 'what is stored of a shift change is one')
  return parsed
}

/** Only this server writes them, so their frame says enough. */
const isShiftChange = (value: unknown): value is ShiftChange =>
  isObject(value) && isObject(value['schedule']) && Array.isArray(value['previous']) && Array.isArray(value['current'])
