import { createHmac, createPrivateKey, createPublicKey, createSecretKey, type KeyObject, sign } from 'node:crypto'
import type { Signed } from '../../deliveries/credentials.ts'
import type { OrganizationId, WebhookId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'

/** What a webhook signs with (Standard Webhooks 1.0.0), apart from the secrets themselves. */
export type SigningKey = {
  readonly organizationId: OrganizationId
  readonly id: string
  readonly webhookId: WebhookId
  /** Of the pair for `v1a` signatures; null: there are none. */
  readonly publicKey: Uint8Array | null
  readonly createdAt: Instant
  /** Until when it signs beside the one that replaced it; null for the one that nothing has replaced. */
  readonly validUntil: Instant | null
}

/** A key as it is stored. */
export type SealedSigningKey = SigningKey & {
  readonly secretSealed: Uint8Array
  /** The private half of the pair for `v1a`. */
  readonly seedSealed: Uint8Array | null
}

/** What must never be seen, but for the secret, once, by whoever made it. */
export type SigningSecrets = {
  readonly secret: Uint8Array
  readonly seed: Uint8Array | null
}

/** Of the secret for `v1`, and of the seed for `v1a`. */
export const secretBytes = 32

/** A secret as its receiver is told it. */
export const secretText = (secret: Uint8Array): string => `whsec_${Buffer.from(secret).toString('base64')}`

/** The public half of a pair as its receiver is told it. */
export const publicKeyText = (publicKey: Uint8Array): string => `whpk_${Buffer.from(publicKey).toString('base64')}`

/** The public half of an ed25519 pair: 32 bytes, the last ones of its DER form. */
export function publicKeyOf(seed: Uint8Array): Buffer {
  return createPublicKey(privateKeyOf(seed)).export({ format: 'der', type: 'spki' }).subarray(-32)
}

/** Makes `webhook-signature` with all keys, in their order: a receiver needs one of them. */
export function signerOf(keys: readonly SigningSecrets[]): (signed: Signed) => string {
  const pairs = keys.map(({ secret, seed }) => ({
    secretKey: createSecretKey(secret),
    privateKey: seed === null ? null : privateKeyOf(seed),
  }))
  return ({ messageId, epochSeconds, body }) => {
    const start = Buffer.from(`${messageId}.${epochSeconds}.`)
    const content = body === null ? start : Buffer.concat([start, body])
    const signatures = pairs.flatMap(({ secretKey, privateKey }) => {
      const symmetric = `v1,${createHmac('sha256', secretKey).update(content).digest('base64')}`
      return privateKey === null ? [symmetric] : [symmetric, `v1a,${sign(null, content, privateKey).toString('base64')}`]
    })
    return signatures.join(' ')
  }
}

/** What comes before the seed in the DER form of a private key (RFC 8410, 7). */
const seedPrefix = Buffer.from('302e020100300506032b657004220420', 'hex')

function privateKeyOf(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([seedPrefix, seed]), format: 'der', type: 'pkcs8' })
}
