import { Kysely, PostgresDialect, sql } from 'kysely'
import { Pool } from 'pg'
import { expect, test } from 'vitest'
import { freshDatabase } from '../../test/support/database.ts'
import { poolConfig } from './open.ts'
import { namingStatements } from './named-statements.ts'

/** Connections that wait for no answer longer than so, and the texts of what is sent over them. */
async function watchedPool(query_timeout: number) {
  const pool = new Pool({ ...poolConfig(await freshDatabase()), max: 1, query_timeout })
  const sent: string[] = []
  pool.on('connect', (client) => {
    client.on('error', () => {})
    const query = client.query.bind(client)
    const noted = (what: string | { readonly text: string }) => {
      sent.push(typeof what === 'string' ? what : what.text)
      return query(what)
    }
    Object.assign(client, { query: noted })
  })
  return { pool, sent, kysely: new Kysely<unknown>({ dialect: new PostgresDialect({ pool: namingStatements(pool) }) }) }
}

test('on a connection that fell silent nothing more is sent, not even a rollback, and it is closed', async () => {
  const { pool, sent, kysely } = await watchedPool(2_000)
  const working = kysely.transaction().execute((tx) => sql`select pg_sleep(10)`.execute(tx))
  await expect(working).rejects.toThrow('Query read timeout')
  expect(sent).toEqual(['begin', 'select pg_sleep(10)'])
  expect(pool.totalCount).toBe(0)
  await kysely.destroy()
})

test('after what the server reports, the transaction is rolled back and the connection is kept', async () => {
  const { pool, sent, kysely } = await watchedPool(5_000)
  const working = kysely.transaction().execute((tx) => sql`select 1 / 0`.execute(tx))
  await expect(working).rejects.toThrow('division by zero')
  expect(sent).toEqual(['begin', 'select 1 / 0', 'rollback'])
  expect(pool.totalCount).toBe(1)
  await kysely.destroy()
})

test('statements are named until there are 400 names, and work without one from then on', async () => {
  const { kysely } = await watchedPool(5_000)
  for (let number = 0; number < 410; number += 1) {
    const { rows } = await sql`select ${'x'}::text as ${sql.id(`column_${number}`)}`.execute(kysely)
    expect(rows).toEqual([{ [`column_${number}`]: 'x' }])
  }
  const { rows } = await sql`select count(*)::int as names from pg_prepared_statements`.execute(kysely)
  expect(rows).toEqual([{ names: 400 }])
  await kysely.destroy()
})
