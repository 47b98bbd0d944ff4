import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from 'kysely'
import { eventually, newWorld, type World } from './support/watchbell.ts'

let world: World
let integration: { id: string; link: string }
beforeAll(async () => {
  world = await newWorld()
  const { json: me } = await world.api('GET', 'users/current/')
  const { json: chain } = await world.api('POST', 'escalation_chains/', { name: 'Database' })
  const step = { escalation_chain_id: chain.id, type: 'notify_persons', persons_to_notify: [me.id] }
  await world.api('POST', 'escalation_policies/', step)
  const source = { type: 'formatted_webhook', name: 'Checks', default_route: { escalation_chain_id: chain.id } }
  integration = (await world.api('POST', 'integrations/', source)).json
})
afterAll(() => world.close())

test('while requests to the API hold all their connections, alerts come in, people are paged, and the node is ready', async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const held = [1, 2].map(() =>
    world.apiDb.tx('hold', async (tx) => {
      await sql`select 1`.execute(tx.sql)
      await released
    }),
  )
  const asked = world.api('GET', 'users/')
  const alert = { alert_uid: 'd1', title: 'Disk full on db1', message: '99 %' }
  expect(await world.request('POST', integration.link, alert)).toMatchObject({ status: 200, text: '"Ok."' })
  expect((await eventually(() => world.mails[0])).subject).toContain('Disk full on db1')
  expect((await world.request('GET', '/health/ready')).status).toBe(200)
  release()
  await Promise.all(held)
  expect((await asked).status).toBe(200)
})
