import type { EndpointId } from '../lib/ids.ts'
import { type Instant, minutes } from '../lib/time.ts'
import { type Delivery, type EndpointKind, lanes } from './delivery.ts'
import type { Sign } from './sign.ts'
import { newStanding, pausedUntilAfter, soonMs, type Standing, standingAfter } from './standing.ts'

export type SlotLimits = {
  /** Requests under way at once per endpoint; a webhook's begins with one, and pages alone have all from the beginning. */
  readonly perEndpointMax: Readonly<Record<EndpointKind, number>>
  /** What may be under way to suspects, all of them together. */
  readonly suspectsInFlightMax: number
}

/** How many more may leave for an endpoint now. */
export type FreeSlots = {
  readonly endpointId: EndpointId
  readonly pages: number
  /** Of what is no page; negative while nothing may leave, not even to look whether something waits. */
  readonly others: number
}

/** What the table is to keep of an endpoint after an attempt. */
export type Pause = {
  /** Nothing but pages leaves until then; null: all may. */
  readonly until: Instant | null
  /** How long its breaker is open this time; null: it is closed. */
  readonly breakerMs: number | null
}

/** How many requests each endpoint has and may have under way in this process, which learns that from what becomes of them. */
export type Slots = {
  /** Of the endpoints of which something is known. */
  free(now: Instant): readonly FreeSlots[]
  isFree(delivery: Delivery, now: Instant): boolean
  isSuspect(delivery: Delivery, now: Instant): boolean
  take(delivery: Delivery, now: Instant): void
  /** Nothing but pages is free for its endpoint until then. False: that is so already. */
  rest(delivery: Delivery, until: Instant): boolean
  /** Its request leaves. */
  leaves(delivery: Delivery, now: Instant): void
  /** Its request has ended or was never made. */
  landed(delivery: Delivery): void
  /** Returns what is to be written; null: nothing that the table does not have. Until it is written, this process minds it by itself. */
  learn(delivery: Delivery, sign: Sign): Pause | null
  written(delivery: Delivery): void
}

type Entry = {
  readonly kind: EndpointKind
  standing: Standing
  pages: number
  others: number
  /** When what is under way left, oldest first. */
  readonly leftAt: Map<number, Instant>
  /** What the table does not have yet, and by which delivery. */
  pause: { readonly by: number; readonly until: Instant | null } | null
  /** Making its requests takes long, so that it has to wait for the next one. */
  restsUntil: Instant | null
  usedAt: Instant
}

/** An endpoint of which nothing was heard for so long begins anew; one that has failed lately is kept for longer. */
const forgottenAfter = minutes(1)
const failuresForgottenAfter = minutes(30)

/**
 * Only this isolates receivers from each other: one that hangs has one slot, all that hang have a share, and everybody else
 * gets more with each success. A fixed number for each is none, since many that hang take all; nor is the breaker, which
 * learns only after their time has run out.
 */
