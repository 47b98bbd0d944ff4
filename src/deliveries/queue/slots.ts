import type { EndpointId } from '../../lib/ids.ts'
import { earliest, type Instant, minutes } from '../../lib/time.ts'
import { type Delivery, type EndpointKind, lanes } from '../delivery.ts'
import type { EndpointSettings } from '../endpoint-settings.ts'
import { afterRequest, type Bucket, fullBucket, isFull, refillsAt, requestsFree } from './rate.ts'
import type { Sign } from '../sending/sign.ts'
import { lateCapMax, newStanding, pausedUntilAfter, soonMs, type Standing, standingAfter } from './standing.ts'

export type SlotLimits = {
  /**
   * Requests under way at once per endpoint, unless its settings say it; a webhook's begins with one, and pages alone have all
   * from the beginning.
   */
  readonly perEndpointMax: Readonly<Record<EndpointKind, number>>
  /** What may be under way to suspects, all of them together. */
  readonly suspectsInFlightMax: number
}

/** How many more may leave for an endpoint now. */
export type FreeSlots = {
  readonly endpointId: EndpointId
  /** Negative while none may leave, not even to look whether one waits; so it is with others. */
  readonly pages: number
  /** Of what is no page. */
  readonly others: number
  /** How many of these may be replays. */
  readonly replays: number
  /** So much that is fresh has left that a replay is next, if one waits. */
  readonly isReplaysTurn: boolean
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
  /** Of the endpoints of which something is known, first those to which something left longest ago. */
  free(now: Instant): readonly FreeSlots[]
  isFree(delivery: Delivery, now: Instant): boolean
  isSuspect(delivery: Delivery, now: Instant): boolean
  take(delivery: Delivery, now: Instant): void
  /** Nothing like it, page or other, is free for its endpoint until then. False: that is so already. */
  rest(delivery: Delivery, until: Instant): boolean
  /** Its request leaves. */
  leaves(delivery: Delivery, now: Instant): void
  /** Its request has ended or was never made. */
  landed(delivery: Delivery): void
  /** Returns what is to be written; null: nothing that the table does not have. Until it is written, this process minds it by itself. */
  learn(delivery: Delivery, sign: Sign): Pause | null
  written(delivery: Delivery): void
  /** When the next endpoint may send again that has used up its rate; null: all may. */
  nextRefillAt(now: Instant): Instant | null
  /** How many receivers of webhooks are suspected of hanging, and how many are left alone because they failed. */
  troubled(now: Instant): Troubled
}

export type Troubled = { readonly suspects: number; readonly paused: number }

type Entry = {
  readonly kind: EndpointKind
  /** As they were when a delivery of it was seen last. */
  settings: EndpointSettings | null
  /** Minded while the settings have a rate. */
  bucket: Bucket
  standing: Standing
  pages: number
  others: number
  /** How much of what is fresh was taken since the last replay. */
  freshCount: number
  /** When what is under way left, oldest first. */
  readonly leftAt: Map<number, Instant>
  /** What the table does not have yet, and by which delivery. */
  pause: { readonly by: number; readonly until: Instant | null } | null
  /** Making its requests takes long, so that it has to wait for the next one; pages wait by themselves. */
  readonly restUntil: { page: Instant | null; other: Instant | null }
  usedAt: Instant
}

/** What suspects may have under way together, and what of it is free. */
type Share = { readonly free: number; readonly max: number }

/** Pages share no slots and mind no breaker, so that these few are what keeps many receivers that hang from all slots of mails. */
const suspectPagesMax = 2

/** So much of what is fresh goes before a replay, so that neither holds up the other. */
const freshPerReplay = 10

/** An endpoint of which nothing was heard for so long begins anew; one that has failed lately, or was slow, is kept for longer. */
const forgottenAfter = minutes(1)
const doubtsForgottenAfter = minutes(30)

/**
 * Only this isolates receivers from each other: one that hangs has one slot, all that hang or are slow have a share, and everybody else
 * gets more with each success. A fixed number for each is none, since many that hang take all; nor is the breaker, which
 * learns only after their time has run out.
 */
