import { isIP, type Socket } from 'node:net'
import { clearTimeout, setTimeout } from 'node:timers'
import type { SecureContext } from 'node:tls'
import { buildConnector } from 'undici'
import { type Ms, seconds } from '../../lib/time.ts'
import type { EgressProxy } from '../egress/proxy.ts'
import type { Receiver } from '../egress/egress.ts'
import { type ConnectFault, proxyFaults, unreached } from './fault.ts'

export type Connect = (options: buildConnector.Options, callback: buildConnector.Callback, steps: Steps) => void

/** Called on the way to a connection. */
type Steps = {
  /** The addresses of the receiver's name are known, if it has one. */
  readonly lookedUp: () => void
  /** This address of the receiver is tried now; it is not known where a proxy tries. */
  readonly tries: (address: string) => void
  /** The receiver is all that is waited for: at once, or when a proxy has taken the connection. */
  readonly reached: () => void
  /** There is a way to the receiver; what is left is the handshake, where it has TLS. */
  readonly connected: () => void
}

type TunnelOptions = {
  readonly proxy: EgressProxy
  readonly receiver: Receiver
  /** For the handshake with the proxy. */
  readonly usualContext: SecureContext
  /** Makes a secure connection to the receiver of a tunnel. */
  readonly secure: buildConnector.connector
  /** Until the proxy has taken the connection. */
  readonly connectMaxMs: Ms
  /** Asked before each tunnel; null: it may be. */
  readonly refusal: () => Promise<ConnectFault | null>
}

/** As long as usual proxies try to reach a receiver themselves. */
const tunnelMaxMs = seconds(10)
const headMaxBytes = 16 * 1024

/**
 * Connects through a proxy (CONNECT, RFC 9110 9.3.6), also where the receiver has no TLS: all that the proxy is told is a host and
 * a port. What is wrong with the proxy is a fault of its own, for which no receiver is to blame.
 */
export function tunnelConnector(options: TunnelOptions): Connect {
  const { proxy, receiver, usualContext: secureContext, secure, connectMaxMs, refusal } = options
  const { host, isSecure } = proxy
  const port = String(proxy.port)
  const toProxy = buildConnector({ timeout: connectMaxMs, allowH2: false, autoSelectFamily: true, secureContext })
  const place = { hostname: host, host: authorityOf(proxy), protocol: isSecure ? 'https:' : 'http:', port }
  return (wanted, callback, steps) => {
    const tunnelled = (fault: ConnectFault | null, socket: Socket): void => {
      if (fault !== null) return callback(fault, null)
      steps.connected()
      if (wanted.protocol === 'https:') secure({ ...wanted, httpSocket: socket }, callback)
      else callback(null, socket)
    }
    void refusal().then((reason) => {
      if (reason !== null) return callback(reason, null)
      if (isIP(receiver.host) === 0) steps.lookedUp()
      toProxy(place, (...[error, socket]) => {
        if (error !== null) return callback(proxyFaults.unreachable(error), null)
        steps.reached()
        askForTunnel(socket, connectRequest(receiver, proxy), (fault) => tunnelled(fault, socket))
      })
    })
  }
}

const authorityOf = ({ host, port }: Receiver): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

function connectRequest(receiver: Receiver, { authorization }: EgressProxy): string {
  const authority = authorityOf(receiver)
  const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`]
  if (authorization !== null) lines.push(`Proxy-Authorization: ${authorization}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** Leaves the socket paused behind the proxy's answer when there is a tunnel, and ends it when there is none. */
function askForTunnel(socket: Socket, request: string, done: (fault: ConnectFault | null) => void): void {
  let head = Buffer.alloc(0)
  const settle = (fault: ConnectFault | null): void => {
    clearTimeout(limit)
    socket.pause().off('data', read).off('close', onClose)
    if (fault !== null) socket.destroy()
    done(fault)
  }
  const limit = setTimeout(() => settle(unreached('the proxy took too long')), tunnelMaxMs)
  const onClose = (): void => settle(proxyFaults.closed())
  const read = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end === -1 && head.length <= headMaxBytes) return
    const fault = faultIn(head.subarray(0, Math.max(end, 0)).toString('latin1'))
    settle(fault)
    if (fault === null && head.length > end + 4) socket.unshift(head.subarray(end + 4))
  }
  socket.on('data', read).on('close', onClose).write(request)
}

/** What the proxy's answer is, if it is no tunnel. These three are how a gateway says that it cannot reach who is behind it. */
function faultIn(head: string): ConnectFault | null {
  const status = /^HTTP\/1\.[01] ([2-5]\d\d)(?: |\r|$)/.exec(head)?.[1]
  if (status === undefined) return proxyFaults.invalid()
  if (status.startsWith('2')) return null
  return ['502', '503', '504'].includes(status) ? unreached(`the proxy answered ${status}`) : proxyFaults.denied(status)
}
