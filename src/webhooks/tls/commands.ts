import type { Actor } from '../../accounts/actor.ts'
import { audit } from '../../accounts/commands.ts'
import type { Vault } from '../../accounts/secret.ts'
import { accepted, type Body } from '../../lib/fields.ts'
import type { WebhookId } from '../../lib/ids.ts'
import { notFound } from '../../lib/rejection.ts'
import type { ClientTls, Sql, Tx } from '../../ports.ts'
import { findWebhook, lockWebhook } from '../store.ts'
import { parseTls } from './input.ts'
import { openedTls, sealedTls } from './sealing.ts'
import * as store from './store.ts'
import type { WebhookKey } from '../webhook.ts'

type Asked = { readonly id: WebhookId; readonly vault: Vault }

/** What a webhook shows and trusts. Rejects, as not found, a webhook that has nothing of its own. */
export async function tlsOf(db: Sql, actor: Actor, { id, vault }: Asked): Promise<ClientTls> {
  const webhook = { organizationId: actor.organizationId, id }
  if ((await findWebhook(db, webhook.organizationId, id)) === null) throw notFound()
  const tls = await find(db, webhook, vault)
  if (tls === null) throw notFound()
  return tls
}

/** Sets what a webhook shows and trusts, from its next attempt on. Rejects what the body gets wrong, by field. */
export async function setTls(tx: Tx, actor: Actor, { id, vault, body }: Asked & { readonly body: Body }): Promise<ClientTls> {
  const webhook = { organizationId: actor.organizationId, id }
  if ((await lockWebhook(tx, webhook.organizationId, id)) === null) throw notFound()
  const current = await find(tx.sql, webhook, vault)
  const tls = accepted(parseTls(body, { current, now: tx.now }))
  await store.keepTls(tx, webhook, sealedTls(tls, id, vault))
  const details = { clientCertificate: tls.certificate !== null, ca: tls.ca !== null }
  await audit(tx, actor, { action: 'webhook tls set', subjectId: id, details })
  return tls
}

/** Lets a webhook show nothing and trust what is usual again. Rejects, as not found, one that does. */
export async function removeTls(tx: Tx, actor: Actor, id: WebhookId): Promise<void> {
  const webhook = { organizationId: actor.organizationId, id }
  if ((await lockWebhook(tx, webhook.organizationId, id)) === null) throw notFound()
  if (!(await store.deleteTls(tx, webhook))) throw notFound()
  await audit(tx, actor, { action: 'webhook tls removed', subjectId: id })
}

/** Takes away what a webhook showed that is deleted. */
export async function forgetTls(tx: Tx, webhook: WebhookKey): Promise<void> {
  await store.deleteTls(tx, webhook)
}

async function find(db: Sql, webhook: WebhookKey, vault: Vault): Promise<ClientTls | null> {
  const [row] = await store.findTls(db, [webhook])
  return row === undefined ? null : openedTls(row.sealed, webhook.id, vault)
}
