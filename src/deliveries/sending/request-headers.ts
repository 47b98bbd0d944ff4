import type { MessageId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'
import { hostIn } from '../egress/egress.ts'

export type Headers = Readonly<Record<string, string>>

/** What all attempts of a message have in common. */
export const messageHeaders = (id: MessageId, headers: Headers): Headers => ({ ...headers, 'webhook-id': id })

/** Each attempt has the time and the signature of its own (Standard Webhooks); null: it is not signed. */
export function attemptHeaders({ startedAt, signature }: AttemptMark): Headers {
  const timed = { 'webhook-timestamp': String(epochSecondsOf(startedAt)) }
  return signature === null ? timed : { ...timed, 'webhook-signature': signature }
}

type AttemptMark = { readonly startedAt: Instant; readonly signature: string | null }

/** As `webhook-timestamp` says an instant. */
export const epochSecondsOf = (at: Instant): number => Math.floor(at / 1000)

/** Who sends, where nobody says otherwise. */
export const userAgentOf = (version: string): string => `Watchbell/${version}`

/** What belongs to the connection and the framing, and what this sender can read; nobody else decides it. */
const ownNames = new Set(
  'accept-encoding connection content-length expect host keep-alive proxy-connection te trailer transfer-encoding upgrade'.split(
    ' ',
  ),
)

/**
 * Names and values in turn, as they are handed to the HTTP client, with this `user-agent` where they have none; null if HTTP does not
 * allow one of them. That cannot be left to undici: after a request that it finds invalid, its pool takes the connection for a busy one
 * for good.
 */
export function headerLines(headers: Headers, userAgent: string | null): string[] | null {
  const lines = ['accept-encoding', 'identity']
  let hasUserAgent = false
  for (const name of Object.keys(headers)) {
    const value = headers[name] ?? ''
    if (!isToken(name) || !/^[\t -~\u0080-\u00ff]*$/.test(value)) return null
    const key = name.toLowerCase()
    if (ownNames.has(key)) continue
    if (key === 'user-agent') hasUserAgent = true
    lines.push(name, value)
  }
  if (!hasUserAgent && userAgent !== null) lines.push('user-agent', userAgent)
  return lines
}

type Message = {
  readonly id: MessageId
  readonly method: string
  readonly target: string
  readonly headers: Headers
  /** Null: it has no body. */
  readonly bodyBytes: number | null
}

/** Of these a length is told even where it is 0. */
const methodsWithLength = ['POST', 'PUT', 'PATCH']

/** All headers that attempts at a message have in common, as they arrive: with those that the HTTP client writes by itself. */
export function sentHeaders({ id, method, target, headers, bodyBytes }: Message): Headers {
  const lines = headerLines(messageHeaders(id, headers), null) ?? []
  const pairs = lines.flatMap((name, index) => (index % 2 === 0 ? [[name, lines[index + 1] ?? ''] as const] : []))
  const length = bodyBytes ?? 0
  const framing = length > 0 || methodsWithLength.includes(method) ? { 'content-length': String(length) } : {}
  return { host: hostIn(target), connection: 'keep-alive', ...Object.fromEntries(pairs), ...framing }
}

export const isToken = (text: string): boolean => /^[\w!#$%&'*+.^`|~-]+$/.test(text)
