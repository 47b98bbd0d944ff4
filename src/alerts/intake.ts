import { createHash } from 'node:crypto'
import { type AlertRoute, type AlertSource, integrationTypes } from '../integrations/integration.ts'
import {
  type AlertGroupId,
  type AlertId,
  type IntegrationId,
  newPublicId,
  type OrganizationId,
  type RouteId,
} from '../lib/ids.ts'
import type { Opening, Signal, SourceAction } from './signal.ts'
import { type AlertGroupState, transition } from './state.ts'

/** One signal that arrived, with the source that sent it and the route that it takes there. */
export type Arrival = { readonly source: AlertSource; readonly route: AlertRoute; readonly signal: Signal }

/** What is known of the groups that the arrivals could belong to. */
export type KnownGroup = {
  readonly id: AlertGroupId
  readonly key: string
  readonly state: AlertGroupState
  readonly alertsCount: number
}

/** What becomes of one arrival: an alert of a group. */
export type Placement = {
  readonly arrival: Arrival
  readonly alertId: AlertId
  readonly alertGroupId: AlertGroupId
  /** The number of this alert in its group, from 1. */
  readonly number: number
  /** What the group that it opens says; null: it joins one. */
  readonly opening: Opening | null
  /** What it does to its group; null: the group stays as it is. */
  readonly turn: { readonly action: SourceAction; readonly to: AlertGroupState } | null
}

/** An arrival that is no alert, and why, as a sentence for people. */
export type Ignored = {
  readonly arrival: Arrival
  /** The group that it could have been about. */
  readonly alertGroupId: AlertGroupId | null
  readonly reason: string
}

export type Sorted = { readonly placements: readonly Placement[]; readonly ignored: readonly Ignored[] }

/**
 * Sorts arrivals into alert groups, in their order (contract grafana-oncall 6.5): a signal joins the open group of its
 * key or opens one; one that acknowledges or resolves turns the open group, else joins the latest resolved one, else opens
 * a group that turns at once. Where its contract opens nothing by such a signal, it is ignored without an open group.
 */
export function place(arrivals: readonly Arrival[], groups: readonly KnownGroup[], bytes: (count: number) => Uint8Array): Sorted {
  const placements: Placement[] = []
  const ignored: Ignored[] = []
  const current = new Map<string, Working>()
  for (const { key, id, alertsCount, state } of groups) {
    if (state !== 'resolved' || !current.has(key)) current.set(key, { id, count: alertsCount, state })
  }
  for (const arrival of arrivals) {
    const { signal } = arrival
    const key = groupKeyOf(arrival)
    const found = (key === null ? null : current.get(key)) ?? null
    const fate = fateOf(signal, found)
    if ('reason' in fate) {
      ignored.push({ arrival, alertGroupId: found?.id ?? null, reason: fate.reason })
      continue
    }
    const group = fate.joins ?? { id: newPublicId('I', bytes), count: 0, state: 'firing' }
    const turn = turnOf(signal.action, group.state)
    group.count += 1
    group.state = turn?.to ?? group.state
    if (key !== null) current.set(key, group)
    const alertId = newPublicId('A', bytes)
    placements.push({ arrival, alertId, alertGroupId: group.id, number: group.count, opening: fate.opening, turn })
  }
  return { placements, ignored }
}

type Working = { readonly id: AlertGroupId; count: number; state: AlertGroupState }

type Fate =
  | { readonly joins: Working; readonly opening: null }
  | { readonly joins: null; readonly opening: Opening }
  | { readonly reason: string }

function fateOf(signal: Signal, found: Working | null): Fate {
  const { action, opening } = signal
  if (action === 'ignore') return signal
  if (found !== null && found.state !== 'resolved') return { joins: found, opening: null }
  if (opening === null) return { reason: whyNot(action, found) }
  if (found !== null && action !== 'open') return { joins: found, opening: null }
  return { joins: null, opening }
}

const whyNot = (action: SourceAction, found: Working | null): string =>
  `There is no alert group to ${action}: ${found === null ? 'none has this id' : 'the last one with this id is resolved'}`

function turnOf(action: Signal['action'], state: AlertGroupState): Placement['turn'] {
  if (action === 'open' || action === 'ignore') return null
  const next = transition(state, action)
  return next.ok ? { action, to: next.value } : null
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
    const { action } = arrival.signal
    const beginsAgain = key !== null && action === 'open' && ended.has(key)
    if (beginsAgain) ended.clear()
    if (beginsAgain || rounds.length === 0) rounds.push([])
    rounds.at(-1)?.push(arrival)
    if (key !== null && action === 'resolve') ended.add(key)
  }
  return rounds
}

/**
 * Leads signals that open nothing to the route of the group that they are about, however little their own payload says: to
 * the last one that opens in front of them, else to the known one of their key. An id leads to its group by itself.
 */
export function followOpenings(arrivals: readonly Arrival[], known: ReadonlyMap<string, RouteId>): readonly Arrival[] {
  const latest = new Map(known)
  return arrivals.map((arrival) => {
    const key = keyOnAnyRoute(arrival)
    if (key === null || keyRouteOf(arrival) === null) return arrival
    if (arrival.signal.action === 'open') {
      latest.set(key, arrival.route.id)
      return arrival
    }
    const id = latest.get(key) ?? arrival.route.id
    return id === arrival.route.id ? arrival : { ...arrival, route: { id, escalationChainId: null } }
  })
}

function keyOnAnyRoute({ source, signal }: Arrival): string | null {
  const hash = groupingHash(signal)
  return hash === null ? null : textOnAnyRoute({ organizationId: source.organizationId, integrationId: source.id, hash })
}

type KeyOnAnyRoute = { readonly organizationId: OrganizationId; readonly integrationId: IntegrationId; readonly hash: Buffer }

/** Names an integration and a grouping key at once. */
export const textOnAnyRoute = ({ organizationId, integrationId, hash }: KeyOnAnyRoute): string =>
  `${organizationId} ${integrationId} ${hash.toString('hex')}`

/** Groups are one per integration, route and grouping key; this names the three at once. Null: stands alone. */
export function groupKeyOf(arrival: Arrival): string | null {
  const { organizationId, id } = arrival.source
  const hash = groupingHash(arrival.signal)
  return hash === null ? null : keyName({ organizationId, integrationId: id, routeId: keyRouteOf(arrival), hash })
}

/** The route in which an arrival's key holds; null: it is an id, which holds in all routes of its integration. */
export const keyRouteOf = ({ source, route }: Omit<Arrival, 'signal'>): RouteId | null =>
  integrationTypes[source.type].keysAreIds ? null : route.id

/** What names the group of an alert: at most one is open per key. */
export type GroupKey = {
  readonly organizationId: OrganizationId
  readonly integrationId: IntegrationId
  readonly routeId: RouteId | null
  readonly hash: Buffer
}

export const keyName = ({ organizationId, integrationId, routeId, hash }: GroupKey): string =>
  `${organizationId} ${integrationId} ${routeId} ${hash.toString('hex')}`

/** Grouping keys can be as long as a payload, so their SHA-256 is what is stored and compared. */
export function groupingHash(signal: Signal): Buffer | null {
  return signal.groupingKey === null ? null : createHash('sha256').update(signal.groupingKey).digest()
}
