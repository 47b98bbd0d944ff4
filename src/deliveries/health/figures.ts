import type { Instant, Ms } from '../../lib/time.ts'

/** How one URL of an owner does, and how it has done lately. */
export type UrlHealth = {
  readonly url: string
  readonly endpoint: OpenEndpoint | null
  readonly figures: Figures
  readonly backlog: Backlog
}

/** What is kept of an endpoint that is not closed; a URL of a webhook that is switched off has none. */
export type OpenEndpoint = {
  readonly failingSince: Instant | null
  readonly failuresCount: number
  readonly disabled: { readonly at: Instant; readonly reason: string } | null
  /** Nothing is sent until then; null: it may be at any time. */
  readonly pausedUntil: Instant | null
}

/** Of the requests that have left, each attempt for itself. */
export type Figures = {
  readonly lastSuccessAt: Instant | null
  readonly lastFailureAt: Instant | null
  readonly hour: Span
  readonly day: Span
}

export type Span = {
  /** From when on attempts are counted: the beginning of the span, or later where there are more than are looked at. */
  readonly since: Instant
  readonly attemptsCount: number
  readonly successesCount: number
  /** So many of a hundred took no longer; null: there were none. */
  readonly p50: Ms | null
  readonly p99: Ms | null
  /** Deliveries that were given up since the beginning of the span, as far as they are looked at. */
  readonly deadCount: number
}

/** What waits, as far as it is looked at. */
export type Backlog = {
  readonly count: number
  /** When the first of it is due, or was. */
  readonly firstDueAt: Instant | null
  /** When that happened of which the oldest of it tells. */
  readonly oldestAt: Instant | null
}
