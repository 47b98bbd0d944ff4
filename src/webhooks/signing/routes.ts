import { Type } from 'typebox'
import type { Vault } from '../../accounts/secret.ts'
import type { App } from '../../http/app.ts'
import { lenientInput } from '../../http/lenient.ts'
import { noContent, nullable } from '../../http/schema.ts'
import { asId, type WebhookId } from '../../lib/ids.ts'
import { storable } from '../../lib/json.ts'
import { isoZ } from '../../lib/time.ts'
import type { Ports } from '../../ports.ts'
import { revokeSigningKeys, rotateSigningKey, type Signing, signingOf } from './commands.ts'
import { publicKeyText, secretText } from './key.ts'

type SigningRoutesOptions = Pick<Ports, 'db' | 'clock'> & { readonly vault: Vault }

const path = '/api/v1/webhooks/:webhookId/signing/'
const tags = ['webhooks']
const params = Type.Object({ webhookId: Type.String() })
const idOf = (text: string) => asId<WebhookId>(storable(text))

const read = { permission: 'outgoing-webhooks:read' } as const
const write = { permission: 'outgoing-webhooks:write' } as const

const shown = {
  public_key: nullable(Type.String({ description: 'Verifies `v1a` signatures (ed25519); null: there are none.' })),
  created_at: Type.String({ format: 'date-time' }),
  old_valid_until: nullable(
    Type.String({ format: 'date-time', description: 'Until when keys that were replaced sign too; null: there is none.' }),
  ),
}

const SigningShape = Type.Object(shown)
const NewSigningShape = Type.Object({
  secret: Type.String({ description: 'Verifies `v1` signatures. Shown this once.' }),
  ...shown,
})

const SigningBody = lenientInput({
  overlap: 'For how many seconds the keys that are replaced sign too: 0 to 2592000, 86400 when missing.',
  asymmetric: 'True: there are `v1a` signatures too. When missing, as with the key that is replaced.',
})

/** The API of the keys that webhooks sign with (Standard Webhooks 1.0.0). */
export function signingRoutes(app: App, { db, clock, vault }: SigningRoutesOptions): void {
  app.get(
    path,
    {
      config: read,
      schema: { summary: 'Show how a webhook signs, without the secret', tags, params, response: { 200: SigningShape } },
    },
    async ({ actor, params: { webhookId } }) =>
      shownSigning(await signingOf(db.sql, actor, { id: idOf(webhookId), now: clock.now() })),
  )

  app.post(
    path,
    {
      config: write,
      schema: {
        summary: 'Let a webhook sign, or sign with a new key',
        tags,
        params,
        body: SigningBody,
        response: { 201: NewSigningShape },
      },
    },
    async ({ actor, params: { webhookId }, body }, reply) => {
      const id = idOf(webhookId)
      const made = await db.tx('rotate signing key', (tx) => rotateSigningKey(tx, actor, { id, vault, body }))
      return reply.code(201).send({ secret: secretText(made.secret), ...shownSigning(made) })
    },
  )

  app.delete(
    path,
    { config: write, schema: { summary: 'Let a webhook sign no more', tags, params, response: { 204: noContent } } },
    async ({ actor, params: { webhookId } }, reply) => {
      await db.tx('revoke signing keys', (tx) => revokeSigningKeys(tx, actor, idOf(webhookId)))
      return reply.code(204).send(null)
    },
  )
}

const shownSigning = ({ key, oldValidUntil }: Signing) => ({
  public_key: key.publicKey === null ? null : publicKeyText(key.publicKey),
  created_at: isoZ(key.createdAt),
  old_valid_until: oldValidUntil === null ? null : isoZ(oldValidUntil),
})
