import { createServer } from 'node:https'
import { TLSSocket } from 'node:tls'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newAuthority } from './support/certificates.ts'
import { newReceivingWorld, type ReceivingWorld } from './support/receiving-world.ts'
import { eventually, type World } from './support/watchbell.ts'

/** A receiver that knows its callers by their certificates, and has one that only its own people trust. */
const root = newAuthority('Our root')
const clients = newAuthority('Our callers')
const server = root.issue({ name: 'receiver', hosts: ['127.0.0.1'] })
const client = clients.issue({ name: 'watchbell' })
const successor = clients.issue({ name: 'watchbell two' })

let receiving: ReceivingWorld
let world: World
let webhookId = ''
let link = ''
let alertCount = 0
const callers: string[] = []

const receiver = createServer(
  { cert: server.certificate, key: server.key, ca: clients.certificate, requestCert: true },
  ({ socket }, response) => {
    callers.push(String(socket instanceof TLSSocket && socket.getPeerCertificate().subject.CN))
    response.end()
  },
)

beforeAll(async () => {
  receiving = await newReceivingWorld(receiver)
  world = receiving.world
  link = receiving.link
  // What fails is not tried again while the test lasts, so that each attempt is of a new message.
  const about = { name: 'Known', http_method: 'POST', trigger_type: 'alert group created', retry: [3600] }
  webhookId = (
    await world.api('POST', 'webhooks/', {
      ...about,
      integration_filter: [receiving.integrationId],
      url: `https://127.0.0.1:${receiving.port}/`,
    })
  ).json.id
})

afterAll(() => receiving.close())

const path = () => `webhooks/${webhookId}/tls/`

/** How the first attempt of the next message went. */
async function nextAttempt(): Promise<any> {
  const count = (await world.api('GET', `webhooks/${webhookId}/responses/`)).json.count
  alertCount += 1
  await world.request('POST', link, { alert_uid: `${alertCount}`, title: 'Boiler' })
  return eventually(async () => {
    const { json } = await world.api('GET', `webhooks/${webhookId}/responses/`)
    return json.count > count ? json.results[0] : undefined
  })
}

test('a receiver with certificates is called with those of the webhook, as they are at each attempt', async () => {
  expect(await nextAttempt()).toMatchObject({ status_code: null, content: expect.stringMatching(/^tls: /) })

  const set = await world.api('PUT', path(), {
    client_certificate: client.certificate,
    client_key: client.key,
    ca: root.certificate,
  })
  expect(set.status).toBe(200)
  expect(await nextAttempt()).toMatchObject({ status_code: 200, outcome: 'success' })

  const next = { client_certificate: successor.certificate, client_key: successor.key, ca: root.certificate }
  await world.api('PUT', path(), next)
  expect(await nextAttempt()).toMatchObject({ status_code: 200 })

  await world.api('PUT', path(), { ca: root.certificate })
  expect(await nextAttempt()).toMatchObject({ status_code: null, outcome: 'retry' })

  expect((await world.api('DELETE', path())).status).toBe(204)
  expect(await nextAttempt()).toMatchObject({ status_code: null, content: expect.stringMatching(/^tls: /) })
  expect(callers).toEqual(['watchbell', 'watchbell two'])
})

test('what it shows is shown, but for the key', async () => {
  expect((await world.api('GET', path())).status).toBe(404)
  const body = { client_certificate: client.certificate, client_key: client.key, ca: root.certificate }
  const shown = {
    client_certificate: client.certificate,
    client_key: '****************',
    ca: root.certificate,
    client_certificate_expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    ca_expires_at: expect.stringMatching(/Z$/),
  }
  expect((await world.api('PUT', path(), body)).json).toEqual(shown)
  expect((await world.api('GET', path())).json).toEqual(shown)
  expect((await world.api('PUT', path(), (await world.api('GET', path())).json)).json).toEqual(shown)
  expect(await nextAttempt()).toMatchObject({ status_code: 200 })
})

test('what is wrong changes nothing', async () => {
  const before = await world.api('GET', path())
  const answer = await world.api('PUT', path(), { client_certificate: client.certificate, client_key: successor.key })
  expect(answer).toMatchObject({ status: 400, json: { client_key: ['The key does not belong to the first certificate.'] } })
  expect((await world.api('GET', path())).json).toEqual(before.json)
})

test('the key is nowhere in the database', async () => {
  const text = client.key.split('\n')[1]?.slice(10, 60) ?? ''
  const forms = [text, Buffer.from(text).toString('hex'), Buffer.from(text, 'base64').toString('hex').slice(4, -4)]
  const tables = ['webhook_tls', 'audit_entries', 'attempts', 'messages', 'events', 'webhooks']
  for (const table of tables) {
    const { rows } = await sql<{ readonly row: string }>`select t::text as row from ${sql.table(table)} t`.execute(
      world.apiDb.sql,
    )
    expect(rows.length).toBeGreaterThan(0)
    const dump = rows.map(({ row }) => row).join('\n')
    expect(forms.filter((form) => dump.includes(form))).toEqual([])
  }
})

test('a webhook that is deleted takes them along', async () => {
  await world.api('DELETE', `webhooks/${webhookId}/`)
  expect(await world.apiDb.sql.selectFrom('webhook_tls').selectAll().execute()).toEqual([])
  expect((await world.api('GET', path())).status).toBe(404)
})
