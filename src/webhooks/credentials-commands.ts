import type { Vault } from '../accounts/secret.ts'
import type { Credentials, CredentialsOf } from '../deliveries/credentials.ts'
import { asId, type WebhookId } from '../lib/ids.ts'
import { no, ok, type Result } from '../lib/result.ts'
import type { ClientTls } from '../ports.ts'
import { type SealedSigningKey, signerOf } from './signing/key.ts'
import { openedKey } from './signing/sealing.ts'
import { validSigningKeys } from './signing/store.ts'
import { openedTls } from './tls/sealing.ts'
import { findTls } from './tls/store.ts'
import type { WebhookKey } from './webhook.ts'

/** How what leaves for webhooks is signed, by the keys that are valid then, and what is shown and trusted in handshakes. */
export function webhookCredentials(vault: Vault): CredentialsOf {
  return async (db, deliveries, now) => {
    const owned = deliveries.flatMap(({ id, organizationId, endpoint }) =>
      endpoint.kind === 'webhook' ? [{ deliveryId: id, organizationId, id: asId<WebhookId>(endpoint.ownerId) }] : [],
    )
    if (owned.length === 0) return new Map()
    const webhooks = [...new Map(owned.map((webhook) => [nameOf(webhook), webhook])).values()]
    const [keys, tls] = await Promise.all([validSigningKeys(db, webhooks, now), findTls(db, webhooks)])
    const keysOf = Map.groupBy(keys, ({ organizationId, webhookId }) => nameOf({ organizationId, id: webhookId }))
    const tlsOf = new Map(tls.map((row) => [nameOf(row), row.sealed]))
    const credentials = new Map(
      webhooks.map((webhook) => {
        const name = nameOf(webhook)
        return [name, opened(webhook.id, { keys: keysOf.get(name) ?? [], tls: tlsOf.get(name) ?? null, vault })] as const
      }),
    )
    return new Map(
      owned.flatMap((webhook) => {
        const found = credentials.get(nameOf(webhook))
        return found === undefined ? [] : [[webhook.deliveryId, found] as const]
      }),
    )
  }
}

const nameOf = ({ organizationId, id }: WebhookKey): string => `${organizationId} ${id}`

type Sealed = { readonly keys: readonly SealedSigningKey[]; readonly tls: Uint8Array | null; readonly vault: Vault }

/** The reason names a secret that does not open: the server has another key than the one that sealed it. */
function opened(id: WebhookId, { keys, tls, vault }: Sealed): Result<Credentials, string> {
  try {
    const shown: ClientTls | null = tls === null ? null : openedTls(tls, id, vault)
    return ok({ sign: keys.length === 0 ? null : signerOf(keys.map((key) => openedKey(key, vault))), tls: shown })
  } catch (fault) {
    return no(String(fault))
  }
}
