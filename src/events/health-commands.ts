import type { EndpointId, OrganizationId } from '../lib/ids.ts'
import { takeHealthNews } from '../deliveries/health/commands.ts'
import { asId, type WebhookId } from '../lib/ids.ts'
import type { Tx } from '../ports.ts'
import { giveUpWebhook, webhooksEvenDeleted } from '../webhooks/commands.ts'
import { publish } from './commands.ts'
import { healthFact } from './health-fact.ts'
import { oweWarnings } from './warning-commands.ts'

/** Tells what is to be told of an endpoint, each once, in the log of events and by mail, and switches its webhook off where that has no other. */
export async function tellOfEndpoint(
  tx: Tx,
  key: { readonly organizationId: OrganizationId; readonly id: EndpointId },
): Promise<void> {
  const endpoint = await takeHealthNews(tx, key)
  if (endpoint === null || endpoint.news.length === 0) return
  const { organizationId } = key
  const webhookId = asId<WebhookId>(endpoint.ownerId)
  const [webhook] = await webhooksEvenDeleted(tx.sql, [{ organizationId, id: webhookId }])
  if (webhook === undefined) return
  // While it is off, only tests leave, and who makes one sees what becomes of it.
  const news = webhook.enabled ? endpoint.news : endpoint.news.filter(({ kind }) => kind === 'disabled')
  const isDisabled = news.some(({ kind }) => kind === 'disabled')
  const isGivenUp = isDisabled && (await giveUpWebhook(tx, organizationId, webhookId))
  await oweWarnings(tx, { organizationId, webhook, endpoint: { ...endpoint, news }, isGivenUp })
  for (const one of news) publish(tx, healthFact(one, { organizationId, webhook, endpoint, isGivenUp, now: tx.now }))
}
