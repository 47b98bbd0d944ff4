import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../../test/support/database.ts'
import { silentLog } from '../../test/support/log.ts'
import { testClock, testRandom } from '../../test/support/server.ts'
import { type OpenDatabase, openDatabase } from './open.ts'

let db: OpenDatabase

beforeAll(async () => {
  const connection = await freshDatabase()
  db = openDatabase({ connection, poolSize: 2, clock: testClock, random: testRandom, log: silentLog, onWake: () => {} })
})

afterAll(() => db.close())

test.each([
  ['idle_in_transaction_session_timeout', '6s'],
  ['lock_timeout', '8s'],
  ['statement_timeout', '10s'],
])('the server itself ends what takes too long: %s', async (name, limit) => {
  const answer = await sql<{ limit: string }>`select current_setting(${name}) as limit`.execute(db.sql)
  expect(answer.rows).toEqual([{ limit }])
})

test('a transaction that waits for a lock in vain fails with what the server says, and the connection goes on', async () => {
  await sql`create table notes (id integer primary key)`.execute(db.sql)
  await sql`insert into notes values (1)`.execute(db.sql)
  const change = db.tx('hold', async (holder) => {
    await sql`update notes set id = 1`.execute(holder.sql)
    await db.tx('wait', async (waiting) => {
      await sql`set local lock_timeout = '10ms'`.execute(waiting.sql)
      await sql`update notes set id = 1`.execute(waiting.sql)
    })
  })
  await expect(change).rejects.toMatchObject({ code: '55P03' })
  expect((await sql`select id from notes`.execute(db.sql)).rows).toEqual([{ id: 1 }])
})
