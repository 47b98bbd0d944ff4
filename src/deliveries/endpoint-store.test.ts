import { type CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freshDatabase } from '../../test/support/database.ts'
import { poolConfig } from '../db/open.ts'
import type { DB } from '../db/schema.ts'
import { asId, type OrganizationId } from '../lib/ids.ts'
import { findEndpoints } from './endpoint-store.ts'

let pool: pg.Pool
let sql: Kysely<DB>
const statements: CompiledQuery[] = []
beforeAll(async () => {
  pool = new pg.Pool({ ...poolConfig(await freshDatabase()), max: 1 })
  sql = new Kysely<DB>({ dialect: new PostgresDialect({ pool }), log: ({ query }) => void statements.push(query) })
})
afterAll(() => sql.destroy())

type Plan = { readonly 'Relation Name'?: string; readonly 'Index Cond'?: string; readonly Plans?: readonly Plan[] }

/** The rows of a table that a plan reads, each way of reading them by its condition. */
const conditionsOf = (plan: Plan): readonly string[] => [
  ...(plan['Relation Name'] === 'endpoints' ? [plan['Index Cond'] ?? 'none'] : []),
  ...(plan.Plans ?? []).flatMap(conditionsOf),
]

it('of each key the endpoint is a step of the index, also in a table that was never analysed', async () => {
  const keys = Array.from({ length: 20 }, (_, number) => ({
    organizationId: asId<OrganizationId>('O1'),
    kind: 'webhook' as const,
    ownerId: `WH${number}`,
    url: 'https://a.example/',
  }))
  await findEndpoints(sql, keys)
  const [{ sql: text, parameters }] = statements as [CompiledQuery]
  const { rows } = await pool.query(`explain (format json) ${text}`, [...parameters])
  const conditions = conditionsOf(rows[0]['QUERY PLAN'][0].Plan)
  expect(conditions).toHaveLength(1)
  for (const column of ['organization_id', 'kind', 'owner_id', 'md5(']) expect(conditions[0]).toContain(`(${column}`)
})
