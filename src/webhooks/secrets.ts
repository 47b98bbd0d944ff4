import type { Vault } from '../accounts/secret.ts'
import { parseHeaders } from './headers.ts'
import type { SealedWebhook, Webhook } from './webhook.ts'

/** A webhook as it is stored. */
export function sealed(webhook: Webhook, vault: Vault): SealedWebhook {
  const { headers, staticHeaders, password, authorizationHeader, ...open } = webhook
  const seal = (text: string | null, field: string) => (text === null ? null : vault.seal(text, contextOf(webhook, field)))
  return {
    ...open,
    headersSealed: seal(headers, 'headers'),
    staticHeadersSealed: seal(staticHeaders === null ? null : JSON.stringify(staticHeaders), 'static headers'),
    passwordSealed: seal(password, 'password'),
    authorizationSealed: seal(authorizationHeader, 'authorization'),
  }
}

/** A webhook as it was before it was stored. */
export function opened(webhook: SealedWebhook, vault: Vault): Webhook {
  const { headersSealed, staticHeadersSealed, passwordSealed, authorizationSealed, ...open } = webhook
  const unseal = (bytes: Uint8Array | null, field: string) =>
    bytes === null ? null : vault.open(bytes, contextOf(webhook, field))
  const staticHeaders = unseal(staticHeadersSealed, 'static headers')
  return {
    ...open,
    headers: unseal(headersSealed, 'headers'),
    staticHeaders: staticHeaders === null ? null : parseHeaders(staticHeaders),
    password: unseal(passwordSealed, 'password'),
    authorizationHeader: unseal(authorizationSealed, 'authorization'),
  }
}

const contextOf = ({ id }: Pick<Webhook, 'id'>, field: string): string => `webhook ${id} ${field}`
