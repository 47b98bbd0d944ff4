import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { catalogue } from './events/catalogue.ts'
import type { Heartbeats } from './lib/loop.ts'
import type { Instant, Ms } from './lib/time.ts'
import type { Clock, Database, Ports, Tx } from './ports.ts'
import type { ShardKeeper } from './shards/loop.ts'

/** The ports of a whole Watchbell. */
export type AppPorts = Ports & {
  /**
   * The same database over connections of their own, for what people and programs ask of the API. However many ask, and however
   * much, the connections of `db` are free for alerts, pages and leases.
   */
  readonly apiDb: Database
}

/** The same ports, counted: transactions by name, and what leaves by kind and outcome. */
export function measuredPorts(ports: AppPorts, registry: Registry): AppPorts {
  const { clock, send } = ports
  const transactions = new Histogram({
    name: 'watchbell_transaction_duration_seconds',
    help: 'Time of a named transaction from its beginning to its commit or rollback.',
    labelNames: ['name', 'result'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers: [registry],
  })
  const attempts = new Histogram({
    name: 'watchbell_delivery_attempt_duration_seconds',
    help: 'Time of one attempt to send a webhook or a page.',
    labelNames: ['kind', 'outcome'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30],
    registers: [registry],
  })
  const events = eventCounter(registry)
  const measured = (db: Database): Database => ({
    ...db,
    tx: async (name, work) => {
      const startedAt = clock.monotonic()
      const observe = (result: string) => transactions.observe({ name, result }, secondsSince(clock, startedAt))
      let tallies: Tx['tallies'] = new Map()
      try {
        const value = await db.tx(name, (tx) => {
          // The work may be done again; the last time is the one that commits.
          tallies = tx.tallies
          return work(tx)
        })
        observe('committed')
        for (const [type, count] of tallies) events.inc({ type }, count)
        return value
      } catch (fault) {
        observe('rolled back')
        throw fault
      }
    },
  })
  return {
    ...ports,
    db: measured(ports.db),
    apiDb: measured(ports.apiDb),
    send: {
      http: async (request) => {
        const outcome = await send.http(request)
        attempts.observe({ kind: 'webhook', outcome: outcomeOf(outcome) }, outcome.durationMs / 1000)
        return outcome
      },
      mail: async (mail) => {
        const outcome = await send.mail(mail)
        attempts.observe({ kind: 'mail', outcome: outcome.kind }, outcome.durationMs / 1000)
        return outcome
      },
    },
  }
}

/** Starts every type at zero, so that the first one of a kind is seen as an increase. */
function eventCounter(registry: Registry): Counter<'type'> {
  const counter = new Counter({
    name: 'watchbell_events_total',
    help: 'Events that this node has published, by type; alert_group.pages_nobody are alert groups about which nobody is paged.',
    labelNames: ['type'],
    registers: [registry],
  })
  for (const type of Object.keys(catalogue)) counter.inc({ type }, 0)
  return counter
}

/** Notes how long after its instant each shift change was announced. */
export function shiftChangeDelays(registry: Registry): (delay: Ms) => void {
  const delays = new Histogram({
    name: 'watchbell_shift_change_delay_seconds',
    help: 'Time from the instant of a shift change to the commit that announces it.',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 600, 3600, 86_400],
    registers: [registry],
  })
  return (delay) => delays.observe(Math.max(0, delay) / 1000)
}

/** What is asked of the deliveries. */
type Outgoing = {
  readonly clock: Clock
  readonly state: (now: Instant) => {
    readonly pages: number
    readonly webhooks: number
    readonly suspects: number
    readonly paused: number
  }
  /** How long, by lane, something has been due that has not left; null when the database does not answer soon. */
  readonly lateness: (now: Instant) => Promise<ReadonlyMap<string, Ms> | null>
}

/** What leaves this node, what ought to have left, and the receivers that are in its way. */
export function outgoingMetrics(registry: Registry, { clock, state, lateness }: Outgoing): void {
  const inFlight: Gauge<'kind'> = new Gauge({
    name: 'watchbell_deliveries_in_flight',
    help: 'Deliveries that this node has taken and whose attempts have not ended.',
    labelNames: ['kind'],
    registers: [registry],
    collect: () => {
      const { pages, webhooks } = state(clock.now())
      inFlight.set({ kind: 'page' }, pages)
      inFlight.set({ kind: 'webhook' }, webhooks)
    },
  })
  const receivers: Gauge<'state'> = new Gauge({
    name: 'watchbell_receivers',
    help: 'Receivers of webhooks that are slow (they share few requests), or paused because they failed.',
    labelNames: ['state'],
    registers: [registry],
    collect: () => {
      const { suspects, paused } = state(clock.now())
      receivers.set({ state: 'slow' }, suspects)
      receivers.set({ state: 'paused' }, paused)
    },
  })
  const late: Gauge<'lane'> = new Gauge({
    name: 'watchbell_delivery_oldest_due_seconds',
    help: 'How long the delivery of this node has been due that has waited longest; 0 where none waits.',
    labelNames: ['lane'],
    registers: [registry],
    collect: async () => {
      const answer = await lateness(clock.now())
      // Without an answer the lanes are missing: any number would be wrong.
      late.reset()
      for (const [lane, duration] of answer ?? []) late.set({ lane }, duration / 1000)
    },
  })
}

type Node = {
  readonly clock: Clock
  readonly heartbeats: Heartbeats
  readonly keeper: Pick<ShardKeeper, 'owned' | 'clockAheadMs'>
}

/** What the node owns, how its clock goes, and how long ago each of its loops went round. */
export function nodeMetrics(registry: Registry, { clock, heartbeats, keeper }: Node): void {
  const owned: Gauge = new Gauge({
    name: 'watchbell_shards_owned',
    help: 'Shards whose work this node does, of 64.',
    registers: [registry],
    collect: () => owned.set(keeper.owned().length),
  })
  const ahead: Gauge = new Gauge({
    name: 'watchbell_clock_ahead_seconds',
    help: "How far this machine's clock is ahead of the database's; negative when it is behind.",
    registers: [registry],
    collect: () => ahead.set(keeper.clockAheadMs() / 1000),
  })
  const rounds: Gauge<'loop'> = new Gauge({
    name: 'watchbell_loop_last_round_seconds',
    help: 'Seconds since a loop finished its last round.',
    labelNames: ['loop'],
    registers: [registry],
    collect: () => {
      for (const [loop, at] of heartbeats) rounds.set({ loop }, secondsSince(clock, at))
    },
  })
}

/** `2xx` to `5xx` for an answer, else what went wrong. */
function outcomeOf(outcome: Awaited<ReturnType<Ports['send']['http']>>): string {
  switch (outcome.kind) {
    case 'answered':
      return `${Math.floor(outcome.status / 100)}xx`
    case 'no-answer':
      return outcome.fault
    case 'refused':
      return 'refused'
  }
}

const secondsSince = (clock: Clock, startedAt: number): number => (clock.monotonic() - startedAt) / 1000
