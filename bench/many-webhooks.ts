import { type Footprint, footprintOf } from './footprint.ts'
import { type OutgoingServer, startOutgoingServer, until } from './outgoing-server.ts'
import { below, type Row, shown } from './row.ts'

const activeCount = 10
const webhookCount = 10_000
const groupCount = 300

/** What a new alert group costs in an organization with very many webhooks, of which few hear of it. */
export async function measureManyWebhooks(share: number): Promise<readonly Row[]> {
  const bench = await startOutgoingServer({ answering: activeCount, hanging: 0 })
  const groups = Math.ceil(groupCount * share)
  await costOf(bench, groups)
  const few = await costOf(bench, groups)
  for (const statement of copies) await bench.database.query(statement, [webhookCount - activeCount])
  await bench.database.query('vacuum analyze')
  const many = await costOf(bench, groups)
  await bench.close()
  const ratio = (many.serverMs + many.databaseMs) / (few.serverMs + few.databaseMs)
  return [
    { what: `processor time of a new alert group with ${activeCount} webhooks`, measured: timesOf(few), target: null },
    { what: `  with ${shown(webhookCount)} webhooks, of which ${activeCount} hear of it`, measured: timesOf(many), target: null },
    { what: '  ratio', measured: shown(ratio), target: below(ratio, 1.5, '') },
  ]
}

type Cost = { readonly serverMs: number; readonly databaseMs: number }

async function costOf(bench: OutgoingServer, groups: number): Promise<Cost> {
  const before = footprintOf(bench)
  let count = 0
  await bench.openGroups(groups)
  await until(async () => (count += (await bench.receivers.received()).count) === groups * activeCount)
  const after = footprintOf(bench)
  const each = (seconds: (foot: Footprint) => number): number => ((seconds(after) - seconds(before)) / groups) * 1000
  return {
    serverMs: each((foot) => foot.serverCpuSeconds),
    databaseMs: each((foot) => foot.cpuSeconds - foot.serverCpuSeconds),
  }
}

const timesOf = ({ serverMs, databaseMs }: Cost): string => `server ${shown(serverMs)} ms, database ${shown(databaseMs)} ms`

/** So many more of one webhook, each with its endpoint, told of nothing that happens here. */
const copies = [
  `insert into webhooks select copy.* from (select * from webhooks limit 1) t, generate_series(1, $1::int) n,
    lateral jsonb_populate_record(null::webhooks, to_jsonb(t) || jsonb_build_object('id', 'WH' || upper(substr(md5(n::text), 1, 12)),
      'name', 'copy ' || n, 'trigger_types', '["alert group resolved"]'::jsonb)) copy`,
  `insert into endpoints (organization_id, id, shard, kind, owner_id, url, settings, created_at)
    select w.organization_id, gen_random_uuid(), n % 64, e.kind, w.id, e.url, e.settings, e.created_at
    from (select *, row_number() over () as n from webhooks where name like 'copy %' limit $1::int) w,
      (select * from endpoints limit 1) e`,
]
