import { pendingMigrations } from './db/migrate.ts'
import type { Readiness } from './http/health.ts'
import type { Intake } from './inbound/commands.ts'
import type { Heartbeats, Loop } from './lib/loop.ts'
import { type Ms, minutes, seconds } from './lib/time.ts'
import type { Ports } from './ports.ts'

type Health = {
  readonly heartbeats: Heartbeats
  readonly loops: readonly Loop[]
  readonly intake: Pick<Intake, 'stalledMs'>
  readonly isLeased: boolean
  readonly isStopping: boolean
}

/** How old the last round of a loop may be: longer than any sleep and any round. */
const heartbeatMax: Ms = minutes(2)

/** A batch of alerts is stored in milliseconds; another node may do better than one that takes so long. */
const intakeStallMax: Ms = seconds(5)

/** What `/health/ready` says of this node, part by part. */
export async function readinessOf(
  { clock, db }: Ports,
  { heartbeats, loops, intake, isLeased, isStopping }: Health,
): Promise<Readiness> {
  const oldest = clock.monotonic() - heartbeatMax
  const silent = loops.filter(({ name }) => (heartbeats.get(name) ?? -Infinity) < oldest).map(({ name }) => name)
  const asked = pendingMigrations(db.sql).then(
    (pending) => (pending === 0 ? 'ok' : `${pending} migrations have not run`),
    () => 'it cannot be reached',
  )
  return {
    database: (await inTime(clock, asked)) ?? 'it does not answer',
    alerts: intake.stalledMs() <= intakeStallMax ? 'ok' : 'none was stored for more than five seconds, although some wait',
    leases: isLeased ? 'ok' : 'they could not be renewed, so this node does nothing that is due',
    loops: silent.length === 0 ? 'ok' : `no round for two minutes: ${silent.join(', ')}`,
    server: isStopping ? 'it is stopping' : 'ok',
  }
}

const databaseAnswerMax: Ms = seconds(3)

/** Null: the database has not answered for so long. */
export function inTime<Value>(clock: Ports['clock'], asked: Promise<Value>): Promise<Value | null> {
  const giveUp = clock.wait(databaseAnswerMax, new AbortController().signal).then(() => null)
  return Promise.race([asked, giveUp])
}
