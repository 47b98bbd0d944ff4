import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testServer, type TestServer } from '../../test/support/server.ts'
import { asId, type OrganizationId } from '../lib/ids.ts'
import { countGroups, listGroups } from './list-store.ts'

let server: TestServer

beforeAll(async () => {
  server = await testServer(() => {})
})

afterAll(() => server.close())

test('any number of labels is one statement, so that a connection keeps one plan for all', async () => {
  const organizationId = asId<OrganizationId>('O1')
  const kept = await server.db.sql.connection().execute(async (connection) => {
    for (const count of [1, 2, 20]) {
      const filter = { labels: Array.from({ length: count }, (_, index) => ({ key: `key-${index % 19}`, value: `${index}` })) }
      await countGroups(connection, organizationId, filter)
      await listGroups(connection, organizationId, { filter, limit: 10, offset: 0 })
    }
    return sql`select name from pg_prepared_statements where statement like '%labels @>%'`.execute(connection)
  })
  expect(kept.rows.length).toBe(2)
})
