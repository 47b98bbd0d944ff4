import { type CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDatabase } from '../../../test/support/database.ts'
import { testNow } from '../../../test/support/server.ts'
import { poolConfig } from '../../db/open.ts'
import type { DB } from '../../db/schema.ts'
import { asId, type EndpointId, type OrganizationId } from '../../lib/ids.ts'
import { allShards } from '../../lib/shard.ts'
import { lanes } from '../delivery.ts'
import { dueDeliveries, nextDueAt, oldestDue } from './due-store.ts'

/**
 * How PostgreSQL looks for what is due in a table that is empty and was never analysed. Such is the table of a new installation, and a
 * plan is made then and kept: a backlog that comes later must not be read whole, or sorted, by it.
 */
let client: pg.Client
let statements: CompiledQuery[] = []
let sql: Kysely<DB>
beforeAll(async () => {
  const connection = await freshDatabase()
  const pool = new pg.Pool({ ...poolConfig(connection), max: 1 })
  sql = new Kysely<DB>({ dialect: new PostgresDialect({ pool }), log: ({ query }) => void statements.push(query) })
  client = new pg.Client(poolConfig(connection))
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await sql.destroy()
})

const endpointId = asId<EndpointId>('00000000-0000-0000-0000-000000000001')
const positions = [
  { shard: 1, organizationId: asId<OrganizationId>('O1'), endpointId, lane: lanes.live, dueAt: testNow, id: 1 },
  { shard: 1, organizationId: asId<OrganizationId>('O1'), endpointId, lane: lanes.ordered, dueAt: testNow, id: 1 },
]
const due = {
  shards: allShards,
  now: testNow,
  positions,
  held: [1, 2],
  free: [{ endpointId, pages: 8, others: 8, replays: 8, isReplaysTurn: false }],
  pagesOnly: false,
  perEndpointMax: { webhook: 8, mail: 32 },
  limit: 64,
}

type Plan = {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly Plans?: readonly Plan[]
}

describe('in an empty table that was never analysed, what is due', () => {
  it('is read in the order of an index, and its statements sort nothing of the table', async () => {
    expect(await walksOf(() => dueDeliveries(sql, due))).toEqual(
      expect.arrayContaining(['deliveries_due', 'deliveries_ordered'].map((index) => `Index Scan of ${index}`)),
    )
  })

  it('next is found so', async () => {
    expect((await walksOf(() => nextDueAt(sql, due))).length).toBeGreaterThan(0)
  })

  it('longest is found so', async () => {
    expect((await walksOf(() => oldestDue(sql, allShards, testNow))).length).toBeGreaterThan(0)
  })

  it('would be told of, if it were read otherwise', async () => {
    await client.query('drop index deliveries_due')
    const plans = await plansOf(() => dueDeliveries(sql, due))
    expect(plans.flatMap((plan) => faultsOf(plan))).toEqual(expect.arrayContaining([expect.stringMatching(/^(reads|sorts)/)]))
  })
})

/** How the table is read; nothing but indexes in their order. */
async function walksOf(look: () => Promise<unknown>): Promise<readonly string[]> {
  const plans = await plansOf(look)
  expect(plans.flatMap((plan) => faultsOf(plan))).toEqual([])
  return [...new Set(plans.flatMap(readsOf))]
}

/** The plan for all values, which a connection keeps, and the one for those that were asked with. */
async function plansOf(look: () => Promise<unknown>): Promise<readonly Plan[]> {
  statements = []
  await look()
  const plans: Plan[] = []
  for (const { sql: text, parameters } of statements) {
    const own = await client.query(`explain (format json) ${text}`, [...parameters])
    await client.query(`prepare look as ${text}`)
    await client.query('set plan_cache_mode = force_generic_plan')
    const generic = await client.query(`explain (format json) execute look(${parameters.map(() => 'null').join()})`)
    await client.query('reset plan_cache_mode')
    await client.query('deallocate look')
    for (const { rows } of [own, generic]) plans.push(rows[0]['QUERY PLAN'][0].Plan)
  }
  return plans
}

const readsOf = (plan: Plan): readonly string[] => [
  ...(plan['Relation Name'] === 'deliveries' ? [`${plan['Node Type']} of ${plan['Index Name']}`] : []),
  ...(plan.Plans ?? []).flatMap(readsOf),
]

/**
 * What is above a limit sorts a handful, so only what is between the table and its limit matters. Without any limit the whole of it is
 * read.
 */
function faultsOf(plan: Plan, above: readonly string[] = []): readonly string[] {
  const { 'Node Type': node, 'Relation Name': table, Plans: parts = [] } = plan
  const between = node === 'Limit' ? [node] : [...above, node]
  const inner = parts.flatMap((part) => faultsOf(part, between))
  if (table !== 'deliveries') return inner
  return [
    ...(/^Index (Only )?Scan$/.test(node) ? [] : [`reads by a ${node}`]),
    ...(between.includes('Limit') ? [] : ['reads without a limit']),
    ...between.filter((name) => name.endsWith('Sort')).map((name) => `sorts by a ${name}`),
    ...inner,
  ]
}
