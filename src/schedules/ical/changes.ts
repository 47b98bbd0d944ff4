import type { Sliced } from '../../lib/slices.ts'
import type { Instant } from '../../lib/time.ts'
import { dayOf } from '../local-time.ts'
import { localAt, type Zone } from '../zone.ts'
import type { Component } from './components.ts'
import { firstMoment, uidOf } from './event.ts'
import { instantOf, type Moment } from './moment.ts'
import { propertyOf } from './property.ts'
import type { Zones } from './zones.ts'

/** Starts at which something does not happen. A day stands for all that begins on it, though the standard wants the exact time. */
export type Exclusions = { readonly starts: ReadonlySet<Instant>; readonly days: ReadonlySet<number> }

export const exclusionsOf = (moments: readonly Moment[]): Exclusions => ({
  starts: new Set(moments.filter(({ isDay }) => !isDay).map(instantOf)),
  days: new Set(moments.filter(({ isDay }) => isDay).map(({ local }) => dayOf(local))),
})

/** Whether what begins at an instant is excluded, on the clock of a zone. */
export function exclusionOf(lists: readonly Exclusions[], zone: Zone): (startAt: Instant) => boolean {
  return (startAt) =>
    lists.some(({ starts, days }) => starts.has(startAt) || (days.size > 0 && days.has(dayOf(localAt(zone, startAt)))))
}

/** Events that take the place of one occurrence of another one: those with a RECURRENCE-ID. */
export type Changes = {
  readonly events: ReadonlySet<Component>
  /** Earlier words about an occurrence that is changed once more. */
  readonly outdated: ReadonlySet<Component>
  /** What the changes replace of the events with a UID. */
  ofUid(uid: string): Exclusions
}

const none: Exclusions = { starts: new Set(), days: new Set() }

export function* changesOf(events: readonly Component[], zones: Zones): Sliced<Changes> {
  const latest = new Map<string, Component>()
  const found = new Set<Component>()
  const outdated = new Set<Component>()
  const replaced = new Map<string, Moment[]>()
  for (const event of events) {
    yield
    const moment = firstMoment(event, 'recurrence-id', zones)
    if (!moment.ok || moment.value === null || isOfAllLater(event)) continue
    const uid = uidOf(event)
    const key = `${instantOf(moment.value)} ${uid}`
    const other = latest.get(key)
    const isNewer = other === undefined || sequenceOf(event) >= sequenceOf(other)
    if (other !== undefined) outdated.add(isNewer ? other : event)
    if (isNewer) latest.set(key, event)
    found.add(event)
    const moments = replaced.get(uid) ?? []
    moments.push(moment.value)
    replaced.set(uid, moments)
  }
  const byUid = new Map([...replaced].map(([uid, moments]) => [uid, exclusionsOf(moments)]))
  return { events: found, outdated, ofUid: (uid) => byUid.get(uid) ?? none }
}

/** Why an event cannot take the place of an occurrence of another, as a clause that goes after "it "; null: it can, or does not want to. */
export function changeFault(event: Component, zones: Zones): string | null {
  const moment = firstMoment(event, 'recurrence-id', zones)
  if (!moment.ok) return moment.reason
  return isOfAllLater(event) ? 'changes all later occurrences at once (RANGE=THISANDFUTURE), which is not supported' : null
}

const isOfAllLater = (event: Component): boolean => propertyOf(event, 'recurrence-id')?.parameters['range'] !== undefined

/** The higher is the later word. */
const sequenceOf = (event: Component): number => Number(propertyOf(event, 'sequence')?.values[0]) || 0
