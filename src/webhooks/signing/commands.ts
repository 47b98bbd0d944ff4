import type { Actor } from '../../accounts/actor.ts'
import { audit } from '../../accounts/commands.ts'
import type { Vault } from '../../accounts/secret.ts'
import { accepted, type Body } from '../../lib/fields.ts'
import { newUuid, type WebhookId } from '../../lib/ids.ts'
import { invalid, notFound } from '../../lib/rejection.ts'
import { after, type Instant, instant, isoZ } from '../../lib/time.ts'
import type { Sql, Tx } from '../../ports.ts'
import { parseSigningOrder } from './input.ts'
import { publicKeyOf, secretBytes, type SigningKey, type SigningSecrets } from './key.ts'
import { sealedKey } from './sealing.ts'
import * as store from './store.ts'
import { findWebhook, lockWebhook } from '../store.ts'
import type { WebhookKey } from '../webhook.ts'

/** The key that a webhook signs with, and until when older ones do so beside it; null: none does. */
export type Signing = { readonly key: SigningKey; readonly oldValidUntil: Instant | null }

/** Each makes the header longer, and receivers need one old key, or two. */
const keysMax = 5

/**
 * Makes a key for a webhook, and lets those that it replaces sign beside it for a while. The secret is told this once.
 * Rejects what the body gets wrong, and a key too many.
 */
export async function rotateSigningKey(
  tx: Tx,
  actor: Actor,
  { id, vault, body }: { readonly id: WebhookId; readonly vault: Vault; readonly body: Body },
): Promise<Signing & Pick<SigningSecrets, 'secret'>> {
  const webhook = { organizationId: actor.organizationId, id }
  const order = accepted(parseSigningOrder(body))
  if ((await lockWebhook(tx, actor.organizationId, id)) === null) throw notFound()
  const [replaced] = await store.validSigningKeys(tx.sql, [webhook], tx.now)
  const oldUntil = after(tx.now, order.overlapMs)
  await store.limitSigningKeys(tx, webhook, oldUntil)
  await store.deleteEndedSigningKeys(tx, webhook, tx.now)
  const old = await store.validSigningKeys(tx.sql, [webhook], tx.now)
  if (old.length >= keysMax) throw invalid(tooMany)
  const made = newKey(tx, webhook, order.asymmetric ?? (replaced !== undefined && replaced.publicKey !== null))
  await store.insertSigningKey(tx, sealedKey(made, vault))
  const oldValidUntil = latestEnd(old)
  const details = { asymmetric: made.publicKey !== null, oldValidUntil: oldValidUntil === null ? null : isoZ(oldValidUntil) }
  await audit(tx, actor, { action: 'webhook signing key created', subjectId: id, details })
  return { key: made, oldValidUntil, secret: made.secret }
}

const tooMany =
  `The webhook signs with ${keysMax} keys already. Wait until old ones have ended, or end them with an overlap of 0, ` +
  'which leaves the new one alone.'

function newKey(tx: Tx, { organizationId, id: webhookId }: WebhookKey, asymmetric: boolean): SigningKey & SigningSecrets {
  const secret = tx.random.bytes(secretBytes)
  const seed = asymmetric ? tx.random.bytes(secretBytes) : null
  const publicKey = seed === null ? null : publicKeyOf(seed)
  const id = newUuid(tx.now, tx.random.bytes)
  return { organizationId, id, webhookId, publicKey, createdAt: tx.now, validUntil: null, secret, seed }
}

function latestEnd(keys: readonly SigningKey[]): Instant | null {
  const ends = keys.flatMap(({ validUntil }) => validUntil ?? [])
  return ends.length === 0 ? null : instant(Math.max(...ends))
}

/** What a webhook signs with now. Rejects, as not found, a webhook that does not. */
export async function signingOf(
  db: Sql,
  actor: Actor,
  { id, now }: { readonly id: WebhookId; readonly now: Instant },
): Promise<Signing> {
  const { organizationId } = actor
  if ((await findWebhook(db, organizationId, id)) === null) throw notFound()
  const [key, ...old] = await store.validSigningKeys(db, [{ organizationId, id }], now)
  if (key === undefined) throw notFound()
  return { key, oldValidUntil: latestEnd(old) }
}

/** Ends all keys of a webhook at once: nothing that leaves from now on is signed. Rejects as not found where there is none. */
export async function revokeSigningKeys(tx: Tx, actor: Actor, id: WebhookId): Promise<void> {
  const webhook = { organizationId: actor.organizationId, id }
  if ((await lockWebhook(tx, actor.organizationId, id)) === null) throw notFound()
  if ((await store.deleteSigningKeys(tx, webhook)) === 0) throw notFound()
  await audit(tx, actor, { action: 'webhook signing keys revoked', subjectId: id })
}

/** Takes away the keys of a webhook that is deleted. */
export async function forgetSigningKeys(tx: Tx, webhook: WebhookKey): Promise<void> {
  await store.deleteSigningKeys(tx, webhook)
}
