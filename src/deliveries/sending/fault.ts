import type { HttpOutcome } from '../../ports.ts'

/** How an exchange ended without a status, apart from how long it took. */
export type Unanswered =
  | { readonly kind: 'no-answer'; readonly fault: Fault; readonly detail: string }
  | { readonly kind: 'refused'; readonly detail: string }

type Fault = Extract<HttpOutcome, { kind: 'no-answer' }>['fault']

/** How far the exchange had come when the error appeared. */
export type Stage = { readonly isConnected: boolean; readonly isSecure: boolean }

/** What was found wrong on the way to a connection, or by the exchange itself; the HTTP client hands it from there to the exchange unchanged. */
export class ConnectFault extends Error {
  override readonly name = 'ConnectFault'
  readonly how: Unanswered
  constructor(how: Unanswered) {
    super(how.detail)
    this.how = how
  }
}

/** The rules say no to the addresses of a name. */
export const refused = (detail: string): ConnectFault => new ConnectFault({ kind: 'refused', detail })

/** The look-up answered nothing usable; `cause` is a resolver's code or a few words. */
export const unresolved = (cause: string): ConnectFault =>
  new ConnectFault({ kind: 'no-answer', fault: 'dns', detail: `The host name could not be resolved (${cause}).` })

/** The proxy works, and says that the receiver does not. */
export const unreached = (cause: string): ConnectFault =>
  new ConnectFault({ kind: 'no-answer', fault: 'connect', detail: `No connection to the receiver (${cause}).` })

/** The receiver sends what comes before an answer (1xx), and no end of it. */
export const announcedForEver = (): ConnectFault =>
  new ConnectFault({
    kind: 'no-answer',
    fault: 'broken',
    detail: 'The exchange broke off before an answer (it was announced again and again).',
  })

/** The proxy itself is what does not work, or does not let the request through. */
export const proxyFaults = {
  unreachable: (error: Error): ConnectFault => ofProxy(`it cannot be reached: ${causeOf(error)}`),
  slow: (): ConnectFault => ofProxy('it took too long'),
  closed: (): ConnectFault => ofProxy('it closed the connection'),
  invalid: (): ConnectFault => ofProxy('its answer is not valid HTTP'),
  denied: (status: string): ConnectFault => ofProxy(`it answered ${status}`),
} as const

const ofProxy = (cause: string): ConnectFault =>
  new ConnectFault({ kind: 'no-answer', fault: 'proxy', detail: `No way through the proxy of this server (${cause}).` })

/**
 * Sorts an error of the HTTP client. The detail is for users: it names a cause but no address. Each step has its own
 * fault, also when the step took too long; `timeout` is left to the deadline of the whole exchange.
 */
export function unanswered(error: Error, stage: Stage): Unanswered {
  if (error instanceof ConnectFault) return error.how
  const code = codeOf(error)
  const cause = causeOf(error)
  if (stage.isConnected || code === 'UND_ERR_DESTROYED') {
    return { kind: 'no-answer', fault: 'broken', detail: `The exchange broke off before an answer (${cause}).` }
  }
  if (stage.isSecure && !isTcpFault(error, code)) {
    return { kind: 'no-answer', fault: 'tls', detail: `No secure connection to the receiver (${cause}).` }
  }
  return { kind: 'no-answer', fault: 'connect', detail: `No connection to the receiver (${cause}).` }
}

function causeOf(error: Error): string {
  const code = codeOf(error)
  if (code === 'UND_ERR_SOCKET' && unaskedFor.includes(error.message)) return 'the answer is of a kind that was not asked for'
  return causes[code] ?? causes[error.name] ?? code
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

/** How undici says that it ended a connection itself: for a 100 that no request expects, and for a change of protocol. */
const unaskedFor: readonly string[] = ['bad response', 'bad upgrade']

/** Words for the codes, and for the names of errors without one, that say too little. */
const causes: Readonly<Record<string, string>> = {
  ECONNRESET: 'the receiver closed the connection',
  EPIPE: 'the receiver closed the connection',
  UND_ERR_SOCKET: 'the receiver closed the connection',
  UND_ERR_CONNECT_TIMEOUT: 'it took too long',
  HTTPParserError: 'the answer is not valid HTTP',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer is not valid HTTP',
  // A status below 100, which undici does not expect.
  ERR_ASSERTION: 'the answer is not valid HTTP',
  UND_ERR_HEADERS_OVERFLOW: 'the headers of the answer are too large',
  UND_ERR_DESTROYED: 'this server is stopping',
  ECONNREFUSED: 'connection refused',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate comes from an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate comes without its chain or from an authority that is not trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host name',
  CERT_HAS_EXPIRED: 'the certificate has expired',
}
