import type { Figures, OpenEndpoint, Span, UrlHealth } from '../../deliveries/health/figures.ts'
import { type Instant, isoZ } from '../../lib/time.ts'

export const healthStates = ['healthy', 'failing', 'disabled', 'off', 'unused'] as const
type HealthState = (typeof healthStates)[number]

type Standing = { readonly state: HealthState; readonly since: Instant | null; readonly reason: string | null }

/** How one URL of a webhook does, as the API shows it. */
export function shownHealth({ url, endpoint, figures, backlog }: UrlHealth, now: Instant) {
  const { state, since, reason } = standingOf(endpoint, figures)
  const pausedUntil = endpoint?.pausedUntil ?? null
  return {
    url,
    state,
    since: zOrNull(since),
    reason,
    failures_count: endpoint?.failuresCount ?? 0,
    paused_until: pausedUntil !== null && pausedUntil > now ? isoZ(pausedUntil) : null,
    last_success_at: zOrNull(figures.lastSuccessAt),
    last_failure_at: zOrNull(figures.lastFailureAt),
    waiting: { count: backlog.count, first_due_at: zOrNull(backlog.firstDueAt), oldest_event_at: zOrNull(backlog.oldestAt) },
    last_hour: shownSpan(figures.hour),
    last_day: shownSpan(figures.day),
  }
}

/** One failure is enough to be failing, until the next success. */
function standingOf(endpoint: OpenEndpoint | null, { lastSuccessAt }: Figures): Standing {
  if (endpoint === null) return { state: 'off', since: null, reason: null }
  const { disabled, failingSince } = endpoint
  if (disabled !== null) return { state: 'disabled', since: disabled.at, reason: disabled.reason }
  if (failingSince !== null) return { state: 'failing', since: failingSince, reason: null }
  return { state: lastSuccessAt === null ? 'unused' : 'healthy', since: null, reason: null }
}

const shownSpan = ({ since, attemptsCount, successesCount, p50, p99, deadCount }: Span) => ({
  since: isoZ(since),
  attempts_count: attemptsCount,
  successes_count: successesCount,
  success_rate: attemptsCount === 0 ? null : successesCount / attemptsCount,
  duration_p50_ms: p50,
  duration_p99_ms: p99,
  dead_count: deadCount,
})

const zOrNull = (at: Instant | null): string | null => (at === null ? null : isoZ(at))