export function newSlots({ perEndpointMax, suspectsInFlightMax }: SlotLimits): Slots {
  const entries = new Map<EndpointId, Entry>()
  const suspectsFree = (now: Instant): number =>
    suspectsInFlightMax - sum([...entries.values()].map((entry) => (isSuspect(entry, now) ? entry.others : 0)))
  const freeOf = (entry: Entry, now: Instant, suspects: () => number): Omit<FreeSlots, 'endpointId'> => {
    const pages = perEndpointMax[entry.kind] - entry.pages - entry.others
    return { pages, others: entry.kind === 'mail' ? pages : Math.min(othersFree(entry, now, suspects), Math.max(pages, 0)) }
  }
  const isFree = (delivery: Delivery, now: Instant): boolean => {
    const entry = entries.get(delivery.endpointId)
    if (entry === undefined) return true
    const { pages, others } = freeOf(entry, now, () => suspectsFree(now))
    return (isPage(delivery) ? pages : others) > 0
  }
  const entryOf = ({ endpointId, endpoint }: Delivery, now: Instant): Entry => {
    const entry = entries.get(endpointId) ?? newEntry(endpoint, now)
    entries.set(endpointId, entry)
    return entry
  }
  return {
    free: (now) => {
      for (const [id, entry] of entries) if (isForgotten(entry, now)) entries.delete(id)
      const suspects = suspectsFree(now)
      return [...entries].map(([endpointId, entry]) => ({ endpointId, ...freeOf(entry, now, () => suspects) }))
    },
    isFree,
    isSuspect: ({ endpointId }, now) => {
      const entry = entries.get(endpointId)
      return entry !== undefined && isSuspect(entry, now)
    },
    take: (delivery, now) => {
      const entry = entryOf(delivery, now)
      entry.usedAt = now
      if (isPage(delivery)) entry.pages += 1
      else entry.others += 1
    },
    rest: ({ endpointId }, until) => {
      const entry = entries.get(endpointId)
      if (entry === undefined || (entry.restsUntil !== null && entry.restsUntil >= until)) return false
      entry.restsUntil = until
      return true
    },
    leaves: ({ id, endpointId }, now) => {
      entries.get(endpointId)?.leftAt.set(id, now)
    },
    landed: (delivery) => {
      const entry = entries.get(delivery.endpointId)
      if (entry === undefined) return
      entry.leftAt.delete(delivery.id)
      if (isPage(delivery)) entry.pages -= 1
      else entry.others -= 1
    },
    learn: ({ id, endpointId }, sign) => {
      const entry = entries.get(endpointId)
      if (entry === undefined || entry.kind === 'mail') return null
      const before = entry.standing.breaker.open
      entry.standing = standingAfter(entry.standing, sign, perEndpointMax.webhook)
      entry.usedAt = sign.at
      const { open } = entry.standing.breaker
      if (open === before && sign.says.kind !== 'busy') return null
      const until = pausedUntilAfter(entry.standing, sign)
      entry.pause = { by: id, until }
      return { until, breakerMs: open?.lengthMs ?? null }
    },
    written: ({ id, endpointId }) => {
      const entry = entries.get(endpointId)
      if (entry !== undefined && entry.pause?.by === id) entry.pause = null
    },
  }
}

const newEntry = ({ kind, breaker }: Delivery['endpoint'], now: Instant): Entry => ({
  kind,
  standing: newStanding(breaker),
  pages: 0,
  others: 0,
  leftAt: new Map(),
  pause: null,
  restsUntil: null,
  usedAt: now,
})

function othersFree(entry: Entry, now: Instant, suspectsFree: () => number): number {
  const { pause, others, restsUntil } = entry
  if (restsUntil !== null && restsUntil > now) return -1
  if (pause !== null && pause.until !== null && pause.until > now) return -1
  if (!isSuspect(entry, now)) return Math.max(capOf(entry) - others, 0)
  return suspectsFree() > 0 ? Math.max(1 - others, 0) : 0
}

/** One that is half open sees by one request whether it can be closed. */
const capOf = ({ standing: { breaker, cap } }: Entry): number => (breaker.open === null ? cap : 1)

/** It may hang: its last answer took long, or the one under way already does. */
function isSuspect({ kind, standing, leftAt }: Entry, now: Instant): boolean {
  if (kind === 'mail') return false
  const [oldest] = leftAt.values()
  return standing.isSlow || (oldest !== undefined && oldest < now - soonMs)
}

function isForgotten({ standing, pages, others, pause, usedAt }: Entry, now: Instant): boolean {
  if (pages > 0 || others > 0 || pause !== null) return false
  const { failuresInARow, open } = standing.breaker
  const kept = failuresInARow > 0 || open !== null ? failuresForgottenAfter : forgottenAfter
  return usedAt < now - kept
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const isPage = ({ lane }: Delivery): boolean => lane === lanes.page
