import { Type } from 'typebox'
import type { Vault } from '../../accounts/secret.ts'
import type { App } from '../../http/app.ts'
import { lenientInput } from '../../http/lenient.ts'
import { noContent, nullable } from '../../http/schema.ts'
import { asId, type WebhookId } from '../../lib/ids.ts'
import { storable } from '../../lib/json.ts'
import { isoZ } from '../../lib/time.ts'
import type { ClientTls, Database } from '../../ports.ts'
import { removeTls, setTls, tlsOf } from './commands.ts'
import { endOf } from './input.ts'
import { secretMask } from '../../lib/credential.ts'

const path = '/api/v1/webhooks/:webhookId/tls/'
const tags = ['webhooks']
const params = Type.Object({ webhookId: Type.String() })
const idOf = (text: string) => asId<WebhookId>(storable(text))

const read = { permission: 'outgoing-webhooks:read' } as const
const write = { permission: 'outgoing-webhooks:write' } as const

const end = { format: 'date-time', description: 'When the first of the certificates expires.' }
const TlsShape = Type.Object({
  client_certificate: nullable(Type.String()),
  client_key: nullable(Type.String({ description: 'Masked.' })),
  ca: nullable(Type.String()),
  client_certificate_expires_at: nullable(Type.String(end)),
  ca_expires_at: nullable(Type.String(end)),
})

const TlsBody = lenientInput({
  client_certificate: 'What receivers are shown: a certificate in PEM, and those that vouch for it behind it. Null: none.',
  client_key: 'The key of the first of them, in PEM, without a passphrase. Shown masked; the mask of 16 asterisks keeps it.',
  ca: 'The only authorities whose receivers are trusted, in PEM. Null: the usual ones.',
})

/** The API of what webhooks show to their receivers, and trust of them, in TLS handshakes. */
export function tlsRoutes(app: App, { db, vault }: { readonly db: Database; readonly vault: Vault }): void {
  app.get(
    path,
    { config: read, schema: { summary: 'Show the certificates of a webhook', tags, params, response: { 200: TlsShape } } },
    async ({ actor, params: { webhookId } }) => shownTls(await tlsOf(db.sql, actor, { id: idOf(webhookId), vault })),
  )

  app.put(
    path,
    {
      config: write,
      schema: { summary: 'Set the certificates of a webhook', tags, params, body: TlsBody, response: { 200: TlsShape } },
    },
    async ({ actor, params: { webhookId }, body }) => {
      const id = idOf(webhookId)
      return shownTls(await db.tx('set webhook tls', (tx) => setTls(tx, actor, { id, vault, body })))
    },
  )

  app.delete(
    path,
    {
      config: write,
      schema: { summary: 'Take away the certificates of a webhook', tags, params, response: { 204: noContent } },
    },
    async ({ actor, params: { webhookId } }, reply) => {
      await db.tx('remove webhook tls', (tx) => removeTls(tx, actor, idOf(webhookId)))
      return reply.code(204).send(null)
    },
  )
}

const shownTls = ({ certificate, key, ca }: ClientTls) => ({
  client_certificate: certificate,
  client_key: key === null ? null : secretMask,
  ca,
  client_certificate_expires_at: certificate === null ? null : isoZ(endOf(certificate)),
  ca_expires_at: ca === null ? null : isoZ(endOf(ca)),
})
