import { newRandomUuid, newUrlToken, uuidText } from '../lib/ids.ts'
import type { Integration, IntegrationType } from './integration.ts'

/** A new key for the URL of an integration. PagerTree's is as long as the two UUIDs of its URLs. */
export function newKey(type: IntegrationType, bytes: (count: number) => Uint8Array): string {
  if (type !== 'pagertree') return newUrlToken(bytes)
  return `${newRandomUuid(bytes)}${newRandomUuid(bytes)}`.replaceAll('-', '')
}

/** Where an integration's alerts are sent to, in the form that its senders know. */
export function linkOf({ type, token }: Pick<Integration, 'type' | 'token'>, baseUrl: string): string {
  if (type !== 'pagertree') return `${baseUrl}/integrations/v1/${type}/${token}/`
  return `${baseUrl}/integration/1/${uuidText(token.slice(0, 32))}/${uuidText(token.slice(32))}`
}
