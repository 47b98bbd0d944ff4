import { after, days, hours, type Instant, instant } from '../../lib/time.ts'

/** How an endpoint has done lately, as it is kept. */
export type Health = {
  /** The first failure since the last success; null: the last attempt was a success, or there was none. */
  readonly failingSince: Instant | null
  readonly lastFailureAt: Instant | null
  /** Since then. */
  readonly failuresCount: number
  /** What people were told of that. */
  readonly warned: Warned
  readonly warnedAt: Instant | null
  /** When it succeeded after people were warned; null once that is told. */
  readonly recoveredAt: Instant | null
  /** It gets nothing any more, and why: a sentence for people. */
  readonly disabled: { readonly at: Instant; readonly reason: string } | null
}

type Warned = 'not' | 'after an hour' | 'after a day'

/** What people are to be told of an endpoint. */
export type HealthNews =
  | { readonly kind: 'failing'; readonly warned: Exclude<Warned, 'not'> }
  | { readonly kind: 'disabled'; readonly reason: string }
  | { readonly kind: 'recovered'; readonly at: Instant }

type Judged = {
  readonly news: readonly HealthNews[]
  /** What is kept from now on. */
  readonly health: Health
  /** When to look again; null: with the next failure. */
  readonly lookAt: Instant | null
}

/** Nothing but failures for so long, and it is switched off. */
const endured = days(5)

/** Of these, the last so long after the last warning: nobody is switched off whom nobody could help. */
const warnedBefore = hours(12)

/**
 * Warns of an endpoint that fails after an hour and after a day, once each, and switches it off after five days. Each step but the
 * first wants a failure since the one before: an endpoint to which nothing was sent meanwhile has not failed.
 */
export function judgeHealth(health: Health, now: Instant): Judged {
  const { recoveredAt, disabled, failingSince } = health
  const recovered: readonly HealthNews[] = recoveredAt === null ? [] : [{ kind: 'recovered', at: recoveredAt }]
  const rest: Health = recoveredAt === null ? health : { ...health, recoveredAt: null, warned: 'not', warnedAt: null }
  if (disabled !== null)
    return { news: [...recovered, { kind: 'disabled', reason: disabled.reason }], health: rest, lookAt: null }
  if (failingSince === null) return { news: recovered, health: rest, lookAt: null }
  const step = nextStep(rest, failingSince)
  if (now < step.at) return { news: recovered, health: rest, lookAt: step.at }
  if (!step.isProven) return { news: recovered, health: rest, lookAt: null }
  if (step.leadsTo === 'disabled') {
    const reason = 'Every attempt of the last five days has failed.'
    return {
      news: [...recovered, { kind: 'disabled', reason }],
      health: { ...rest, disabled: { at: now, reason } },
      lookAt: null,
    }
  }
  const warned: Health = { ...rest, warned: step.leadsTo, warnedAt: now }
  const following = nextStep(warned, failingSince).at
  return {
    news: [...recovered, { kind: 'failing', warned: step.leadsTo }],
    health: warned,
    lookAt: following > now ? following : null,
  }
}

type Step = { readonly leadsTo: Exclude<Warned, 'not'> | 'disabled'; readonly at: Instant; readonly isProven: boolean }

function nextStep({ warned, warnedAt, lastFailureAt }: Health, failingSince: Instant): Step {
  const lastAt = lastFailureAt ?? failingSince
  const told = warnedAt ?? instant(0)
  if (warned === 'not') return { leadsTo: 'after an hour', at: after(failingSince, hours(1)), isProven: true }
  if (warned === 'after an hour') return { leadsTo: 'after a day', at: after(failingSince, days(1)), isProven: lastAt > told }
  return { leadsTo: 'disabled', at: after(failingSince, endured), isProven: lastAt >= after(told, warnedBefore) }
}
