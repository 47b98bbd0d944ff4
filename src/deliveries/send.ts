import { lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { clearTimeout, setTimeout } from 'node:timers'
import { createSecureContext, type SecureContext } from 'node:tls'
import { Agent, buildConnector, Client, Pool, type Dispatcher } from 'undici'
import { ms, seconds, type Ms } from '../lib/time.ts'
import type { Clock, HttpOutcome, HttpRequest, Send } from '../ports.ts'
import { judgeAddresses, judgeUrl, receiverOf, type EgressPolicy, type Receiver } from './egress.ts'
import { codeOf, LookupFault, refused, unanswered, unresolved, type Unanswered } from './send-fault.ts'

export type HttpSendOptions = {
  readonly policy: EgressPolicy
  /** Named in the `user-agent` of requests that bring none. */
  readonly version: string
  readonly monotonic: Clock['monotonic']
  /** The system's resolver if left out. */
  readonly resolve?: Resolve
  /** Certificates in PEM to trust in place of the usual roots. */
  readonly ca?: string
  /** Per scheme, host and port; all that may be under way at once if left out. */
  readonly connectionsMax?: number
}

/** All addresses of a name. Rejects, or answers none, when it has none. */
export type Resolve = (host: string) => Promise<readonly string[]>

export type HttpSend = {
  readonly http: Send['http']
  /** Ends all connections at once; exchanges that are still open end as `broken`. */
  readonly close: () => Promise<void>
}

const lookupMaxMs = seconds(3)
/** From the look-up to the end of the TLS handshake. */
const connectMaxMs = seconds(5)
const usualBodyMaxBytes = 16 * 1024
const headersMaxBytes = 16 * 1024
/** Per scheme, host and port. Many webhooks share an origin, and one hanging path must leave room for the others. */
const usualConnectionsMax = 1280

/**
 * The way out for webhooks and pages: HTTP/1.1 under the address rules. It follows no redirect, inflates nothing and
 * ignores proxy variables. The headers that belong to the connection (`host`, `content-length` and the like) are not
 * taken from the request. What HTTP cannot express is `refused`, because trying again changes nothing.
 *
 * A status that has arrived is an answer, even when the body breaks off or the deadline cuts it (`truncated`):
 * the receiver has decided, and asking again would deliver twice.
 */
export function createHttpSend(options: HttpSendOptions): HttpSend {
  const { policy, monotonic } = options
  const agent = createAgent(options)
  const userAgent = `Watchbell/${options.version}`
  return {
    http(request) {
      const { deadlineMs, answerBytesMax = usualBodyMaxBytes } = request
      const startedAt = monotonic()
      const elapsed = (): Ms => ms(monotonic() - startedAt)
      const prepared = prepare(request, userAgent, policy)
      if ('reason' in prepared) return Promise.resolve({ kind: 'refused', detail: prepared.reason, durationMs: elapsed() })
      return new Promise((resolve) => {
        agent.dispatch(prepared, new Exchange({ resolve, elapsed, deadlineMs, bodyMaxBytes: answerBytesMax }))
      })
    },
    close: () => agent.destroy(),
  }
}

type Unfit = { readonly reason: string }

function prepare(request: HttpRequest, userAgent: string, policy: EgressPolicy): Agent.DispatchOptions | Unfit {
  const judged = judgeUrl(request.url, policy)
  if (!judged.ok) return judged
  const { method, body } = request
  if (!isToken(method) || method === 'CONNECT') return { reason: 'The method of the request is not one that can be sent.' }
  const headers = headerLines(request.headers, userAgent)
  if (headers === null) return { reason: 'A header of the request has a name or a value that HTTP does not allow.' }
  return { origin: judged.value.origin, path: judged.value.path, method, headers, body }
}

/** They describe the connection, the framing, and what this sender can read. */
const ownHeaders = new Set(
  'accept-encoding connection content-length expect host keep-alive proxy-connection te trailer transfer-encoding upgrade'.split(
    ' ',
  ),
)

/**
 * Names and values in turn; null if HTTP does not allow one of them. The check cannot be left to undici: after a
 * request that it finds invalid, its pool takes the connection for a busy one for good.
 */
function headerLines(headers: HttpRequest['headers'], userAgent: string): string[] | null {
  const lines = ['accept-encoding', 'identity']
  let hasUserAgent = false
  for (const name of Object.keys(headers)) {
    const value = headers[name] ?? ''
    if (!isToken(name) || !/^[\t -~\u0080-\u00ff]*$/.test(value)) return null
    const key = name.toLowerCase()
    if (ownHeaders.has(key)) continue
    if (key === 'user-agent') hasUserAgent = true
    lines.push(name, value)
  }
  if (!hasUserAgent) lines.push('user-agent', userAgent)
  return lines
}

const isToken = (text: string): boolean => /^[\w!#$%&'*+.^`|~-]+$/.test(text)

type Opening = {
  readonly resolve: (outcome: HttpOutcome) => void
  readonly elapsed: () => Ms
  readonly deadlineMs: Ms
  readonly bodyMaxBytes: number
}

type Head = { readonly status: number; readonly headers: Readonly<Record<string, string>> }

/** One request and its answer, from the first look-up to the outcome. Settles exactly once. */
class Exchange implements Dispatcher.DispatchHandler {
  /** Where the request was put; null while it waits for room. */
  connection: Connection | null = null
  readonly #opening: Opening
  readonly #deadline: NodeJS.Timeout
  readonly #chunks: Uint8Array[] = []
  #controller: Dispatcher.DispatchController | null = null
  #head: Head | null = null
  #byteCount = 0
  #isSettled = false

  constructor(opening: Opening) {
    this.#opening = opening
    // The client's own timers watch for silence only, and one byte a second would satisfy them for ever.
    this.#deadline = setTimeout(() => this.#expire(), opening.deadlineMs)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isSettled) controller.abort(new Error('the deadline passed before the request was sent'))
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    // 1xx only announces the answer.
    if (status >= 200) this.#head = { status, headers: joined(headers) }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#byteCount += chunk.length
    if (this.#byteCount <= this.#opening.bodyMaxBytes) return
    this.#answer(true)
    controller.abort(new Error('enough of the body was read'))
  }

  onResponseEnd(): void {
    this.#answer(false)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#head !== null) return this.#answer(true)
    const isConnected = this.connection !== null && this.connection.address !== null
    this.#fail(unanswered(error, { isConnected, isSecure: this.connection?.isSecure ?? false }))
  }

  #expire(): void {
    const { deadlineMs } = this.#opening
    const missing = this.#controller === null ? 'connection' : 'answer'
    if (this.#head !== null) this.#answer(true)
    else this.#fail({ kind: 'no-answer', fault: 'timeout', detail: `No ${missing} within ${deadlineMs / 1000} s.` })
    this.#controller?.abort(new Error('the deadline passed'))
  }

  #answer(truncated: boolean): void {
    if (this.#head === null) return
    const whole = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks)
    const body = whole?.subarray(0, this.#opening.bodyMaxBytes) ?? new Uint8Array()
    const address = this.connection?.address ?? null
    this.#settle({ kind: 'answered', ...this.#head, body, truncated, address, durationMs: this.#opening.elapsed() })
  }

  #fail(how: Unanswered): void {
    this.#settle({ ...how, durationMs: this.#opening.elapsed() })
  }

  #settle(outcome: HttpOutcome): void {
    if (this.#isSettled) return
    this.#isSettled = true
    clearTimeout(this.#deadline)
    this.#opening.resolve(outcome)
  }
}

type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>

function joined(headers: ResponseHeaders): Readonly<Record<string, string>> {
  const result: Record<string, string> = {}
  for (const name of Object.keys(headers)) {
    const value = headers[name] ?? ''
    result[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return result
}

/** One keep-alive connection of a pool, which tells its exchanges whom it talks to. */
class Connection extends Client {
  readonly isSecure: boolean
  /** Of the receiver; null until the first connection stands, and after an attempt that failed. */
  address: string | null = null

  constructor(url: URL, connect: buildConnector.connector) {
    super(url, {
      connect: (options, callback) => {
        connect(options, (...result) => {
          this.address = result[1]?.remoteAddress ?? null
          callback(...result)
        })
      },
      maxHeaderSize: headersMaxBytes,
      keepAliveTimeout: seconds(30),
      keepAliveMaxTimeout: seconds(60),
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
    })
    this.isSecure = url.protocol === 'https:'
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (handler instanceof Exchange) handler.connection = this
    return super.dispatch(options, handler)
  }
}

/** One pool per origin; the agent lets go of a pool when its last connection has closed. */
function createAgent(options: HttpSendOptions): Agent {
  const { policy, resolve = systemResolver(), ca, connectionsMax = usualConnectionsMax } = options
  const secureContext = createSecureContext(ca === undefined ? {} : { ca })
  return new Agent({
    factory(origin) {
      const connect = createConnector(receiverOf(new URL(origin)), { policy, resolve, secureContext })
      const factory = (url: URL): Connection => new Connection(url, connect)
      return new Pool(origin, { factory, connect, connections: connectionsMax, allowH2: false })
    },
  })
}

type Guard = { readonly policy: EgressPolicy; readonly resolve: Resolve; readonly secureContext: SecureContext }

/** The only place where sockets are opened: they go to an address that has just passed the rules, or nowhere. */
function createConnector(receiver: Receiver, { policy, resolve, secureContext }: Guard): buildConnector.connector {
  const connect = buildConnector({
    lookup: vettedLookup(receiver, policy, resolve),
    timeout: connectMaxMs,
    allowH2: false,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: seconds(1),
    rejectUnauthorized: true,
    secureContext,
  })
  if (isIP(receiver.host) === 0) return connect
  // Node calls no look-up for an address.
  const judged = judgeAddresses(receiver, [receiver.host], policy)
  return judged.ok ? connect : (_options, callback) => queueMicrotask(() => callback(refused(judged.reason), null))
}

/** Node connects to one of the addresses that it gets here and asks nobody else: that is what pins the connection. */
function vettedLookup(receiver: Receiver, policy: EgressPolicy, resolve: Resolve): LookupFunction {
  return (host, _options, callback) => {
    withinLimit(resolve(host)).then(
      (addresses) => {
        if (addresses.length === 0) return callback(unresolved('no address'), [])
        const judged = judgeAddresses(receiver, addresses, policy)
        if (!judged.ok) return callback(refused(judged.reason), [])
        const entries = judged.value.map((address) => ({ address, family: isIP(address) }))
        callback(null, entries)
      },
      (error: unknown) => callback(error instanceof LookupFault ? error : unresolved(codeOf(error)), []),
    )
  }
}

function withinLimit(answer: Promise<readonly string[]>): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(unresolved('it took too long')), lookupMaxMs)
    answer.then(resolve, reject).finally(() => clearTimeout(limit))
  })
}

/** One look-up per name at a time: each holds a thread of Node's pool, and a dead name server must not take them all. */
function systemResolver(): Resolve {
  const running = new Map<string, Promise<readonly string[]>>()
  return (host) => {
    const known = running.get(host)
    if (known !== undefined) return known
    const answer = lookup(host, { all: true })
      .then((entries) => entries.map(({ address }) => address))
      .finally(() => running.delete(host))
    running.set(host, answer)
    return answer
  }
}
