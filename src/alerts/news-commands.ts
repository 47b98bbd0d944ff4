import type { Actor } from '../accounts/actor.ts'
import { peopleByIds } from '../accounts/commands.ts'
import type { OrganizationId } from '../lib/ids.ts'
import type { News, NewsKey } from '../notifications/news.ts'
import { takeNews } from '../notifications/news-commands.ts'
import { failPage } from '../notifications/result-commands.ts'
import type { Tx } from '../ports.ts'
import { holdWebhook } from '../webhooks/commands.ts'
import { hiddenContext } from '../webhooks/rendering/page-context.ts'
import { personDocument } from './document.ts'
import { originOf } from './origin-commands.ts'
import type { AlertSettings } from './settings.ts'
import * as store from './store.ts'
import { tell, type Telling } from './telling-commands.ts'

/**
 * Tells what became of paging about an alert group, with all that is known of that; a page leaves by the webhook of its person, if that
 * is still there. Nothing happens when the group is gone.
 */
export async function tellNews(tx: Tx, settings: AlertSettings, key: NewsKey): Promise<void> {
  const { organizationId, subjectId } = key
  // The group first, as everybody does who takes such news back.
  const group = await store.lockGroup(tx, organizationId, subjectId)
  const news = await takeNews(tx, key)
  if (news === null || group === null) return
  if (news.kind === 'page' && (await holdWebhook(tx, organizationId, news.webhookId))?.enabled !== true)
    return failPage(tx, { organizationId, id: news.runId }, 'The webhook was switched off or deleted before it was called')
  const actor: Actor = { kind: 'system', organizationId }
  const told = await toldOf(tx, organizationId, news)
  const common = { actor, group, ...(await originOf(tx, group)), newestAlert: null, groupingKey: null, webhookId: null }
  await tell(tx, settings, { ...common, ...told })
}

type Told = Pick<Telling, 'fact' | 'particulars'> & Partial<Pick<Telling, 'webhookId' | 'page'>>

async function toldOf(tx: Tx, organizationId: OrganizationId, news: News): Promise<Told> {
  switch (news.kind) {
    case 'page': {
      const particulars = { user: hiddenContext, important: news.important }
      return { fact: 'alert_group.page_sent', particulars, webhookId: news.webhookId, page: news }
    }
    case 'next level': {
      const { level, escalationChainId: escalation_chain_id, userIds } = news
      const people = await peopleByIds(tx.sql, organizationId, userIds)
      const recipients = userIds.flatMap((userId) => people.get(userId) ?? []).map(personDocument)
      return { fact: 'alert_group.level_reached', particulars: { level, escalation_chain_id, recipients } }
    }
    case 'failed page': {
      const { userId, channel, important, reason } = news
      const person = (await peopleByIds(tx.sql, organizationId, [userId])).get(userId) ?? null
      return { fact: 'alert_group.page_failed', particulars: { recipient: personDocument(person), channel, important, reason } }
    }
  }
}
