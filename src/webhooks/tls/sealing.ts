import type { Vault } from '../../accounts/secret.ts'
import { check } from '../../lib/check.ts'
import type { WebhookId } from '../../lib/ids.ts'
import { isObject } from '../../lib/json.ts'
import type { ClientTls } from '../../ports.ts'

/** All of it as it may be stored: the key is secret, and nobody who writes into the database is to choose whom the server trusts. */
export const sealedTls = (tls: ClientTls, id: WebhookId, vault: Vault): Buffer => vault.seal(JSON.stringify(tls), contextOf(id))

/** As it was before it was stored. Throws as the vault does. */
export function openedTls(sealed: Uint8Array, id: WebhookId, vault: Vault): ClientTls {
  const kept: unknown = JSON.parse(vault.open(sealed, contextOf(id)))
  check(isObject(kept), 'what was sealed is an object')
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
  return { certificate: text(kept['certificate']), key: text(kept['key']), ca: text(kept['ca']) }
}

const contextOf = (id: WebhookId): string => `webhook ${id} tls`
