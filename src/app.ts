import type { Registry } from 'prom-client'
import { accountRoutes } from './accounts/routes.ts'
import { makeVault } from './accounts/secret.ts'
import { setupRoutes } from './accounts/setup-routes.ts'
import type { AlertSettings } from './alerts/settings.ts'
import { linkRoutes } from './alerts/link-routes.ts'
import { alertsLoop } from './alerts/loop.ts'
import { alertRoutes } from './alerts/alert-routes.ts'
import { noteRoutes } from './alerts/note-routes.ts'
import { alertGroupRoutes } from './alerts/routes.ts'
import { keepPartitions } from './db/partitions.ts'
import { latenessByLane } from './deliveries/commands.ts'
import { deliveriesLoop } from './deliveries/loop.ts'
import { userAgentOf } from './deliveries/sending/request-headers.ts'
import type { EgressPolicy } from './deliveries/egress/egress.ts'
import { chainsOfSchedules } from './escalation-chains/policy-commands.ts'
import { escalationChainRoutes } from './escalation-chains/routes.ts'
import { escalationsLoop } from './escalations/loop.ts'
import { eventTypesOf } from './events/catalogue.ts'
import { findEventAt } from './events/commands.ts'
import { historiesOf } from './events/history-store.ts'
import { webhooksLoop } from './events/loop.ts'
import { pastEventOf } from './events/past-commands.ts'
import { causesOfMessages, eventExcerptsOf, renderDeliveries } from './events/render-commands.ts'
import { eventRoutes } from './events/routes.ts'
import type { App } from './http/app.ts'
import { healthRoutes, processMetrics } from './http/health.ts'
import { homeRoutes } from './http/home-routes.ts'
import { makeServer } from './http/server.ts'
import { keepHouse, timesOf } from './housekeeping.ts'
import { type Intake, openIntake } from './inbound/commands.ts'
import { inboundRoutes } from './inbound/routes.ts'
import { integrationsThatExist } from './integrations/commands.ts'
import { integrationRoutes } from './integrations/routes.ts'
import { type Bell, type Heartbeats, type Loop, newBell, runLoop } from './lib/loop.ts'
import { type Ms, seconds } from './lib/time.ts'
import { type AppPorts, measuredPorts, nodeMetrics, outgoingMetrics, shiftChangeDelays } from './metrics.ts'
import { linkKeyFrom } from './notifications/link.ts'
import { notificationsLoop } from './notifications/loop.ts'
import { personalWebhookRoutes } from './notifications/personal-webhook-routes.ts'
import { notificationRuleRoutes } from './notifications/rule-routes.ts'
import type { NotificationSettings } from './notifications/settings.ts'
import type { LoopName, Ports } from './ports.ts'
import { inTime, readinessOf } from './readiness.ts'
import { schedulesThatExist } from './schedules/on-call-commands.ts'
import { schedulesLoop } from './schedules/loop.ts'
import { calendarsLoop } from './schedules/calendars/loop.ts'
import { scheduleRoutes } from './schedules/routes.ts'
import { serviceRoutes } from './services/routes.ts'
import { shardKeeper } from './shards/loop.ts'
import { actionRoutes } from './webhooks/action-routes.ts'
import { webhookCredentials } from './webhooks/credentials-commands.ts'
import { replaysLoop } from './webhooks/replays/loop.ts'
import { bulkReplayRoutes } from './webhooks/replays/routes.ts'
import { deliveryRoutes } from './webhooks/records/routes.ts'
import { webhookHealthRoutes } from './webhooks/health/routes.ts'
import { previewRoutes } from './webhooks/preview/routes.ts'
import { webhookRoutes } from './webhooks/routes.ts'
import { signingRoutes } from './webhooks/signing/routes.ts'
import { testRoutes } from './webhooks/test-requests/routes.ts'
import { tlsRoutes } from './webhooks/tls/routes.ts'

export type AppOptions = {
  readonly ports: AppPorts
  readonly bells: Bells
  readonly settings: AppSettings
}

