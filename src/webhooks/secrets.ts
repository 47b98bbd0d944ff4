import type { Vault } from '../accounts/secret.ts'
import type { SealedWebhook, Webhook } from './webhook.ts'

/** A webhook as it is stored. */
export function sealed(webhook: Webhook, vault: Vault): SealedWebhook {
  const { headers, password, authorizationHeader, ...open } = webhook
  const seal = (text: string | null, field: string) => (text === null ? null : vault.seal(text, contextOf(webhook, field)))
  return {
    ...open,
    headersSealed: seal(headers, 'headers'),
    passwordSealed: seal(password, 'password'),
    authorizationSealed: seal(authorizationHeader, 'authorization'),
  }
}

/** A webhook as it was before it was stored. */
export function opened(webhook: SealedWebhook, vault: Vault): Webhook {
  const { headersSealed, passwordSealed, authorizationSealed, ...open } = webhook
  const unseal = (bytes: Uint8Array | null, field: string) =>
    bytes === null ? null : vault.open(bytes, contextOf(webhook, field))
  return {
    ...open,
    headers: unseal(headersSealed, 'headers'),
    password: unseal(passwordSealed, 'password'),
    authorizationHeader: unseal(authorizationSealed, 'authorization'),
  }
}

const contextOf = ({ id }: Pick<Webhook, 'id'>, field: string): string => `webhook ${id} ${field}`
