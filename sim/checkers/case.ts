import { known } from '../../src/lib/check.ts'
import { isObject } from '../../src/lib/json.ts'
import type { Instant } from '../../src/lib/time.ts'
import type { Faults } from '../faults.ts'
import type { Records } from '../record.ts'
import type { Setting } from '../setup.ts'
import type { EventRow, Facts } from './facts.ts'

/** All that there is to know about a seed that is over. */
export type Case = {
  readonly facts: Facts
  readonly records: Records
  readonly setting: Setting
  readonly faults: Pick<Faults, 'skewsMs' | 'isAlone'>
  /** From the first instant of the seed to the last. */
  readonly watched: { readonly startAt: Instant; readonly endAt: Instant }
}

/** What is wrong, as sentences. Written from a promise, never from the code. */
export type Checker = (known: Case) => readonly string[]

export function grouped<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): ReadonlyMap<Key, readonly Item[]> {
  return Map.groupBy(items, keyOf)
}

/** When an event became true, by the world's clock. */
export function committedAt(records: Records, { sequence }: EventRow): Instant {
  const commit = records.commits.find((other) => other.sequence >= sequence)
  return known(commit, 'each event that is stored was seen to be committed').at
}

/** The data of an event, as an object. */
export function dataOf(event: EventRow): { readonly [key: string]: unknown } {
  const data: unknown = JSON.parse(event.data)
  return isObject(data) ? data : {}
}

/** Whether who was paged before an event is left alone after it. */
export const endsPaging = (type: string): boolean => turnOf(type) === 'closes' || type === 'alert_group.reassigned'

/** What an event does to an alert group: it begins to page, or ends to page, or neither. */
export function turnOf(type: string): 'opens' | 'closes' | null {
  if (['created', 'unacknowledged', 'unresolved', 'unsilenced', 'reassigned'].some((word) => type === `alert_group.${word}`))
    return 'opens'
  if (['acknowledged', 'resolved', 'silenced'].some((word) => type === `alert_group.${word}`)) return 'closes'
  return null
}