type AppSettings = {
  /** The public URL without a slash at its end. */
  readonly baseUrl: string
  readonly version: string
  readonly secretKey: Uint8Array
  readonly mailFrom: string
  readonly mailIsOn: boolean
  readonly egress: EgressPolicy
  /** No other node can be on this database: all shards are taken at once, and nobody else leaves work. */
  readonly alone: boolean
  /** How long what was sent, attempts and dead deliveries are kept. */
  readonly deliveryLogDays: number
  /** The longest that a loop sleeps without being woken. */
  readonly sleepMaxMs: Ms
}

/** A whole Watchbell over its ports, not listening yet. */
export type Watchbell = {
  readonly http: App
  /** Takes shards and starts the loops. */
  start(): Promise<void>
  /** Takes no more requests, finishes what is under way, gives the shards back. */
  stop(): Promise<void>
}

/** One per loop; the database rings them after commits. */
export type Bells = Readonly<Record<LoopName, Bell>>

export function newBells(): Bells {
  return {
    alerts: newBell(),
    escalations: newBell(),
    notifications: newBell(),
    schedules: newBell(),
    calendars: newBell(),
    webhooks: newBell(),
    replays: newBell(),
    deliveries: newBell(),
  }
}

/** The only place where everything is put together; tests and the simulator use it too. */
export async function makeApp({ ports: given, bells, settings }: AppOptions): Promise<Watchbell> {
  const registry = processMetrics()
  const ports = measuredPorts(given, registry)
  const { clock, db, log } = ports
  const apiPorts = { ...ports, db: ports.apiDb }
  const http = await makeServer({ ports: apiPorts, baseUrl: settings.baseUrl, version: settings.version, registry })
  const isOwned = (shard: number): boolean => keeper.owned().includes(shard)
  const deliveries = deliveriesOf(ports, { settings, bell: bells.deliveries, isOwned })
  const heartbeats: Heartbeats = new Map()
  const stopping = new AbortController()
  const released = new AbortController()
  let isStopping = false
  const keeper = shardKeeper({
    ports,
    alone: settings.alone,
    onChange: () => Object.values(bells).forEach((bell) => bell.ring()),
    busy: deliveries.busyShards,
  })
  nodeMetrics(registry, { clock, heartbeats, keeper })
  outgoingMetrics(registry, {
    clock,
    state: deliveries.state,
    lateness: (now) => inTime(clock, latenessByLane(apiPorts.db.sql, keeper.owned(), now)).catch(() => null),
  })
  const loops: readonly Loop[] = [...slowLoops(ports, { settings, registry }), deliveries]
  const intake = openIntake(ports, alertSettings(settings))
  await addRoutes(http, { ports: apiPorts, settings, intake })
  healthRoutes(http, {
    registry,
    readiness: () => readinessOf(ports, { heartbeats, loops, intake, isLeased: keeper.isLeased(), isStopping }),
  })

  let running: Promise<unknown> = Promise.resolve()
  let keeping: Promise<void> = Promise.resolve()
  return {
    http,
    start: async () => {
      await keepPartitions(db.sql, await timesOf(ports), { log, deliveryLogDays: settings.deliveryLogDays })
      await keeper.start()
      const { sleepMaxMs } = settings
      const surroundings = { clock, log, heartbeats, sleepMaxMs, ownedShards: keeper.owned }
      const rounds = loops.map((loop) => runLoop(loop, { ...surroundings, bell: bells[loop.name] }, stopping.signal))
      running = Promise.all([
        ...rounds,
        keepHouse(ports, { ownedShards: keeper.owned, deliveryLogDays: settings.deliveryLogDays }, stopping.signal),
      ])
      keeping = keeper.run(released.signal)
    },
    stop: async () => {
      isStopping = true
      await closeInTime(http, clock)
      stopping.abort()
      await running
      // What is under way is sent under leases that are still renewed, so that no other node sends it too.
      if (!(await deliveries.drain(drainMax))) log.warn('deliveries cut off', { after_ms: drainMax })
      released.abort()
      await keeping
      await keeper.release()
    },
  }
}

/** A request that is only half sent may not hold up the end. */
const closeMax: Ms = seconds(8)

/** As long as nearly every webhook. Of what hangs longer nothing is lost: it is sent again, with the same id. */
const drainMax: Ms = seconds(14)

async function closeInTime(http: App, clock: Ports['clock']): Promise<void> {
  const closed = new AbortController()
  const late = clock.wait(closeMax, closed.signal).then(() => http.server.closeAllConnections())
  await http.close()
  closed.abort()
  await late
}

