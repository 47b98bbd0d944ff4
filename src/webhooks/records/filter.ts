import { deliveryStates, type RecordFilter, statusClasses } from '../../deliveries/records/record.ts'
import { type Body, filterId, integerWithin, optional, type Reader, readFields } from '../../lib/fields.ts'
import type { AlertGroupId } from '../../lib/ids.ts'
import type { Refusal } from '../../lib/rejection.ts'
import { no, ok, type Result } from '../../lib/result.ts'
import { type Instant, parseInstant } from '../../lib/time.ts'
import { type Trigger, triggers } from '../trigger.ts'

/** What a list of deliveries is asked for; what is left out, or empty, keeps all. */
export type DeliveryFilter = Pick<RecordFilter, 'state' | 'statusClass' | 'since' | 'until'> & {
  readonly alertGroupId: AlertGroupId | undefined
  readonly eventSequence: number | undefined
  readonly trigger: Trigger | undefined
}

export type DeliveryFilterQuery = Partial<
  Readonly<Record<'state' | 'status' | 'since' | 'until' | 'alert_group_id' | 'event_sequence' | 'trigger', string>>
>

export function deliveryFilterOf(query: DeliveryFilterQuery): Result<DeliveryFilter, Refusal> {
  const given: Body = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''))
  return readFields((take) => ({
    state: take(optional(given, 'state', oneOf(deliveryStates)), undefined),
    statusClass: take(optional(given, 'status', oneOf(statusClasses)), undefined),
    since: take(optional(given, 'since', instantOfQuery), undefined),
    until: take(optional(given, 'until', instantOfQuery), undefined),
    eventSequence: take(optional(given, 'event_sequence', sequence), undefined),
    trigger: take(optional(given, 'trigger', oneOf(triggers)), undefined),
    alertGroupId: filterId<AlertGroupId>(query.alert_group_id),
  }))
}

const sequence: Reader<number> = integerWithin({ min: 0, max: Number.MAX_SAFE_INTEGER })

function oneOf<const Word extends string>(words: readonly Word[]): Reader<Word> {
  return (value) => {
    const word = words.find((one) => one === value)
    return word === undefined ? no(`Must be one of: ${words.join(', ')}.`) : ok(word)
  }
}

/** A query makes a blank of the plus sign. */
const instantOfQuery: Reader<Instant> = (value) => {
  const instant = typeof value === 'string' ? parseInstant(value.replace(' ', '+')) : null
  return instant === null ? no('Must be an instant with its offset, for example 2026-11-22T01:00:00Z.') : ok(instant)
}
