import { type Instant, minutes } from '../../lib/time.ts'
import { type Delivery, type EndpointKind, isPage, isReplay } from '../delivery.ts'
import type { EndpointSettings } from '../endpoint-settings.ts'
import type { Sign } from '../sending/sign.ts'
import { afterRequest, type Bucket, fullBucket, isFull, refillsAt } from './rate.ts'
import { newStanding, type Pause, pausedUntilAfter, soonMs, type Standing, standingAfter } from './standing.ts'

/** What a process knows of one endpoint: what is under way to it, and how it has done. */
export type EndpointUse = {
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

/** Of an endpoint of which nothing is known but what the table keeps. */
export const newUse = ({ kind, settings, breaker }: Delivery['endpoint'], now: Instant): EndpointUse => ({
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

/** One more is under way, or about to leave. */
export function takeSlot(use: EndpointUse, delivery: Delivery, now: Instant): void {
  use.settings = delivery.endpoint.settings
  use.usedAt = now
  if (isPage(delivery)) {
    use.pages += 1
    return
  }
  use.others += 1
  use.freshCount = isReplay(delivery) ? 0 : use.freshCount + 1
}

/** Lets nothing like the delivery, page or other, leave until then. False: that is so already. */
export function restLonger({ restUntil }: EndpointUse, delivery: Delivery, until: Instant): boolean {
  const kind = isPage(delivery) ? 'page' : 'other'
  const known = restUntil[kind]
  if (known !== null && known >= until) return false
  restUntil[kind] = until
  return true
}

/** Takes in what an attempt says; returns what is to be written, and null if that is nothing that the table does not have. */
export function learnt(
  use: EndpointUse,
  { by, sign, max }: { readonly by: number; readonly sign: Sign; readonly max: number },
): Pause | null {
  const before = use.standing.breaker.open
  use.standing = standingAfter(use.standing, sign, max)
  use.usedAt = sign.at
  const { open } = use.standing.breaker
  if (open === before && sign.says.kind !== 'busy') return null
  const until = pausedUntilAfter(use.standing, sign)
  use.pause = { by, until }
  return { until, breakerMs: open?.lengthMs ?? null }
}

/** Its bucket after a request has left. */
export const bucketAfter = ({ settings, bucket }: EndpointUse, now: Instant): Bucket =>
  settings === null || settings.rateMax === null ? bucket : afterRequest(bucket, settings.rateMax, now)

/** When it may send again that has used up its rate; null: it may now. */
export const refillAt = ({ settings, bucket }: EndpointUse, now: Instant): Instant | null =>
  settings === null || settings.rateMax === null ? null : refillsAt(bucket, settings.rateMax, now)

/** It may hang: its last answer took long, or the one under way already does. */
export function isSuspect({ kind, standing, leftAt }: EndpointUse, now: Instant): boolean {
  if (kind === 'mail') return false
  const [oldest] = leftAt.values()
  return standing.isSlow || (oldest !== undefined && oldest < now - soonMs)
}

/** An endpoint of which nothing was heard for so long begins anew; one that has failed lately, or was slow, is kept for longer. */
const forgottenAfter = minutes(1)
const doubtsForgottenAfter = minutes(30)

/** Whether nothing is lost when it is forgotten. */
export function isForgotten({ standing, settings, bucket, pages, others, pause, usedAt }: EndpointUse, now: Instant): boolean {
  if (pages > 0 || others > 0 || pause !== null) return false
  if (settings !== null && settings.rateMax !== null && !isFull(bucket, settings.rateMax, now)) return false
  const { failuresInARow, open } = standing.breaker
  const isDoubtful = failuresInARow > 0 || open !== null || standing.isSlow
  const kept = isDoubtful ? doubtsForgottenAfter : forgottenAfter
  return usedAt < now - kept
}
