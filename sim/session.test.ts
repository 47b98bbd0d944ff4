import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Connection } from '../src/db/open.ts'
import { nights } from './nights.ts'
import { type Server, startServer } from './server.ts'
import { type Call, newLockWatch, openSession, send } from './session.ts'

let server: Server
let connection: Connection

beforeAll(async () => {
  server = await startServer()
  connection = await server.freshDatabase(nights[0])
}, 60_000)
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

function call(text: string): Call {
  return { text, values: [], resolve: () => {}, reject: () => {} }
}
