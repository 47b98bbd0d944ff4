import { known } from '../../lib/check.ts'
import type { Instant } from '../../lib/time.ts'
import type { Tx } from '../../ports.ts'
import type { Conclusion } from '../conclusion.ts'
import type { ClosingEndpoint } from '../delivery.ts'
import { type HealthNews, judgeHealth } from './health.ts'
import * as store from './store.ts'

type Key = Pick<ClosingEndpoint, 'organizationId' | 'id'>

/**
 * Keeps what attempts say of their endpoints: that these fail, since when, that they have succeeded, or want nothing any more. Wakes
 * the loop of webhooks where somebody is to be told.
 */
export async function keepHealth(tx: Tx, ended: readonly Conclusion[]): Promise<void> {
  const ofWebhooks = ended.filter(({ delivery }) => delivery.endpoint.kind === 'webhook')
  const courses = [...Map.groupBy(ofWebhooks, ({ delivery }) => delivery.endpointId).values()].map(courseOf)
  // Always in the same order, so that two transactions with several endpoints cannot wait for each other.
  courses.sort((a, b) => (a.key.id < b.key.id ? -1 : 1))
  const successes = courses.flatMap(({ key, succeededAt }) => (succeededAt === null ? [] : [{ ...key, at: succeededAt }]))
  const failures = courses.flatMap(({ failures: own }) => (own === null ? [] : [own]))
  const gone = courses.flatMap(({ key, gone: own }) => (own === null ? [] : [{ ...key, ...own }]))
  const hasRecovered = successes.length > 0 && (await store.recordSuccesses(tx, successes))
  const hasFailed = failures.length > 0 && (await store.recordFailures(tx, failures))
  if (gone.length > 0) await store.disableEndpoints(tx, gone)
  if (hasRecovered || hasFailed || gone.length > 0) tx.wake('webhooks')
}

type Course = {
  readonly key: Key
  readonly succeededAt: Instant | null
  /** After the last success. */
  readonly failures: store.Failures | null
  readonly gone: { readonly at: Instant; readonly reason: string } | null
}

/** What a batch says of one endpoint, in the order in which it was heard. */
function courseOf(ended: readonly Conclusion[]): Course {
  const { organizationId, endpointId: id } = known(ended[0], 'a group has a member').delivery
  const key = { organizationId, id }
  const signs = ended.flatMap(({ sign }) => (sign === null ? [] : [sign])).toSorted((a, b) => a.at - b.at)
  const lastSuccess = signs.findLastIndex(({ says }) => says.kind === 'well')
  const failed = signs.slice(lastSuccess + 1).filter(({ says }) => ['failed', 'busy', 'refused'].includes(says.kind))
  const [firstAt, lastAt] = [failed[0]?.at ?? null, failed.at(-1)?.at ?? null]
  const gone = signs.flatMap(({ at, says }) => (says.kind === 'gone' ? [{ at, reason: says.reason }] : []))
  return {
    key,
    succeededAt: signs[lastSuccess]?.at ?? null,
    failures: firstAt === null || lastAt === null ? null : { ...key, firstAt, lastAt, count: failed.length },
    gone: gone[0] ?? null,
  }
}

/** Lets a webhook begin with a clean slate that is switched on: tests may have failed while it was off. */
export const beginHealthAnew = store.resetHealth

/** Endpoints that somebody is to look at, for the loop of webhooks. */
export const dueLooks = store.dueLooks
export const nextLookAt = store.nextLookAt
export const postponeLook = store.postponeLook

/** What people are to be told of an endpoint. */
export type EndpointNews = store.EndpointHealth & { readonly news: readonly HealthNews[] }

/**
 * Judges an endpoint, switches it off if it has failed for too long, and returns what people are to be told in this transaction; null
 * when it was closed meanwhile.
 */
export async function takeHealthNews(tx: Tx, key: Key): Promise<EndpointNews | null> {
  const found = await store.lockHealth(tx, key)
  if (found === null) return null
  const { news, health, lookAt } = judgeHealth(found.health, tx.now)
  if (found.health.disabled === null && health.disabled !== null) {
    await store.disableEndpoints(tx, [{ ...key, ...health.disabled }])
    tx.wake('webhooks')
  }
  await store.keepTold(tx, key, { ...health, lookAt })
  return { ...found, news }
}
