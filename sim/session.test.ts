import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Connection } from '../src/db/open.ts'
import { nights } from './nights.ts'
import { type Server, startServer } from './server.ts'
import { type Call, hold, letGo, newLockWatch, openSession, send } from './session.ts'

let server: Server
let connection: Connection

beforeAll(async () => {
  server = await startServer()
  connection = await server.freshDatabase(nights[0])
})
afterAll(() => server.stop())

test('a statement that waits for another transaction is put aside, and who closes a deadlock is ended', async () => {
  const [one, other, monitor] = [
    await openSession(connection, 1),
    await openSession(connection, 2),
    await openSession(connection, 3),
  ]
  const locks = newLockWatch(monitor.client)
  for (const { client } of [one, other]) await client.query('begin')
  await one.client.query('select pg_advisory_xact_lock(1)')
  await other.client.query('select pg_advisory_xact_lock(2)')

  const waiting = send(one, call('select pg_advisory_xact_lock(2)'))
  expect(await locks.settledOrBlocked(one, waiting)).toBeNull()
  const closing = send(other, call('select pg_advisory_xact_lock(1)'))
  expect(await locks.settledOrBlocked(other, closing)).toMatchObject({ fault: { code: '40P01' } })
  expect(await locks.settledOrBlocked(one, waiting)).toMatchObject({ result: { rowCount: 1 } })

  for (const { client } of [one, other, monitor]) await client.end()
})

test('of those who wait for one transaction, who is held goes on last', async () => {
  const sessions = [await openSession(connection, 1), await openSession(connection, 2), await openSession(connection, 3)] as const
  const [holder, first, last] = sessions
  const monitor = await openSession(connection, 4)
  const locks = newLockWatch(monitor.client)
  await holder.client.query('create table rows (id integer primary key)')
  await holder.client.query('create table visits (number serial, who text)')
  await holder.client.query('insert into rows values (0), (1)')
  await holder.client.query('begin')
  await holder.client.query('update rows set id = id')

  // Whoever is to be first has more to do before it writes: unheld, it would be last.
  const work = (id: number) => `(select count(*) from generate_series(mine.id, ${id * 300_000})) > 0`
  const visit = (id: number, who: string) =>
    call(`with mine as (select id from rows where id = ${id} for update)
      insert into visits (who) select '${who}' from mine where ${work(id)}`)
  const waiting = [send(last, visit(0, 'last')), send(first, visit(1, 'first'))] as const
  expect(await locks.settledOrBlocked(last, waiting[0])).toBeNull()
  expect(await locks.settledOrBlocked(first, waiting[1])).toBeNull()
  hold(last)
  hold(first)
  await holder.client.query('commit')
  letGo(first)
  expect(await locks.settledOrBlocked(first, waiting[1])).toMatchObject({ result: { rowCount: 1 } })
  letGo(last)
  expect(await locks.settledOrBlocked(last, waiting[0])).toMatchObject({ result: { rowCount: 1 } })

  const { rows } = await monitor.client.query('select who from visits order by number')
  expect(rows.map(({ who }) => who)).toEqual(['first', 'last'])
  for (const { client } of [...sessions, monitor]) await client.end()
})

function call(text: string): Call {
  return { text, values: [], resolve: () => {}, reject: () => {} }
}
