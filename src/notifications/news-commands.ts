import type { Tx } from '../ports.ts'
import { whatIsHeard } from '../webhooks/matching/heard-commands.ts'
import type { Trigger } from '../webhooks/trigger.ts'
import type { News, OwedNews } from './news.ts'
import * as store from './news-store.ts'

/**
 * Owes news of subjects to whoever knows more of them: they are told if and only if this transaction commits. Pages always are;
 * the others only where a webhook waits for such.
 */
export async function oweNews(tx: Tx, owed: readonly OwedNews[]): Promise<void> {
  const wanted = await wantedOf(tx, owed)
  if (wanted.length === 0) return
  await store.insertNews(tx, wanted)
  tx.wake('alerts')
}

async function wantedOf(tx: Tx, owed: readonly OwedNews[]): Promise<readonly OwedNews[]> {
  const others = owed.filter(({ news }) => news.kind !== 'page')
  if (others.length === 0) return owed
  const organizationIds = others.map(({ organizationId }) => organizationId)
  const isHeard = await whatIsHeard(tx, organizationIds, Object.values(triggerOf))
  return owed.filter(({ organizationId, news }) => news.kind === 'page' || isHeard(organizationId, triggerOf[news.kind]))
}

const triggerOf = {
  'failed page': 'notification failed',
  'next level': 'escalated',
} as const satisfies Record<Exclude<News['kind'], 'page'>, Trigger>

/** News that nobody has told yet, for the loop of the subjects; they are taken or put off. */
export const dueNews = store.dueNews
export const nextNewsAt = store.nextNewsAt
export const takeNews = store.takeNews
export const postponeNews = store.postponeNews
