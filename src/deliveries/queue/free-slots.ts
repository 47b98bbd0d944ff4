import type { EndpointId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'
import { type EndpointUse, isSuspect } from './endpoint-use.ts'
import { requestsFree } from './rate.ts'
import { lateCapMax } from './standing.ts'

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

/** What suspects may have under way together, and what of it is free. */
export type SuspectsShare = { readonly free: number; readonly max: number }

type Bounds = {
  /** What it may have under way at once, whatever it is. */
  readonly max: number
  /** Asked for only where it matters, since it is counted over all endpoints. */
  readonly suspects: () => SuspectsShare
}

/** Pages share no slots and mind no breaker, so that these few are what keeps many receivers that hang from all slots of mails. */
const suspectPagesMax = 2

/** So much of what is fresh goes before a replay, so that neither holds up the other. */
const freshPerReplay = 10

/** How many more may leave for one endpoint now. */
export function freeOf(use: EndpointUse, now: Instant, { max, suspects }: Bounds): Omit<FreeSlots, 'endpointId'> {
  // More than there may be are under way where the owner has just allowed fewer.
  const any = Math.max(max - use.pages - use.others, 0)
  const inOrder = use.settings?.isOrdered === true ? Math.max(1 - use.others, 0) : Infinity
  const others = Math.min(othersFree(use, now, suspects), any, inOrder)
  return { pages: Math.min(pagesFree(use, now), any), others, ...replaysFree(use, others) }
}

function pagesFree(use: EndpointUse, now: Instant): number {
  if (isAhead(use.restUntil.page, now)) return -1
  return isSuspect(use, now) ? Math.max(suspectPagesMax - use.pages, 0) : Infinity
}

function othersFree(use: EndpointUse, now: Instant, suspects: () => SuspectsShare): number {
  if (use.kind === 'mail') return Infinity
  const { pause, others, restUntil } = use
  if (isAhead(restUntil.other, now) || isAhead(pause?.until ?? null, now)) return -1
  const ofRate = rateFree(use, now)
  if (!isSuspect(use, now)) return Math.max(Math.min(capOf(use) - others, ofRate), 0)
  return Math.max(Math.min(suspectCapOf(use, suspects()) - others, ofRate), 0)
}

const isAhead = (until: Instant | null, now: Instant): boolean => until !== null && until > now

/** Where there are several slots, replays leave one to what is fresh, which then does not wait until one of them has ended. */
function replaysFree({ others, freshCount }: EndpointUse, free: number): Pick<FreeSlots, 'replays' | 'isReplaysTurn'> {
  const isReplaysTurn = freshCount >= freshPerReplay
  const leavesOne = !isReplaysTurn && free > 0 && free + others > 1
  return { replays: leavesOne ? free - 1 : free, isReplaysTurn }
}

/** What may leave by its rate, beside what was taken and has not left yet. */
function rateFree({ settings, bucket, pages, others, leftAt }: EndpointUse, now: Instant): number {
  if (settings === null || settings.rateMax === null) return Infinity
  return requestsFree(bucket, settings.rateMax, now) - (pages + others - leftAt.size)
}

/** One that is half open sees by one request whether it can be closed. */
const capOf = ({ standing: { breaker, cap } }: EndpointUse): number => (breaker.open === null ? cap : 1)

/** One that answered well, though late, may have some more while others leave enough of the share. */
function suspectCapOf({ standing }: EndpointUse, { free, max }: SuspectsShare): number {
  if (free <= 0) return 0
  const answersLate = standing.isSlow && standing.breaker.open === null
  return answersLate && free > max / 2 ? Math.min(standing.cap, lateCapMax) : 1
}
