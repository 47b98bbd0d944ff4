import type { LayerId, UserId } from '../../lib/ids.ts'
import type { Restriction, Turn } from '../engine/schedule.ts'
import type { LocalTime } from '../local-time.ts'

/** A layer of a schedule: groups of people in turn, at the hours that its restrictions leave. It belongs to one schedule. */
export type NativeLayer = LayerFields & { readonly id: LayerId }

/** What a caller can say about a layer. */
export type LayerFields = {
  readonly name: string | null
  readonly level: number
  /** As it was typed, an IANA name or alias; null: the schedule's zone. */
  readonly timeZone: string | null
  readonly startLocal: LocalTime
  readonly untilLocal: LocalTime | null
  readonly turn: Turn
  /** A group without anybody has a turn in which the layer covers nothing. */
  readonly groups: readonly (readonly UserId[])[]
  /** The group that has the turn in which the layer starts, counted from 0. */
  readonly firstGroup: number
  readonly restrictions: readonly Restriction[]
  readonly consumption: 'calendar' | 'active'
}

/** What a body says about a layer. The ids of users still have to be looked up. */
export type LayerInput = {
  readonly layer: LayerFields
  /** The group that shall have the turn under way: its number; those who have it (`keep`); or whom the first group gives it to (`first`). */
  readonly turnNow: number | 'keep' | 'first'
}
