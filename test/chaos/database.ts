import { setTimeout as wait } from 'node:timers/promises'
import { findRunning } from '../../src/db/embedded/server.ts'
import { run } from '../support/address.ts'

/** What still waits in the database of a running server, by table; empty when all work is done. */
export async function pendingWork(dataDir: string): Promise<readonly string[]> {
  return countedIn(dataDir, {
    deliveries: 'select count(*) from deliveries',
    'results of deliveries': 'select count(*) from delivery_results',
    'escalation runs': `select count(*) from escalation_runs where state = 'running'`,
    'escalation requests': 'select count(*) from escalation_requests',
    'notification runs': `select count(*) from notification_runs where state = 'running'`,
  })
}

const stillMaxMs = 60_000

/** Resolves when all work is done, or, with what still waits, when it has become no less for a minute. */
export async function untilIdle(dataDir: string): Promise<readonly string[]> {
  let least = Infinity
  let lessAt = performance.now()
  for (;;) {
    const pending = await pendingWork(dataDir)
    const count = pending.reduce((sum, line) => sum + Number(/\d+$/.exec(line)?.[0]), 0)
    if (count < least) lessAt = performance.now()
    least = Math.min(least, count)
    if (count === 0 || performance.now() - lessAt > stillMaxMs) return pending
    await wait(200)
  }
}

/** What the tables say that must not be. */
export async function brokenRows(dataDir: string): Promise<readonly string[]> {
  return countedIn(dataDir, {
    'groups that do not have the alerts that they count': `
      select count(*) from alert_groups g
      where least(alerts_count, 100) <> (
        select count(*) from alerts a where a.organization_id = g.organization_id and a.alert_group_id = g.id)`,
    'groups without their newest alert': `
      select count(*) from alert_groups g left join latest_alerts l on l.organization_id = g.organization_id and l.alert_group_id = g.id
      where l.id is null`,
    'holes in the sequence of events': `
      select sum(o.event_sequence) - (select count(*) from events) from organizations o`,
    'groups whose opening is not one event': `
      select count(*) from alert_groups g
      where 1 <> (select count(*) from events e
        where e.organization_id = g.organization_id and e.alert_group_id = g.id and e.type = 'alert_group.created')`,
    'deliveries that ended without success': 'select count(*) from dead_deliveries',
  })
}

async function countedIn(dataDir: string, statements: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const connection = await findRunning(dataDir)
  if (connection === null) throw new Error('the database does not run')
  const lines: string[] = []
  for (const [name, statement] of Object.entries(statements)) {
    const [row = {}] = await run(connection, statement)
    const count = Number(Object.values(row)[0])
    if (count !== 0) lines.push(`${name}: ${count}`)
  }
  return lines
}
