import { startEscalations } from '../escalations/commands.ts'
import type { AlertGroupEventType } from '../events/catalogue.ts'
import { publish } from '../events/commands.ts'
import { actorOf } from '../integrations/integration.ts'
import { Again } from '../lib/again.ts'
import { known } from '../lib/check.ts'
import type { AlertGroupId, OrganizationId, RouteId } from '../lib/ids.ts'
import { shardOf } from '../lib/shard.ts'
import type { Instant } from '../lib/time.ts'
import type { Tx } from '../ports.ts'
import { noteAdded } from './added-commands.ts'
import type { Alert, AlertGroup } from './alert-group.ts'
import { insertAlerts, saveLatestAlerts } from './alert-store.ts'
import { turn } from './commands.ts'
import {
  type Arrival,
  followOpenings,
  groupingHash,
  type GroupKey,
  groupKeyOf,
  keyName,
  keyRouteOf,
  type Placement,
  place,
  roundsOf,
  textOnAnyRoute,
} from './intake.ts'
import { findRoutesOfGroups, type FoundGroup, lockLatestResolvedGroups, lockOpenGroups } from './key-store.ts'
import type { AlertSettings } from './settings.ts'
import { tellIgnored } from './ignored-commands.ts'
import * as store from './store.ts'
import { startOf, type Telling, tellOpened } from './telling-commands.ts'
import { factOf, turned } from './turn.ts'

/** How many alerts of one group are kept as received; of a storm's others only the newest is. */
const keptAlertsMax = 100

/**
 * Takes in what sources sent, in its order and all at once: alerts join their open groups or open new ones, groups that
 * somebody has taken over or that are over are turned, and paging begins for what is new. A repeat of an open key costs a
 * counter and its newest payload. What is ignored is an event.
 */
export async function receive(tx: Tx, settings: AlertSettings, arrivals: readonly Arrival[]): Promise<void> {
  const led = followOpenings(arrivals, await routesOfGroups(tx, arrivals))
  for (const round of roundsOf(led)) await receiveRound(tx, settings, round)
}

/** The routes of the groups that signals which open nothing are about, where an integration has several. */
async function routesOfGroups(tx: Tx, arrivals: readonly Arrival[]): Promise<ReadonlyMap<string, RouteId>> {
  const turning = arrivals.filter(
    (arrival) => arrival.source.routesVersion > 0 && arrival.signal.action !== 'open' && keyRouteOf(arrival) !== null,
  )
  const keys = [...keysOf(turning).values()]
  if (keys.length === 0) return new Map()
  const found = await findRoutesOfGroups(tx, keys)
  return new Map(found.map(({ routeId, ...key }) => [textOnAnyRoute(key), routeId]))
}

async function receiveRound(tx: Tx, settings: AlertSettings, arrivals: readonly Arrival[]): Promise<void> {
  const found = await lockGroupsOf(tx, arrivals)
  const joinable = found.map((group) => ({ ...group, key: keyOf(group) }))
  const { placements, ignored } = place(arrivals, joinable, tx.random.bytes)
  const counts = new Map(placements.map(({ alertGroupId, number }) => [alertGroupId, number]))
  const counted = (group: AlertGroup): AlertGroup => ({ ...group, alertsCount: counts.get(group.id) ?? group.alertsCount })
  const newGroups = placements.flatMap((placement) => newGroupOf(placement, tx.now) ?? [])
  await insertNewGroups(
    tx,
    newGroups.map((each) => ({ ...each, group: counted(each.group) })),
  )
  await countRepeats(tx, placements)
  await keepAlerts(tx, placements)
  await noteAdded(tx, placements)
  const groups = new Map([...found, ...newGroups.map(({ group }) => group)].map((group) => [group.id, counted(group)]))
  await beginNewGroups(tx, settings, { placements, groups })
  await turnGroups(tx, settings, { placements, groups })
  tellIgnored(tx, ignored)
}

/** The groups that the arrivals can be about: the open one of each key, and where a key without one does not open any the latest resolved. */
async function lockGroupsOf(tx: Tx, arrivals: readonly Arrival[]): Promise<readonly FoundGroup[]> {
  const keys = keysOf(arrivals)
  if (keys.size === 0) return []
  const open = await lockOpenGroups(tx, [...keys.values()])
  const found = new Set(open.map((group) => keyOf(group)))
  const lookingBack = [...keysOf(arrivals.filter(({ signal }) => signal.action !== 'open'))]
    .filter(([key]) => !found.has(key))
    .map(([, key]) => key)
  if (lookingBack.length === 0) return open
  return [...open, ...(await lockLatestResolvedGroups(tx, lookingBack))]
}

function keysOf(arrivals: readonly Arrival[]): ReadonlyMap<string, GroupKey> {
  const keys = new Map<string, GroupKey>()
  for (const arrival of arrivals) {
    const key = groupKeyOf(arrival)
    const hash = groupingHash(arrival.signal)
    const { organizationId, id } = arrival.source
    if (key !== null && hash !== null) keys.set(key, { organizationId, integrationId: id, routeId: keyRouteOf(arrival), hash })
  }
  return keys
}