export function newSlots({ perEndpointMax, suspectsInFlightMax }: SlotLimits): Slots {
  const entries = new Map<EndpointId, Entry>()
  const maxOf = ({ kind, settings }: Entry): number => settings?.inFlightMax ?? perEndpointMax[kind]
  const share = newSuspectsShare(entries, suspectsInFlightMax)
  const freeOf = (entry: Entry, now: Instant, suspects: () => Share): Omit<FreeSlots, 'endpointId'> => {
    // More than there may be are under way where the owner has just allowed fewer.
    const any = Math.max(maxOf(entry) - entry.pages - entry.others, 0)
    const inOrder = entry.settings?.isOrdered === true ? Math.max(1 - entry.others, 0) : Infinity
    const others = Math.min(othersFree(entry, now, suspects), any, inOrder)
    return { pages: Math.min(pagesFree(entry, now), any), others, ...replaysFree(entry, others) }
  }
  const isFree = (delivery: Delivery, now: Instant): boolean => {
    const entry = entries.get(delivery.endpointId)
    if (entry === undefined) return true
    entry.settings = delivery.endpoint.settings
    const free = freeOf(entry, now, () => share.at(now))
    if (isPage(delivery)) return free.pages > 0
    return (isReplay(delivery) ? free.replays : free.others) > 0
  }
  return {
    free: (now) => {
      for (const [id, entry] of entries) if (isForgotten(entry, now)) entries.delete(id)
      const suspects = share.at(now)
      return [...entries].map(([endpointId, entry]) => ({ endpointId, ...freeOf(entry, now, () => suspects) }))
    },
    isFree,
    isSuspect: ({ endpointId }, now) => {
      const entry = entries.get(endpointId)
      return entry !== undefined && isSuspect(entry, now)
    },
    take: (delivery, now) => {
      const entry = entries.get(delivery.endpointId) ?? newEntry(delivery.endpoint, now)
      entries.set(delivery.endpointId, entry)
      takeSlot(entry, delivery, now)
      if (!isPage(delivery)) share.taken(entry)
    },
    rest: (delivery, until) => {
      const entry = entries.get(delivery.endpointId)
      return entry !== undefined && restLonger(entry, delivery, until)
    },
    leaves: ({ id, endpointId }, now) => {
      const entry = entries.get(endpointId)
      if (entry === undefined) return
      entry.leftAt.set(id, now)
      putLast(entries, [endpointId, entry])
      entry.bucket = bucketAfter(entry, now)
    },
    landed: (delivery) => {
      const entry = entries.get(delivery.endpointId)
      if (entry === undefined) return
      share.changed()
      entry.leftAt.delete(delivery.id)
      if (isPage(delivery)) entry.pages -= 1
      else entry.others -= 1
    },
    learn: ({ id, endpointId }, sign) => {
      const entry = entries.get(endpointId)
      share.changed()
      return entry === undefined || entry.kind === 'mail' ? null : learnt(entry, { by: id, sign, max: maxOf(entry) })
    },
    written: ({ id, endpointId }) => {
      const entry = entries.get(endpointId)
      if (entry !== undefined && entry.pause?.by === id) entry.pause = null
    },
    nextRefillAt: (now) => earliest([...entries.values()].map((entry) => refillAt(entry, now))),
    troubled: (now) => troubledOf([...entries.values()], now),
  }
}

const newEntry = ({ kind, settings, breaker }: Delivery['endpoint'], now: Instant): Entry => ({
  kind,
  settings,
  bucket: fullBucket(settings?.rateMax ?? 1, now),
  standing: newStanding(breaker),
  pages: 0,
  others: 0,
  freshCount: 0,
  leftAt: new Map(),
  pause: null,
  restUntil: { page: null, other: null },
  usedAt: now,
})

function takeSlot(entry: Entry, delivery: Delivery, now: Instant): void {
  entry.settings = delivery.endpoint.settings
  entry.usedAt = now
  if (isPage(delivery)) {
    entry.pages += 1
    return
  }
  entry.others += 1
  entry.freshCount = isReplay(delivery) ? 0 : entry.freshCount + 1
}

function restLonger({ restUntil }: Entry, delivery: Delivery, until: Instant): boolean {
  const kind = isPage(delivery) ? 'page' : 'other'
  const known = restUntil[kind]
  if (known !== null && known >= until) return false
  restUntil[kind] = until
  return true
}

function learnt(
  entry: Entry,
  { by, sign, max }: { readonly by: number; readonly sign: Sign; readonly max: number },
): Pause | null {
  const before = entry.standing.breaker.open
  entry.standing = standingAfter(entry.standing, sign, max)
  entry.usedAt = sign.at
  const { open } = entry.standing.breaker
  if (open === before && sign.says.kind !== 'busy') return null
  const until = pausedUntilAfter(entry.standing, sign)
  entry.pause = { by, until }
  return { until, breakerMs: open?.lengthMs ?? null }
}

function pagesFree(entry: Entry, now: Instant): number {
  if (isAhead(entry.restUntil.page, now)) return -1
  return isSuspect(entry, now) ? Math.max(suspectPagesMax - entry.pages, 0) : Infinity
}

