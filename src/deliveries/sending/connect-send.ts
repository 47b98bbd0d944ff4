import { lookup } from 'node:dns/promises'
import { EventEmitter } from 'node:events'
import { isIP, type LookupFunction } from 'node:net'
import { clearTimeout, setTimeout } from 'node:timers'
import type { SecureContext } from 'node:tls'
import { buildConnector } from 'undici'
import { no, ok, type Result } from '../../lib/result.ts'
import { type Ms, seconds } from '../../lib/time.ts'
import type { Clock } from '../../ports.ts'
import type { EgressProxy } from '../egress/proxy.ts'
import { judgeAddresses, type EgressPolicy, type Receiver } from '../egress/egress.ts'
import { inTurns, lookupMaxMs, type Resolve } from '../egress/lookup-turns.ts'
import { type Connect, tunnelConnector } from './proxy-send.ts'
import { codeOf, ConnectFault, refused, unresolved } from './fault.ts'

export type Guard = {
  readonly policy: EgressPolicy
  readonly resolve: Resolve
  /** What is trusted, and what is shown, in handshakes with receivers. */
  readonly secureContext: SecureContext
  readonly proxy: EgressProxy | null
  /** Asked where there is a proxy. */
  readonly tunnelRefusal: TunnelRefusal
  /** What is trusted in the handshake with the proxy. */
  readonly usualContext: SecureContext
}

/** From the look-up to the end of the TLS handshake. */
const connectMaxMs = seconds(5)

/** The only place where sockets are opened: they go to an address that has just passed the rules, or to the proxy, or nowhere. */
export function createConnector(receiver: Receiver, guard: Guard): Connect {
  const { policy, resolve, secureContext, proxy, usualContext, tunnelRefusal } = guard
  // Node calls no look-up for an address.
  const judged = isIP(receiver.host) === 0 ? ok([]) : judgeAddresses(receiver, [receiver.host], policy)
  if (!judged.ok) return (_options, callback) => queueMicrotask(() => callback(refused(judged.reason), null))
  const connect = buildConnector({
    lookup: vettedLookup(receiver, policy, resolve),
    timeout: connectMaxMs,
    allowH2: false,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: seconds(1),
    rejectUnauthorized: true,
    secureContext,
  })
  if (proxy === null)
    return (options, callback, steps) => {
      steps.reached()
      // undici returns the socket, although its types do not say so; without it, only the phases and the address would be unknown.
      const socket: unknown = connect(options, callback)
      if (!(socket instanceof EventEmitter)) return
      socket.on('connectionAttempt', steps.tries)
      socket.once('connect', steps.connected)
      socket.once('lookup', (fault: Error | null) => {
        if (fault === null) steps.lookedUp()
      })
    }
  const refusal = (): Promise<ConnectFault | null> => tunnelRefusal(receiver)
  return tunnelConnector({ proxy, receiver, usualContext, secure: connect, connectMaxMs, refusal })
}

/** Node connects to one of the addresses that it gets here and asks nobody else: that is what pins the connection. */
function vettedLookup(receiver: Receiver, policy: EgressPolicy, resolve: Resolve): LookupFunction {
  return (host, _options, callback) => {
    void addressesOf(host, resolve).then((found) => {
      if (!found.ok) return callback(found.reason, [])
      const judged = judgeAddresses(receiver, found.value, policy)
      if (!judged.ok) return callback(refused(judged.reason), [])
      const entries = judged.value.map((address) => ({ address, family: isIP(address) }))
      callback(null, entries)
    })
  }
}

/** Why a tunnel to a receiver must not be asked for, or null. */
export type TunnelRefusal = (receiver: Receiver) => Promise<ConnectFault | null>

/** Only the proxy needs to know names, so nobody waits for this machine's own name servers for long, and not again and again. */
const patientMs = seconds(2)
const impatientMs = seconds(0.25)
const slowNamesMax = 10_000

/**
 * The proxy looks names up by itself; where this machine knows a name too, its addresses must be good, so that a proxy without rules
 * of its own is no way in. What is not known within the wait is left to the proxy, as what is not known at all.
 */
export function newTunnelRefusal({ policy, resolve }: Pick<Guard, 'policy' | 'resolve'>): TunnelRefusal {
  /** For which somebody has waited in vain. Known one by one: whoever lets a name of his own be slow hurries no other. */
  const slowNames = new Set<string>()
  return async ({ host, port }) => {
    if (isIP(host) !== 0) return null
    const asked = addressesOf(host, resolve).then((found) => {
      if (found.ok) slowNames.delete(host)
      return found
    })
    const found = await within(asked, slowNames.has(host) ? impatientMs : patientMs)
    if (found === null) {
      if (slowNames.size >= slowNamesMax) slowNames.clear()
      slowNames.add(host)
    }
    if (found === null || !found.ok) return null
    const judged = judgeAddresses({ host, port }, found.value, policy)
    return judged.ok ? null : refused(judged.reason)
  }
}

/** Null: the answer did not come in time. */
function within<Answer>(answer: Promise<Answer>, maxMs: Ms): Promise<Answer | null> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => resolve(null), maxMs)
    void answer.then((value) => {
      clearTimeout(limit)
      resolve(value)
    })
  })
}

/** Never rejects. */
function addressesOf(host: string, resolve: Resolve): Promise<Result<readonly string[], ConnectFault>> {
  return withinLimit(resolve(host)).then(
    (addresses) => (addresses.length === 0 ? no(unresolved('no address')) : ok(addresses)),
    (error: unknown) => no(error instanceof ConnectFault ? error : unresolved(codeOf(error))),
  )
}

function withinLimit(answer: Promise<readonly string[]>): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(unresolved('it took too long')), lookupMaxMs)
    answer.then(resolve, reject).finally(() => clearTimeout(limit))
  })
}

/** Asks the system, which knows what is in its files too. */
export const systemResolver = (monotonic: Clock['monotonic']): Resolve =>
  inTurns((host) => lookup(host, { all: true }).then((entries) => entries.map(({ address }) => address)), monotonic)