/** The group that a placement opens, as it is before anything turns it; null when it joins one. */
function newGroupOf({ arrival, alertGroupId, opening }: Placement, now: Instant): store.NewGroup | null {
  if (opening === null) return null
  const { source, route, signal } = arrival
  const group: AlertGroup = {
    organizationId: source.organizationId,
    id: alertGroupId,
    integrationId: source.id,
    routeId: route.id,
    ...opening,
    urgency: opening.urgency ?? source.urgency,
    state: 'firing',
    alertsCount: 1,
    startedAt: now,
    acknowledgedAt: null,
    acknowledgedBy: null,
    silencedAt: null,
    silencedUntil: null,
    resolvedAt: null,
    resolvedBy: null,
    assignee: null,
  }
  return { group, shard: shardOf(alertGroupId), hash: groupingHash(signal) }
}

async function insertNewGroups(tx: Tx, groups: readonly store.NewGroup[]): Promise<void> {
  if (groups.length === 0) return
  const inserted = await store.insertGroups(tx, groups)
  // Another node has opened a group with one of these keys since we looked: look again and join it.
  if (inserted.size < groups.length) throw new Again()
}

async function countRepeats(tx: Tx, placements: readonly Placement[]): Promise<void> {
  const opened = new Set(openingsOf(placements).map((placement) => placement.alertGroupId))
  const counts = new Map<AlertGroupId, { organizationId: OrganizationId; id: AlertGroupId; count: number }>()
  for (const { alertGroupId: id, arrival } of placements) {
    if (opened.has(id)) continue
    const { organizationId } = arrival.source
    counts.set(id, { organizationId, id, count: (counts.get(id)?.count ?? 0) + 1 })
  }
  if (counts.size > 0) await store.addToCounts(tx, [...counts.values()])
}

async function keepAlerts(tx: Tx, placements: readonly Placement[]): Promise<void> {
  const alerts = placements.map((placement) => ({
    ...alertOf(placement, tx.now),
    organizationId: placement.arrival.source.organizationId,
    number: placement.number,
  }))
  const first = alerts.filter(({ number }) => number <= keptAlertsMax)
  if (first.length > 0) await insertAlerts(tx, first)
  const newest = new Map(alerts.map((alert) => [alert.alertGroupId, alert]))
  if (newest.size > 0) await saveLatestAlerts(tx, [...newest.values()])
}

/** New groups page, and the timeline begins; what is taken over or over already pages nobody. */
async function beginNewGroups(tx: Tx, settings: AlertSettings, { placements, groups }: Round): Promise<void> {
  const opened = openingsOf(placements)
  if (opened.length === 0) return
  const tellings = opened.map((placement) => tellingOf(placement, { tx, groups, fact: 'alert_group.created' }))
  const starts = tellings
    .filter((_, index) => opened[index]?.turn === null)
    .map((telling) => startOf({ ...telling, target: { chainId: telling.chainId } }, settings))
  const started = await startEscalations(tx, starts)
  await tellOpened(
    tx,
    settings,
    tellings.map((telling) => ({ ...telling, group: { ...telling.group, alertsCount: 1 } })),
  )
  for (const fact of started) publish(tx, fact)
}

/** In the order in which steps lock their runs, so that a batch of turns and a batch of steps do not wait for each other. */
async function turnGroups(tx: Tx, settings: AlertSettings, { placements, groups }: Round): Promise<void> {
  const current = new Map(groups)
  for (const placement of placements.toSorted(byGroup)) {
    if (placement.turn === null) continue
    const { action, to } = placement.turn
    const fact = factOf[action]
    const { actor, group, newestAlert } = tellingOf(placement, { tx, groups: current, fact })
    const changed = turned(group, to, { now: tx.now, person: null, silencedUntil: null })
    await turn(tx, settings, { actor, group, changed, fact, newestAlert })
    current.set(group.id, changed)
  }
}

const byGroup = (a: Placement, b: Placement): number =>
  a.alertGroupId === b.alertGroupId ? 0 : a.alertGroupId < b.alertGroupId ? -1 : 1

const openingsOf = (placements: readonly Placement[]): readonly Placement[] =>
  placements.filter(({ opening }) => opening !== null)

type Round = { readonly placements: readonly Placement[]; readonly groups: ReadonlyMap<AlertGroupId, AlertGroup> }

function tellingOf(
  placement: Placement,
  { tx, groups, fact }: { readonly tx: Tx; readonly groups: Round['groups']; readonly fact: AlertGroupEventType },
): Telling {
  const { source, route } = placement.arrival
  return {
    actor: actorOf(source),
    group: known(groups.get(placement.alertGroupId), 'the group of a placement is at hand'),
    source,
    chainId: route.escalationChainId ?? source.teamChainId,
    particulars: {},
    fact,
    newestAlert: alertOf(placement, tx.now),
    groupingKey: placement.arrival.signal.groupingKey,
    webhookId: null,
  }
}

function alertOf({ alertId, alertGroupId, arrival }: Placement, receivedAt: Instant): Alert {
  return { id: alertId, alertGroupId, receivedAt, payload: arrival.signal.payload }
}

const keyOf = (group: FoundGroup): string => keyName({ ...group, routeId: group.keyRouteId })