function othersFree(entry: Entry, now: Instant, suspects: () => Share): number {
  if (entry.kind === 'mail') return Infinity
  const { pause, others, restUntil } = entry
  if (isAhead(restUntil.other, now) || isAhead(pause?.until ?? null, now)) return -1
  const ofRate = rateFree(entry, now)
  if (!isSuspect(entry, now)) return Math.max(Math.min(capOf(entry) - others, ofRate), 0)
  return Math.max(Math.min(suspectCapOf(entry, suspects()) - others, ofRate), 0)
}

const isAhead = (until: Instant | null, now: Instant): boolean => until !== null && until > now

/** Where there are several slots, replays leave one to what is fresh, which then does not wait until one of them has ended. */
function replaysFree({ others, freshCount }: Entry, free: number): Pick<FreeSlots, 'replays' | 'isReplaysTurn'> {
  const isReplaysTurn = freshCount >= freshPerReplay
  const leavesOne = !isReplaysTurn && free > 0 && free + others > 1
  return { replays: leavesOne ? free - 1 : free, isReplaysTurn }
}

const bucketAfter = ({ settings, bucket }: Entry, now: Instant): Bucket =>
  settings === null || settings.rateMax === null ? bucket : afterRequest(bucket, settings.rateMax, now)

const refillAt = ({ settings, bucket }: Entry, now: Instant): Instant | null =>
  settings === null || settings.rateMax === null ? null : refillsAt(bucket, settings.rateMax, now)

/** What may leave by its rate, beside what was taken and has not left yet. */
function rateFree({ settings, bucket, pages, others, leftAt }: Entry, now: Instant): number {
  if (settings === null || settings.rateMax === null) return Infinity
  return requestsFree(bucket, settings.rateMax, now) - (pages + others - leftAt.size)
}

/** One that is half open sees by one request whether it can be closed. */
const capOf = ({ standing: { breaker, cap } }: Entry): number => (breaker.open === null ? cap : 1)

/** One that answered well, though late, may have some more while others leave enough of the share. */
function suspectCapOf({ standing }: Entry, { free, max }: Share): number {
  if (free <= 0) return 0
  const answersLate = standing.isSlow && standing.breaker.open === null
  return answersLate && free > max / 2 ? Math.min(standing.cap, lateCapMax) : 1
}

/** It may hang: its last answer took long, or the one under way already does. */
function isSuspect({ kind, standing, leftAt }: Entry, now: Instant): boolean {
  if (kind === 'mail') return false
  const [oldest] = leftAt.values()
  return standing.isSlow || (oldest !== undefined && oldest < now - soonMs)
}

const troubledOf = (entries: readonly Entry[], now: Instant): Troubled => ({
  suspects: entries.filter((entry) => isSuspect(entry, now)).length,
  paused: entries.filter(({ standing }) => standing.breaker.open !== null).length,
})

function isForgotten({ standing, settings, bucket, pages, others, pause, usedAt }: Entry, now: Instant): boolean {
  if (pages > 0 || others > 0 || pause !== null) return false
  if (settings !== null && settings.rateMax !== null && !isFull(bucket, settings.rateMax, now)) return false
  const { failuresInARow, open } = standing.breaker
  const isDoubtful = failuresInARow > 0 || open !== null || standing.isSlow
  const kept = isDoubtful ? doubtsForgottenAfter : forgottenAfter
  return usedAt < now - kept
}

/** In the map, last is who had a turn last. */
function putLast(entries: Map<EndpointId, Entry>, [endpointId, entry]: readonly [EndpointId, Entry]): void {
  entries.delete(endpointId)
  entries.set(endpointId, entry)
}

/** Counted once for all questions of an instant, since thousands of endpoints may be asked about then. */
function newSuspectsShare(entries: ReadonlyMap<EndpointId, Entry>, max: number) {
  let counted: { readonly at: Instant; used: number } | null = null
  const usedAt = (now: Instant): number => {
    let used = 0
    for (const entry of entries.values()) if (entry.others > 0 && isSuspect(entry, now)) used += entry.others
    return used
  }
  return {
    at: (now: Instant): Share => {
      if (counted?.at !== now) counted = { at: now, used: usedAt(now) }
      return { free: max - counted.used, max }
    },
    /** One more slot of it that is no page's. */
    taken: (entry: Entry): void => {
      if (counted !== null && isSuspect(entry, counted.at)) counted.used += 1
    },
    changed: (): void => {
      counted = null
    },
  }
}

const isPage = ({ lane }: Delivery): boolean => lane === lanes.page
const isReplay = ({ lane }: Delivery): boolean => lane === lanes.replay
