import type { Actor } from '../../accounts/actor.ts'
import { audit } from '../../accounts/commands.ts'
import type { Vault } from '../../accounts/secret.ts'
import type { DeliveryRecord, RecordFilter } from '../../deliveries/records/record.ts'
import { countRecordsOf, findRecord, recordsOf } from '../../deliveries/records/commands.ts'
import { findEndedDelivery } from '../../deliveries/replays/commands.ts'
import { known } from '../../lib/check.ts'
import { asId, deliveryIdOf, deliveryNumberOf, type WebhookId } from '../../lib/ids.ts'
import type { Listing } from '../../lib/listing.ts'
import { conflict, notFound } from '../../lib/rejection.ts'
import type { Sql, Tx } from '../../ports.ts'
import { type Replayed, replayEnded } from './redelivery-commands.ts'
import * as store from '../store.ts'

type Asked = { readonly id: WebhookId; readonly filter: RecordFilter; readonly messageVault: Vault }

/** The deliveries of a webhook: first what waits, as it comes due, then what has ended, the last first. Rejects what the organization does not have. */
export async function listDeliveries(
  db: Sql,
  actor: Actor,
  { id, filter, messageVault: vault }: Asked,
): Promise<Listing<DeliveryRecord>> {
  const { organizationId } = actor
  if ((await store.findWebhook(db, organizationId, id)) === null) throw notFound()
  const owner = { organizationId, ownerId: id }
  return {
    count: () => countRecordsOf(db, owner, filter),
    items: (window) => recordsOf(db, { ...owner, vault }, { ...window, filter }),
  }
}

type One = { readonly id: string; readonly messageVault: Vault }

/** A delivery of a webhook that is still there. Rejects what the organization does not have. */
export async function readDelivery(db: Sql, actor: Actor, { id, messageVault: vault }: One): Promise<DeliveryRecord> {
  const { organizationId } = actor
  const number = deliveryNumberOf(id)
  const record = number === null ? null : await findRecord(db, { organizationId, vault }, number)
  if (record === null) throw notFound()
  if ((await store.findWebhook(db, organizationId, asId<WebhookId>(record.endpoint.ownerId))) === null) throw notFound()
  return record
}

/** Sends again what was delivered or is dead, by a new delivery, and returns that. Rejects what cannot be sent again. */
export async function redeliver(tx: Tx, actor: Actor, asked: One): Promise<DeliveryRecord> {
  const { organizationId } = actor
  const record = await readDelivery(tx.sql, actor, asked)
  if (record.state === 'waiting') throw conflict('This delivery still waits; it is tried by itself.')
  if (record.state === 'skipped') throw conflict('This delivery was skipped, so there is nothing to send again.')
  // Either can have gone since it was read.
  const webhook = await store.lockWebhook(tx, organizationId, asId<WebhookId>(record.endpoint.ownerId))
  const ended = await findEndedDelivery(tx.sql, organizationId, record.id)
  if (webhook === null || ended === null) throw notFound()
  if (!webhook.isEnabled) throw conflict('The webhook is switched off.')
  const [outcome] = await replayEnded(tx, { webhook, cancelKey: null }, [ended])
  if (outcome?.kind !== 'owed') throw conflict(refusals[known(outcome, 'a replay has an outcome').kind])
  const { deliveryId } = outcome
  await audit(tx, actor, {
    action: 'delivery redelivered',
    subjectId: webhook.id,
    details: { delivery: deliveryIdOf(record.id), redelivery: deliveryIdOf(deliveryId), message: record.messageId },
  })
  return readDelivery(tx.sql, actor, { ...asked, id: deliveryIdOf(deliveryId) })
}

const refusals = {
  waiting: 'This message is being sent again already.',
  forgotten: 'What was sent is not stored any more, and nothing else may leave under its id.',
  moved: 'The webhook does not have the URL of this delivery any more, and no single one that has come in its place since.',
  disabled: 'Nothing is sent to this URL any more. Saving the webhook while it is on opens it anew.',
} as const satisfies Record<Exclude<Replayed['kind'], 'owed'>, string>
