import { setTimeout as wait } from 'node:timers/promises'
import { footprintOf } from './footprint.ts'
import { percentile } from './load.ts'
import { startOutgoingServer } from './outgoing-server.ts'
import { lateMs } from './receivers.ts'
import { below, type Row, shown } from './row.ts'

const hangingCount = 100
const waitingCount = 1_000_000
const groupCount = 60
const pauseMs = 500

/** What a server holds while very much waits for receivers that hang, and how long one that answers waits meanwhile. */
export async function measureWaiting(share: number): Promise<readonly Row[]> {
  const bench = await startOutgoingServer({ answering: 1, hanging: hangingCount })
  const watch = async (): Promise<number> => {
    let mostMb = 0
    for (let number = 0; number < groupCount; number += 1) {
      await bench.openGroups(1)
      await wait(pauseMs)
      mostMb = Math.max(mostMb, footprintOf(bench).serverMb)
    }
    return mostMb
  }
  const emptyMb = await watch()
  const before = await bench.receivers.received()
  await bench.database.query(copies, [Math.ceil((waitingCount * share) / hangingCount)])
  await bench.database.query('vacuum analyze deliveries')
  const fullMb = await watch()
  const { arrivals, count } = await bench.receivers.received()
  const [lateBefore, late] = [before.arrivals.map(lateMs), arrivals.map(lateMs)]
  const { rows } = await bench.database.query<{ count: string }>('select count(*) from deliveries')
  await bench.close()
  const missing = count === groupCount ? '' : `, only ${count} of ${groupCount} came`
  return [
    {
      what: `memory of the server, growth with ${shown(Number(rows[0]?.count))} deliveries waiting`,
      measured: `${shown(fullMb - emptyMb)} MB (${shown(emptyMb)}, then ${shown(fullMb)})`,
      target: below(fullMb - emptyMb, 64, ' MB'),
    },
    {
      what: '  owed to first byte at a receiver for which none of them waits',
      measured: `p50 ${shown(percentile(late, 0.5))} ms, max ${shown(percentile(late, 1))} ms${missing}`,
      target: null,
    },
    {
      what: '  the same with few waiting',
      measured: `p50 ${shown(percentile(lateBefore, 0.5))} ms, max ${shown(percentile(lateBefore, 1))} ms`,
      target: null,
    },
  ]
}

/** What waits for each receiver that hangs, so many times. */
const copies = `insert into deliveries (organization_id, endpoint_id, shard, lane, attempt, due_at, message_id, message_at,
    event_sequence, subject_id)
  select d.organization_id, d.endpoint_id, d.shard, d.lane, 1, now(), uuidv7(), d.message_at, d.event_sequence, d.subject_id
  from (select distinct on (endpoint_id) * from deliveries) d, generate_series(1, $1::int)`
