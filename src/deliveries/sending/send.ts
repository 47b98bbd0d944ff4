import { clearTimeout, setTimeout } from 'node:timers'
import type { Agent, Dispatcher } from 'undici'
import { ms, type Ms } from '../../lib/time.ts'
import type { Clock, HttpOutcome, HttpRequest, Phases, Send } from '../../ports.ts'
import { systemResolver } from './connect-send.ts'
import type { EgressProxy } from '../egress/proxy.ts'
import { judgeUrl, type EgressPolicy } from '../egress/egress.ts'
import type { Resolve } from '../egress/lookup-turns.ts'
import { phasesOf } from './phases.ts'
import { type Connection, newPools, type Passenger } from './pools-send.ts'
import { headerLines, isToken, userAgentOf } from './request-headers.ts'
import { announcedForEver, proxyFaults, unanswered, type Unanswered } from './fault.ts'

export type HttpSendOptions = {
  readonly policy: EgressPolicy
  /** Named in the `user-agent` of requests that bring none. */
  readonly version: string
  readonly monotonic: Clock['monotonic']
  /** The system's resolver if left out. */
  readonly resolve?: Resolve
  /** Per scheme, host and port; all that may be under way at once if left out. */
  readonly connectionsMax?: number
  /** Certificates in PEM to trust in place of the usual roots, where a request brings none of its own. */
  readonly ca?: readonly string[]
  /** Through which everything leaves; none if left out. */
  readonly proxy?: EgressProxy | null
}

export type HttpSend = {
  readonly http: Send['http']
  /** Ends all connections at once; exchanges that are still open end as `broken`. */
  readonly close: () => Promise<void>
}

const usualBodyMaxBytes = 16 * 1024
const announcementsMax = 16

/** A deadline that is noticed so late was missed by this process. */
const stoodStillMs = 250

/**
 * The way out for webhooks and pages: HTTP/1.1 under the address rules. It follows no redirect, inflates nothing and
 * ignores the usual proxy variables. The headers that belong to the connection (`host`, `content-length` and the like) are not
 * taken from the request. What HTTP cannot express is `refused`, because trying again changes nothing.
 *
 * A status that has arrived is an answer, even when the body breaks off or the deadline cuts it (`truncated`):
 * the receiver has decided, and asking again would deliver twice.
 */
export function createHttpSend(options: HttpSendOptions): HttpSend {
  const { policy, monotonic, connectionsMax, resolve: lookUp = systemResolver(monotonic), proxy = null, ca = null } = options
  const pools = newPools({ policy, resolve: lookUp, proxy, trusted: ca, connectionsMax, monotonic })
  const userAgent = userAgentOf(options.version)
  return {
    http(request) {
      const { deadlineMs, answerBytesMax = usualBodyMaxBytes } = request
      const startedAt = monotonic()
      const prepared = prepare(request, userAgent, policy)
      if ('reason' in prepared)
        return Promise.resolve({ kind: 'refused', detail: prepared.reason, durationMs: ms(monotonic() - startedAt) })
      const agent = pools.agentFor(request.tls ?? null)
      return new Promise((resolve) => {
        agent.dispatch(prepared, new Exchange({ resolve, monotonic, startedAt, deadlineMs, bodyMaxBytes: answerBytesMax }))
      })
    },
    close: pools.destroy,
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

type Opening = {
  readonly resolve: (outcome: HttpOutcome) => void
  readonly monotonic: Clock['monotonic']
  readonly startedAt: Ms
  readonly deadlineMs: Ms
  readonly bodyMaxBytes: number
}

type Head = { readonly status: number; readonly headers: Readonly<Record<string, string>> }

/** One request and its answer, from the first look-up to the outcome. Settles exactly once. */
class Exchange implements Passenger {
  /** Where the request was put; null while it waits for room. */
  connection: Connection | null = null
  readonly #opening: Opening
  #deadline: NodeJS.Timeout
  readonly #chunks: Uint8Array[] = []
  #controller: Dispatcher.DispatchController | null = null
  #head: Head | null = null
  #byteCount = 0
  #announcementsCount = 0
  #sentAt: Ms | null = null
  #firstByteAt: Ms | null = null
  #isSettled = false
  #hasNewTime = false

  constructor(opening: Opening) {
    this.#opening = opening
    // The client's own timers watch for silence only, and one byte a second would satisfy them for ever.
    this.#deadline = setTimeout(() => this.#expire(), opening.deadlineMs)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#sentAt = this.#opening.monotonic()
    if (this.#isSettled) controller.abort(new Error('the deadline passed before the request was sent'))
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    this.#firstByteAt ??= this.#opening.monotonic()
    if (status >= 200) this.#head = { status, headers: joined(headers) }
    else this.#announced(controller)
  }

  /** 1xx only announces the answer, as often as the receiver likes; reading that takes this process's time. */
  #announced(controller: Dispatcher.DispatchController): void {
    this.#announcementsCount += 1
    if (this.#announcementsCount > announcementsMax) controller.abort(announcedForEver())
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
    const { isConnected = false, isSecure = false } = this.connection ?? {}
    this.#fail(unanswered(error, { isConnected, isSecure }))
  }

  #expire(): void {
    const { deadlineMs } = this.#opening
    // Whoever stood still has not waited: the answer may lie there unread, and the receiver is not to blame.
    if (!this.#hasNewTime && this.#elapsed() - deadlineMs > stoodStillMs) {
      this.#hasNewTime = true
      this.#deadline = setTimeout(() => this.#expire(), deadlineMs)
      return
    }
    const missing = this.#controller === null ? 'connection' : 'answer'
    if (this.#head !== null) this.#answer(true)
    else if (this.connection?.isHeldByProxy === true) this.#fail(proxyFaults.slow().how)
    else this.#fail({ kind: 'no-answer', fault: 'timeout', detail: `No ${missing} within ${deadlineMs / 1000} s.` })
    this.#controller?.abort(new Error('the deadline passed'))
  }

  #answer(truncated: boolean): void {
    if (this.#head === null) return
    const whole = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks)
    const body = whole?.subarray(0, this.#opening.bodyMaxBytes) ?? new Uint8Array()
    this.#settle({ kind: 'answered', ...this.#head, body, truncated, address: this.#address(), ...this.#took() })
  }

  #fail(how: Unanswered): void {
    const took = this.#took()
    const isSent = this.#sentAt !== null
    this.#settle(
      how.kind === 'refused' ? { ...how, durationMs: took.durationMs } : { ...how, isSent, address: this.#address(), ...took },
    )
  }

  #address(): string | null {
    return this.connection?.address ?? null
  }

  #took(): { readonly phases: Phases; readonly durationMs: Ms } {
    const { startedAt } = this.#opening
    const way = this.connection?.way ?? null
    const phases = phasesOf({ way, startedAt, sentAt: this.#sentAt, firstByteAt: this.#firstByteAt })
    return { phases, durationMs: this.#elapsed() }
  }

  #elapsed(): Ms {
    const { monotonic, startedAt } = this.#opening
    return ms(monotonic() - startedAt)
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
