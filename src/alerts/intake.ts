import { createHash } from 'node:crypto'
import type { AlertSource } from '../integrations/integration.ts'
import { type AlertGroupId, type AlertId, newPublicId } from '../lib/ids.ts'
import type { Signal } from './signal.ts'
import type { AlertGroupState } from './state.ts'

/** One signal that arrived, with the source that sent it. */
export type Arrival = { readonly source: AlertSource; readonly signal: Signal }

/** What is known of the groups that the arrivals could belong to. */
export type KnownGroup = {
  readonly id: AlertGroupId
  readonly key: string
  readonly state: AlertGroupState
  readonly alertsCount: number
}

/** What becomes of one arrival. */
export type Placement = {
  readonly arrival: Arrival
  readonly alertId: AlertId
  readonly alertGroupId: AlertGroupId
  /** The number of this alert in its group, from 1. */
  readonly number: number
  readonly opens: boolean
  readonly resolves: boolean
}

/**
 * Sorts arrivals into alert groups, in their order (contract grafana-oncall 6.5): a signal joins the open group of its
 * key or opens one; a resolving signal ends the open group, else joins the latest resolved one, else opens a group that
 * is resolved at once.
 */
export function place(
  arrivals: readonly Arrival[],
  groups: readonly KnownGroup[],
  bytes: (count: number) => Uint8Array,
): readonly Placement[] {
  const current = new Map<string, Working>()
  for (const { key, id, alertsCount, state } of groups) {
    const isOpen = state !== 'resolved'
    if (isOpen || !current.has(key)) current.set(key, { id, count: alertsCount, isOpen })
  }
  return arrivals.map((arrival) => {
    const key = groupKeyOf(arrival)
    const { resolves } = arrival.signal
    const found = key === null ? undefined : current.get(key)
    const joined = found !== undefined && (found.isOpen || resolves) ? found : null
    const working = joined ?? { id: newPublicId('I', bytes), count: 0, isOpen: true }
    const placement = {
      arrival,
      alertId: newPublicId('A', bytes),
      alertGroupId: working.id,
      number: working.count + 1,
      opens: joined === null,
      resolves: resolves && working.isOpen,
    }
    working.count += 1
    working.isOpen = working.isOpen && !resolves
    if (key !== null) current.set(key, working)
    return placement
  })
}

/**
 * Cuts arrivals into rounds, in their order: a key that ended begins again in the next round only. So whoever stores one
 * round after the other never has two open groups of one key, not even inside a transaction.
 */
export function roundsOf(arrivals: readonly Arrival[]): readonly (readonly Arrival[])[] {
  const rounds: Arrival[][] = []
  const ended = new Set<string>()
  for (const arrival of arrivals) {
    const key = groupKeyOf(arrival)
    const { resolves } = arrival.signal
    const beginsAgain = key !== null && !resolves && ended.has(key)
    if (beginsAgain) ended.clear()
    if (beginsAgain || rounds.length === 0) rounds.push([])
    rounds.at(-1)?.push(arrival)
    if (key !== null && resolves) ended.add(key)
  }
  return rounds
}

type Working = { readonly id: AlertGroupId; count: number; isOpen: boolean }

/** Groups are one per integration, route and grouping key; this names the three at once. Null: stands alone. */
export function groupKeyOf({ source, signal }: Arrival): string | null {
  const hash = groupingHash(signal)
  return hash === null ? null : `${source.organizationId} ${source.id} ${source.defaultRoute.id} ${hash.toString('hex')}`
}

/** Grouping keys can be as long as a payload, so their SHA-256 is what is stored and compared. */
export function groupingHash(signal: Signal): Buffer | null {
  return signal.groupingKey === null ? null : createHash('sha256').update(signal.groupingKey).digest()
}