type Routed = Pick<AppOptions, 'settings'> & { readonly ports: Ports; readonly intake: Intake }

/** What each slice lets the world ask for. */
async function addRoutes(http: App, { ports, settings, intake }: Routed): Promise<void> {
  const { db } = ports
  const { secretKey, version, egress } = settings
  const tokens = makeVault({ secretKey, purpose: 'integration tokens', random: ports.random })
  homeRoutes(http)
  accountRoutes(http, { db, version })
  setupRoutes(http, db)
  integrationRoutes(http, { db, vault: tokens })
  serviceRoutes(http, db)
  escalationChainRoutes(http, { db })
  scheduleRoutes(http, { ...ports, egress })
  notificationRuleRoutes(http, { db })
  personalWebhookRoutes(http, { db })
  const webhooks = { vault: webhookVault(ports, settings), egress, integrationsThatExist, schedulesThatExist }
  const messages = messageVault(ports, settings)
  webhookRoutes(http, { db, settings: webhooks, messageVault: messages, eventExcerptsOf, causesOf: causesOfMessages })
  deliveryRoutes(http, { db, messageVault: messages, causesOf: causesOfMessages, eventOf: findEventAt, eventTypesOf })
  webhookHealthRoutes(http, ports)
  actionRoutes(http, { db, settings: webhooks })
  const rendering = { ...ports, settings: webhooks, ...senderOf(settings), historiesOf }
  previewRoutes(http, { ...rendering, pastEventOf })
  testRoutes(http, { ...rendering, messageVault: messages })
  bulkReplayRoutes(http, { ...ports, deliveryLogDays: settings.deliveryLogDays })
  signingRoutes(http, { ...ports, vault: webhooks.vault })
  tlsRoutes(http, { db, vault: webhooks.vault })
  alertRoutes(http, db)
  noteRoutes(http, db)
  alertGroupRoutes(http, { db, settings: alertSettings(settings) })
  linkRoutes(http, { ports, settings: alertSettings(settings), linkKey: linkKeyFrom(secretKey) })
  eventRoutes(http, db)
  await inboundRoutes(http, { intake, vault: tokens })
}

/** The loops whose steps are transactions only. */
function slowLoops(
  ports: Ports,
  { settings, registry }: { readonly settings: AppSettings; readonly registry: Registry },
): readonly Loop[] {
  const notifications = notificationSettings(ports, settings)
  return [
    alertsLoop(ports, alertSettings(settings)),
    escalationsLoop(ports, notifications),
    schedulesLoop(ports, { chainsOfSchedules, notifications, observeDelay: shiftChangeDelays(registry) }),
    notificationsLoop(ports, notifications),
    webhooksLoop(ports),
    replaysLoop(ports),
    calendarsLoop(ports),
  ]
}

type Sending = { readonly settings: AppSettings; readonly bell: Bell; readonly isOwned: (shard: number) => boolean }

function deliveriesOf(ports: Ports, { settings, bell, isOwned }: Sending) {
  return deliveriesLoop({
    ports,
    vault: messageVault(ports, settings),
    render: renderDeliveries({
      ...ports,
      settings: { vault: webhookVault(ports, settings), egress: settings.egress },
      ...senderOf(settings),
    }),
    credentialsOf: webhookCredentials(webhookVault(ports, settings)),
    mailFrom: settings.mailFrom,
    wake: bell.ring,
    isOwned,
  })
}

/** What requests say of this server. */
const senderOf = ({ baseUrl, version }: AppSettings) => ({ baseUrl, userAgent: userAgentOf(version) })

const messageVault = ({ random }: Ports, { secretKey }: AppSettings) => makeVault({ secretKey, purpose: 'messages', random })

const webhookVault = ({ random }: Ports, { secretKey }: AppSettings) => makeVault({ secretKey, purpose: 'webhooks', random })

const alertSettings = ({ baseUrl }: AppSettings): AlertSettings => ({ baseUrl })

const notificationSettings = (ports: Ports, settings: AppSettings): NotificationSettings => ({
  baseUrl: settings.baseUrl,
  mailFrom: settings.mailFrom,
  mailIsOn: settings.mailIsOn,
  linkKey: linkKeyFrom(settings.secretKey),
  messageVault: messageVault(ports, settings),
})
