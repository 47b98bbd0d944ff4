import { after, type Instant, minutes, type Ms, ms, seconds } from '../../lib/time.ts'

/** Keeps requests from a receiver that fails again and again, until one of them succeeds. */
export type Breaker = {
  /** Failures since the last success. */
  readonly failuresInARow: number
  /** What ended lately, in spans of half a minute, oldest first. */
  readonly spans: readonly Span[]
  /** Null while it is closed. */
  readonly open: Open | null
}

/** While it is open nothing leaves; from then on one request at a time does, to see whether it can be closed. */
type Open = {
  /** How long it is open this time, but for the jitter; the next time it is twice as long. */
  readonly lengthMs: Ms
  readonly until: Instant
}

/** What is kept of it in the table; null while it is closed. */
export type KeptBreaker = Open | null

type Span = { readonly startAt: Instant; readonly attemptsCount: number; readonly failuresCount: number }

export const closedBreaker: Breaker = { failuresInARow: 0, spans: [], open: null }

/** As another process has left it. */
export const breakerLeftOpen = (open: Open): Breaker => ({ ...closedBreaker, open })

/** So many failures in a row open it. */
const inARowMax = 5

/** So large a share of failures opens it, too, where there were enough attempts. */
const failingShare = 0.7
const judgedMin = 10
const judgedMs = minutes(5)
const spanMs = seconds(30)

const firstOpenMs = seconds(30)
const openMaxMs = minutes(15)

/** How far it is off that length at most, so that receivers that failed together are not asked together. */
const jitterShare = 0.2

type Ended = {
  readonly at: Instant
  /** From 0 to 1, at random. */
  readonly jitter: number
}

/** Any success closes it, and what was before counts no more. */
export const afterSuccess = (breaker: Breaker, at: Instant): Breaker =>
  breaker.open === null ? { ...breaker, failuresInARow: 0, spans: counted(breaker.spans, at, 0) } : closedBreaker

/** What left before it opened and fails while it is open changes nothing. */
export function afterFailure(breaker: Breaker, { at, jitter }: Ended): Breaker {
  const { open } = breaker
  if (open !== null && at < open.until) return breaker
  const failuresInARow = breaker.failuresInARow + 1
  const spans = counted(breaker.spans, at, 1)
  const opened = (lengthMs: Ms): Breaker => {
    const spread = ms(Math.round(lengthMs * (1 - jitterShare + 2 * jitterShare * jitter)))
    return { failuresInARow, spans, open: { lengthMs, until: after(at, spread) } }
  }
  if (open !== null) return opened(ms(Math.min(open.lengthMs * 2, openMaxMs)))
  return failuresInARow >= inARowMax || mostlyFails(spans) ? opened(firstOpenMs) : { failuresInARow, spans, open: null }
}

function mostlyFails(spans: readonly Span[]): boolean {
  const attemptsCount = spans.reduce((sum, span) => sum + span.attemptsCount, 0)
  const failuresCount = spans.reduce((sum, span) => sum + span.failuresCount, 0)
  return attemptsCount >= judgedMin && failuresCount >= failingShare * attemptsCount
}

function counted(spans: readonly Span[], at: Instant, failures: 0 | 1): readonly Span[] {
  const lately = spans.filter(({ startAt }) => startAt > at - judgedMs)
  const last = lately.at(-1)
  if (last === undefined || at >= last.startAt + spanMs)
    return [...lately, { startAt: at, attemptsCount: 1, failuresCount: failures }]
  const grown = { ...last, attemptsCount: last.attemptsCount + 1, failuresCount: last.failuresCount + failures }
  return [...lately.slice(0, -1), grown]
}
