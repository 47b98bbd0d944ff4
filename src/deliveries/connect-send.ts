import { lookup } from 'node:dns/promises'
import { EventEmitter } from 'node:events'
import { isIP, type LookupFunction } from 'node:net'
import { clearTimeout, setTimeout } from 'node:timers'
import type { SecureContext } from 'node:tls'
import { buildConnector } from 'undici'
import { no, ok, type Result } from '../lib/result.ts'
import { seconds } from '../lib/time.ts'
import type { Clock } from '../ports.ts'
import type { EgressProxy } from './egress-proxy.ts'
import { judgeAddresses, type EgressPolicy, type Receiver } from './egress.ts'
import { inTurns, lookupMaxMs, type Resolve } from './lookup-turns.ts'
import { type Connect, tunnelConnector } from './proxy-send.ts'
import { codeOf, ConnectFault, refused, unresolved } from './send-fault.ts'

export type Guard = {
  readonly policy: EgressPolicy
  readonly resolve: Resolve
  /** What is trusted, and what is shown, in handshakes with receivers. */
  readonly secureContext: SecureContext
  readonly proxy: EgressProxy | null
  /** What is trusted in the handshake with the proxy. */
  readonly usualContext: SecureContext
}

/** From the look-up to the end of the TLS handshake. */
const connectMaxMs = seconds(5)

/** The only place where sockets are opened: they go to an address that has just passed the rules, or to the proxy, or nowhere. */
export function createConnector(receiver: Receiver, guard: Guard): Connect {
  const { policy, resolve, secureContext, proxy, usualContext } = guard
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
      // undici returns the socket, although its types do not say so; without it, only the phases would be unknown.
      const socket: unknown = connect(options, callback)
      if (!(socket instanceof EventEmitter)) return
      socket.once('connect', steps.connected)
      socket.once('lookup', (fault: Error | null) => {
        if (fault === null) steps.lookedUp()
      })
    }
  const refusal = (): Promise<ConnectFault | null> => refusalOf(receiver, guard)
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

/**
 * Why a tunnel to the receiver must not be asked for, or null. The proxy looks the name up by itself; where this machine knows the
 * name too, its addresses must be good, so that a proxy without rules of its own is no way in.
 */
async function refusalOf({ host, port }: Receiver, { policy, resolve }: Guard): Promise<ConnectFault | null> {
  if (isIP(host) !== 0) return null
  const found = await addressesOf(host, resolve)
  if (!found.ok) return null
  const judged = judgeAddresses({ host, port }, found.value, policy)
  return judged.ok ? null : refused(judged.reason)
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
