import type { HttpOutcome } from '../ports.ts'

/** How an exchange ended without a status, apart from how long it took. */
export type Unanswered =
  | { readonly kind: 'no-answer'; readonly fault: Fault; readonly detail: string }
  | { readonly kind: 'refused'; readonly detail: string }

type Fault = Extract<HttpOutcome, { kind: 'no-answer' }>['fault']

/** How far the exchange had come when the error appeared. */
export type Stage = { readonly isConnected: boolean; readonly isSecure: boolean }

/** What the look-up of a name found wrong; the HTTP client hands it from the connection to the exchange unchanged. */
export class LookupFault extends Error {
  override readonly name = 'LookupFault'
  readonly how: Unanswered
  constructor(how: Unanswered) {
    super(how.detail)
    this.how = how
  }
}

/** The rules say no to the addresses of a name. */
export const refused = (detail: string): LookupFault => new LookupFault({ kind: 'refused', detail })

/** The look-up answered nothing usable; `cause` is a resolver's code or a few words. */
export const unresolved = (cause: string): LookupFault =>
  new LookupFault({ kind: 'no-answer', fault: 'dns', detail: `The host name could not be resolved (${cause}).` })

/**
 * Sorts an error of the HTTP client. The detail is for users: it names a cause but no address. Each step has its own
 * fault, also when the step took too long; `timeout` is left to the deadline of the whole exchange.
 */
export function unanswered(error: Error, stage: Stage): Unanswered {
  if (error instanceof LookupFault) return error.how
  const code = codeOf(error)
  const cause = causes[code] ?? causes[error.name] ?? code
  if (stage.isConnected || code === 'UND_ERR_DESTROYED') {
    return { kind: 'no-answer', fault: 'broken', detail: `The exchange broke off before an answer (${cause}).` }
  }
  if (stage.isSecure && !isTcpFault(error, code)) {
    return { kind: 'no-answer', fault: 'tls', detail: `No secure connection to the receiver (${cause}).` }
  }
  return { kind: 'no-answer', fault: 'connect', detail: `No connection to the receiver (${cause}).` }
}

/** The code that Node, OpenSSL or undici gave the error, such as `ECONNREFUSED`; else its name. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

/** Several addresses were tried if it is an AggregateError. A handshake that takes too long counts as no connection. */
function isTcpFault(error: Error, code: string): boolean {
  return (
    code === 'UND_ERR_CONNECT_TIMEOUT' || error instanceof AggregateError || ('syscall' in error && error.syscall === 'connect')
  )
}

/** Words for the codes, and for the names of errors without one, that say too little. */
const causes: Readonly<Record<string, string>> = {
  ECONNRESET: 'the receiver closed the connection',
  EPIPE: 'the receiver closed the connection',
  UND_ERR_SOCKET: 'the receiver closed the connection',
  UND_ERR_CONNECT_TIMEOUT: 'it took too long',
  HTTPParserError: 'the answer is not valid HTTP',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer is not valid HTTP',
  UND_ERR_HEADERS_OVERFLOW: 'the headers of the answer are too large',
  UND_ERR_DESTROYED: 'this server is stopping',
  ECONNREFUSED: 'connection refused',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate comes from an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate comes without its chain or from an authority that is not trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host name',
  CERT_HAS_EXPIRED: 'the certificate has expired',
}
