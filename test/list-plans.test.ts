import { AsyncLocalStorage } from 'node:async_hooks'
import type { CompiledQuery } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodeClock } from '../src/lib/node/clock.ts'
import { multiply } from './support/crowd.ts'
import { questionsOf } from './support/questions.ts'
import { type Crew, newCrew, type StillWorld, stillWorld } from './support/still-world.ts'
import { newThings, rowsOf } from './support/things.ts'
import { eventually } from './support/watchbell.ts'

/**
 * What lists and details cost must not grow with what has happened: the statements that they run are explained on tables that
 * hold much, with the values that they were run with.
 */
const groupCount = 20_000
const isHistory = /^(?:alert_groups|alerts|latest_alerts|events|messages|attempts|deliveries|dead_deliveries|resolution_notes)/

/** Each of its filters asks in a way of its own. */
const deliveryQueries = [
  ...['perpage=100', 'page=20', 'since=2020-01-01T00:00:00Z', 'until=2099-01-01T00:00:00Z', 'event_sequence=1'],
  ...['waiting', 'delivered', 'dead', 'skipped'].map((state) => `state=${state}`),
  ...['2xx', '5xx', 'none'].map((status) => `status=${status}`),
  ...['alert_group_id=I1', 'trigger=acknowledge', 'trigger=schedule+gap&alert_group_id=I1'],
]

/** A page is at most a hundred; what is sorted for it may be some more. */
const sortedMax = 1_000

const read = new AsyncLocalStorage<CompiledQuery[]>()
let world: StillWorld
let crew: Crew
let database: pg.Client
let questions: readonly string[]
/** How many rows each table or partition has, as PostgreSQL estimates: what is stored of two days may be anyhow on either. */
let sizes: ReadonlyMap<string, number>

beforeAll(async () => {
  world = await stillWorld({ clock: nodeClock, onStatement: (statement) => read.getStore()?.push(statement) })
  await world.watchbell.start()
  crew = await newCrew(world, 'harbour')
  const { webhookId, deliveryId, replayId } = await newThings(world, crew)
  for (let number = 0; number < 20; number += 1) await crew.api('POST', 'integrations/', { type: 'webhook' })
  await eventually(async () => (await rowsOf(world.db, crew.organizationId))['attempts']?.length !== 0 || undefined)
  await multiply(world.connection, { groupCount, thingCount: 300 })
  database = new pg.Client('url' in world.connection ? { connectionString: world.connection.url } : world.connection)
  await database.connect()
  const tables = await database.query(`select relname::text as name, reltuples::float8 as rows from pg_class where relkind = 'r'`)
  sizes = new Map(tables.rows.map(({ name, rows }) => [name, rows]))
  const found = await questionsOf(async (path) => (await crew.api('GET', path)).json)
  // The copies have no replays, and no keys: those are sealed for their webhook. Nor has everybody a webhook to be paged by.
  const real = (path: string): string =>
    path
      .replace(/WH\w+(?=\/(?:signing|tls|replays)\/)/, webhookId)
      .replace('/replays/none/', `/replays/${replayId}/`)
      .replace(/U\w+(?=\/personal_webhook\/)/, crew.users.admin)
  const ofWebhook = ['responses/?perpage=100', 'health/', ...deliveryQueries.map((query) => `deliveries/?${query}`)]
  questions = [
    ...[...found.values()].flat().map(real),
    ...ofWebhook.map((path) => `/api/v1/webhooks/${webhookId}/${path}`),
    `/api/v1/deliveries/${deliveryId}/`,
  ]
})

afterAll(async () => {
  await database.end()
  await world.close()
})

describe('every list and detail', () => {
  test('reads of what happened only what it shows or counts, by an index', async () => {
    expect(await faultsOfAll()).toEqual([])
  })

  test('would be told of, if an index were missing', async () => {
    await database.query('drop index alert_groups_started')
    expect(await faultsOfAll()).toEqual(
      expect.arrayContaining([expect.stringMatching(/^alert_groups\/\?page=1: sorts 2\d{4} rows/)]),
    )
  })
})

/** All that is wrong with the plans. A search reads payloads, which is bounded by their size. */
async function faultsOfAll(): Promise<readonly string[]> {
  const faults: string[] = []
  let explained = 0
  for (const path of questions.filter((question) => !question.includes('search='))) {
    const statements: CompiledQuery[] = []
    const answer = await read.run(statements, () => crew.api('GET', path.slice('/api/v1/'.length)))
    expect({ path, status: answer.status }).toEqual({ path, status: 200 })
    for (const { sql, parameters } of statements) {
      const { rows } = await database.query(`explain (format json) ${sql}`, [...parameters])
      explained += 1
      const found = faultsOf(rows[0]['QUERY PLAN'][0].Plan, path)
      faults.push(...found.map((fault) => `${path.slice('/api/v1/'.length)}: ${fault}: ${sql.trim().slice(0, 60)}`))
    }
  }
  expect(explained).toBeGreaterThan(300)
  return faults
}

type Plan = {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Plan Rows': number
  readonly 'Total Cost': number
  readonly Plans?: readonly Plan[]
}

function faultsOf(plan: Plan, path: string): readonly string[] {
  const { 'Node Type': node, 'Relation Name': table = '', 'Plan Rows': rows, 'Total Cost': cost, Plans: parts = [] } = plan
  const inner = parts.flatMap((part) => faultsOf(part, path))
  // A table that is nearly empty is read whole at less than the cost of a look into its index.
  const isTooMuch = node === 'Seq Scan' && isHistory.test(table) && cost > 100 && rows < (sizes.get(table) ?? 0) / 2
  if (isTooMuch) return [`reads all of ${table} for ${rows} rows`, ...inner]
  const sorted = node === 'Sort' ? Math.max(...parts.map((part) => part['Plan Rows'])) : 0
  return sorted > sortedMax && !isFarBack(path) ? [`sorts ${sorted} rows`, ...inner] : inner
}

/** All that comes before such a page is walked, however it is done. */
const isFarBack = (path: string): boolean => /[?&]page=(?!1$)/.test(path)
