import { createHash } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import { Agent, type buildConnector, Client, type Dispatcher, Pool } from 'undici'
import { seconds } from '../../lib/time.ts'
import type { ClientTls, Clock } from '../../ports.ts'
import { createConnector, type Guard, newTunnelRefusal } from './connect-send.ts'
import { receiverOf } from '../egress/egress.ts'
import type { Way } from './phases.ts'
import type { Connect } from './proxy-send.ts'

/** The connections that are open, by who shows what to whom: what one shows is never shown for another. */
export type Pools = {
  agentFor(tls: ClientTls | null): Agent
  /** Ends all connections at once. */
  destroy(): Promise<void>
}

/** An exchange that wants to know where its request was put. */
export type Passenger = Dispatcher.DispatchHandler & { connection: Connection | null }

/** Per scheme, host and port: all that may be under way. Many webhooks share an origin, and one hanging path must leave room for the others. */
const usualConnectionsMax = 3328
const headersMaxBytes = 16 * 1024
/** So many identities keep their connections; of more, those that were used longest ago end theirs when these are idle. */
const identitiesMax = 128

type PoolsOptions = Pick<Guard, 'policy' | 'resolve' | 'proxy'> & {
  /** Authorities in PEM in place of the usual ones; null: the usual ones. */
  readonly trusted: readonly string[] | null
  readonly connectionsMax: number | undefined
  readonly monotonic: Clock['monotonic']
}

/** No connection is open yet. */
export function newPools({ trusted, connectionsMax = usualConnectionsMax, ...rules }: PoolsOptions): Pools {
  const usualContext = secureContextOf({ certificate: null, key: null, ca: trusted })
  const tunnelRefusal = newTunnelRefusal(rules)
  const guard = { ...rules, usualContext, secureContext: usualContext, connectionsMax, tunnelRefusal }
  const usual = createAgent(guard)
  const identities = new Map<string, Agent>()
  return {
    agentFor: (tls) => {
      if (tls === null) return usual
      const name = fingerprintOf(tls)
      const known = identities.get(name)
      const ca = tls.ca === null ? trusted : [tls.ca]
      const agent = known ?? createAgent({ ...guard, secureContext: secureContextOf({ ...tls, ca }) })
      // Last in the map is what was used last.
      identities.delete(name)
      identities.set(name, agent)
      const [oldest] = identities
      if (identities.size > identitiesMax && oldest !== undefined) {
        identities.delete(oldest[0])
        void oldest[1].close()
      }
      return agent
    },
    destroy: async () => {
      await Promise.all([usual, ...identities.values()].map((agent) => agent.destroy()))
    },
  }
}

const fingerprintOf = ({ certificate, key, ca }: ClientTls): string =>
  createHash('sha256')
    .update(JSON.stringify([certificate, key, ca]))
    .digest('base64')

type ConnectionOptions = {
  readonly connect: Connect
  readonly monotonic: Clock['monotonic']
}

/** One keep-alive connection of a pool, which tells its exchanges whom it talks to. */
export class Connection extends Client {
  readonly isSecure: boolean
  /** False until the first connection stands, and after an attempt that failed. */
  isConnected = false
  /** The proxy has not taken the connection yet. */
  isHeldByProxy = false
  /** Of the receiver: to which it is open, else the one that was tried last. Null where none was tried, and where a proxy is in between. */
  address: string | null = null
  /** To the connection that is open, or is being opened. */
  way: Way | null = null

  constructor(url: URL, { connect, monotonic }: ConnectionOptions) {
    super(url, {
      connect: (options, callback) => {
        const way: Way = { startedAt: monotonic(), lookedUpAt: null, connectedAt: null, securedAt: null }
        this.way = way
        this.address = null
        this.isHeldByProxy = true
        const reached = (): void => void (this.isHeldByProxy = false)
        const opened: buildConnector.Callback = (...result) => {
          reached()
          this.isConnected = result[0] === null
          if (this.isConnected && this.isSecure) way.securedAt = monotonic()
          callback(...result)
        }
        const lookedUp = (): void => void (way.lookedUpAt = monotonic())
        const connected = (): void => void (way.connectedAt = monotonic())
        const tries = (address: string): void => void (this.address = address)
        connect(options, opened, { lookedUp, tries, reached, connected })
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
    if (isPassenger(handler)) handler.connection = this
    return super.dispatch(options, handler)
  }
}

const isPassenger = (handler: Dispatcher.DispatchHandler): handler is Passenger => 'connection' in handler

type Identity = Omit<ClientTls, 'ca'> & { readonly ca: readonly string[] | null }

const secureContextOf = ({ certificate, key, ca }: Identity): SecureContext =>
  createSecureContext({
    ...(ca === null ? {} : { ca: [...ca] }),
    ...(certificate === null || key === null ? {} : { cert: certificate, key }),
  })

/** One pool per origin; the agent lets go of a pool when its last connection has closed. */
function createAgent(guard: Guard & { readonly connectionsMax: number; readonly monotonic: Clock['monotonic'] }): Agent {
  const { monotonic } = guard
  return new Agent({
    factory(origin) {
      const connect = createConnector(receiverOf(new URL(origin)), guard)
      const factory = (url: URL): Connection => new Connection(url, { connect, monotonic })
      return new Pool(origin, { factory, connections: guard.connectionsMax, allowH2: false })
    },
  })
}
