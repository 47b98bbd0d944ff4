import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { adminToken, alertmanagerBody, clientOf, makeIntegration } from './processes/client.ts'
import { type HookReceiver, receiveHooks } from './processes/receivers.ts'
import { freePort, launchServer, type ServerProcess, untilReady } from './processes/server-process.ts'
import { type Address, run, urlOf } from './support/address.ts'
import { freshDatabase } from './support/database.ts'

/** A real process that is killed in the middle of a replay, and another one that goes on with it. */
const folder = mkdtempSync(join(tmpdir(), 'watchbell-replay-'))
const processes: ServerProcess[] = []
let address: Address
let hooks: HookReceiver

beforeAll(async () => {
  address = await freshDatabase()
  hooks = await receiveHooks(() => 10)
})
afterAll(async () => {
  for (const one of processes) one.signal('SIGKILL')
  await Promise.all(processes.map((one) => one.exit))
  hooks.close()
  rmSync(folder, { recursive: true, force: true })
})

const messageCount = 1400

async function start(name: string): Promise<ServerProcess> {
  const env = {
    WATCHBELL_DATABASE_URL: urlOf(address),
    WATCHBELL_SECRET_KEY: '7c'.repeat(32),
    WATCHBELL_BOOTSTRAP_TOKEN: adminToken,
    WATCHBELL_EGRESS_ALLOW: hooks.place,
  }
  const server = launchServer({ folder, name, port: await freePort(), env })
  processes.push(server)
  await untilReady(server)
  return server
}

type Replay = { readonly id: string; readonly state: string; readonly total: number; readonly done: number }

/** A webhook that missed many messages, all of one event. */
async function missedMuch(server: ServerProcess): Promise<string> {
  const client = clientOf(server.url)
  const webhook = { name: 'desk', url: hooks.url, http_method: 'POST', trigger_type: 'alert group created' }
  const { id } = await client.call<{ readonly id: string }>('POST', 'webhooks/', webhook)
  const path = await makeIntegration(client, 'source')
  const headers = { 'content-type': 'application/json' }
  await fetch(`${server.url}${path}`, { method: 'POST', headers, body: alertmanagerBody('disk') })
  await vi.waitFor(() => expect(hooks.arrivals).toHaveLength(1), { timeout: 60_000 })
  await run(
    address,
    `insert into dead_deliveries (organization_id, delivery_id, state, message_id, message_at, endpoint_id, event_sequence, subject_id,
       lane, attempts_count, reason, at)
     select v.organization_id, 1000000 + n, 'dead', gen_random_uuid(), v.at, e.id, v.sequence, v.alert_group_id, 2, 0, 'missed', v.at
     from endpoints e, events v, generate_series(1, ${messageCount}) n
     where e.owner_id = '${id}' and v.type = 'alert_group.created'`,
  )
  return id
}

it('a replay whose process is killed is finished by the next one, and nothing of it is lost or put in line twice', async () => {
  const first = await start('first')
  const webhookId = await missedMuch(first)
  const path = `webhooks/${webhookId}/replays/`
  const { id, total } = await clientOf(first.url).call<Replay>('POST', path, { since: 3600 })
  expect(total).toBe(messageCount)
  await vi.waitFor(() => expect(hooks.arrivals.length).toBeGreaterThan(100), { timeout: 60_000, interval: 5 })
  first.signal('SIGKILL')
  await first.exit
  const second = await start('second')
  const read = () => clientOf(second.url).call<Replay>('GET', `${path}${id}/`)
  expect(await read()).toMatchObject({ state: 'running' })
  expect(hooks.arrivals.length).toBeLessThan(messageCount)
  await vi.waitFor(async () => expect(await read()).toMatchObject({ state: 'finished', done: messageCount }), {
    timeout: 150_000,
    interval: 100,
  })
  await vi.waitFor(async () => expect(await run(address, 'select from deliveries limit 1')).toEqual([]), {
    timeout: 60_000,
    interval: 100,
  })
  const expected = await run(address, `select message_id::text as id from dead_deliveries where reason = 'missed'`)
  const arrived = new Set(hooks.arrivals.map((arrival) => arrival.id))
  expect(expected.filter(({ id: messageId }) => !arrived.has(String(messageId)))).toEqual([])
  const owed = await run(
    address,
    `select count(distinct delivery_id)::int as count from attempts where lane = 3 and outcome = 'success'`,
  )
  expect(owed).toEqual([{ count: messageCount }])
}, 400_000)
