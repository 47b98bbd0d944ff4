import type { Vault } from '../accounts/secret.ts'
import type { MessageId } from '../lib/ids.ts'
import { isJson, isObject } from '../lib/json.ts'
import { no, ok, type Result } from '../lib/result.ts'
import type { HttpMessage, MailMessage, Message, SealedHttp, SealedMail, StoredMessage } from './delivery.ts'
import type { Headers } from './sending/request-headers.ts'

/** A page as it may be stored. */
export function sealedMail(vault: Vault, id: MessageId, { target, body }: Omit<MailMessage, 'kind'>): SealedMail {
  return { kind: 'mail', target, bodySealed: vault.seal(body, contextOf(id)) }
}

/** A request as it may be stored. */
export function sealedHttp(vault: Vault, id: MessageId, { headers, headersShown, ...message }: HttpMessage): SealedHttp {
  const isEmpty = Object.keys(headers).length === 0
  return {
    ...message,
    headersSealed: isEmpty ? null : vault.seal(JSON.stringify(headers), contextOf(id)),
    headersShownSealed: headersShown === noHeaders ? null : vault.seal(headersShown, shownContextOf(id)),
  }
}

const noHeaders = '{}'

/** The headers as the response log shows them. Throws as the vault does. */
export const openShown = (vault: Vault, id: MessageId, sealed: Uint8Array | null): string =>
  sealed === null ? noHeaders : vault.open(sealed, shownContextOf(id))

/** The same as names and values; none where a fault stands in their place. */
export function openShownHeaders(vault: Vault, id: MessageId, sealed: Uint8Array | null): Headers {
  const shown = openShown(vault, id, sealed)
  return isJson(shown) ? textsOf(shown) : {}
}

/** The headers as they leave. Throws as the vault does. */
export const openHeaders = (vault: Vault, id: MessageId, sealed: Uint8Array | null): Headers =>
  sealed === null ? {} : textsOf(vault.open(sealed, contextOf(id)))

/** A message as it goes out. The reason names a secret that does not open: the server has another key than the one that sealed it. */
export function unsealed(vault: Vault, id: MessageId, message: StoredMessage): Result<Message, string> {
  try {
    return ok(message.kind === 'mail' ? openMail(vault, id, message) : openHttp(vault, id, message))
  } catch (fault) {
    return no(String(fault))
  }
}

const contextOf = (id: MessageId): string => `message ${id}`
const shownContextOf = (id: MessageId): string => `message ${id} shown`

const openMail = (vault: Vault, id: MessageId, { kind, target, bodySealed }: SealedMail): MailMessage => ({
  kind,
  target,
  body: vault.openBytes(bodySealed, contextOf(id)),
})

function openHttp(vault: Vault, id: MessageId, { headersSealed, headersShownSealed, ...rest }: SealedHttp): HttpMessage {
  return {
    ...rest,
    headers: openHeaders(vault, id, headersSealed),
    headersShown: openShown(vault, id, headersShownSealed),
  }
}

function textsOf(json: string): Headers {
  const parsed: unknown = JSON.parse(json)
  if (!isObject(parsed)) return {}
  return Object.fromEntries(Object.entries(parsed).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])))
}
