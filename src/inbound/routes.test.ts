import { once } from 'node:events'
import { connect } from 'node:net'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type BoilerRoom, boilerRoom } from '../../test/support/boiler-room.ts'
import { type StillWorld, stillWorld } from '../../test/support/still-world.ts'
import { seconds } from '../lib/time.ts'

let world: StillWorld
let room: BoilerRoom

beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'harbour')
})

afterAll(() => world.close())

type Sent = { readonly type?: string; readonly payload?: string }

const pathOf = (link: string) => new URL(link).pathname

async function send(link: string, { type, payload = '' }: Sent = {}) {
  const headers = type === undefined ? {} : { 'content-type': type }
  const answer = await world.app.inject({ method: 'POST', url: pathOf(link), headers, payload })
  return { status: answer.statusCode, body: answer.body }
}

const json = 'application/json'
const accepted = { status: 200, body: '"Ok."' }
/** As long as a busy machine may need. */
const patience = { timeout: 60_000, interval: 20 }
/** Other files have databases of their own on the same server. */
const waitingForLocks = sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
const unknown = { status: 403, body: 'Integration key was not found. Permission denied.' }

test('a deleted integration is unknown from then on, whatever is sent to it', async () => {
  for (const payload of ['{broken', '{}']) {
    const source = await room.newSource()
    expect(await send(source.link, { type: json, payload: '{}' })).toEqual(accepted)
    expect((await room.crew.api('DELETE', `integrations/${source.id}/`)).status).toBe(204)
    expect(await send(source.link, { type: json, payload })).toEqual(unknown)
    expect(await send(source.link.replace('formatted_webhook', 'webhook'), { type: json, payload })).toEqual(unknown)
    expect((await world.app.inject({ url: pathOf(source.link) })).statusCode).toBe(403)
  }
})

describe('a token that nobody knows', () => {
  test('is answered before the body has come, however long that is', async () => {
    const address = new URL(await world.app.listen({ host: '127.0.0.1', port: 0 }))
    const socket = connect(Number(address.port), '127.0.0.1')
    const head = 'POST /integrations/v1/webhook/unknown/ HTTP/1.1\r\nHost: bell.example\r\nContent-Length: 16000000\r\n\r\n{'
    socket.write(head)
    const [answer] = await once(socket, 'data')
    socket.destroy()
    expect(String(answer)).toContain('403 Forbidden')
    expect(String(answer)).toContain('Integration key was not found. Permission denied.')
  })

  test('is answered as such although its body is longer than any that is taken', async () => {
    const url = '/integrations/v1/webhook/unknown/'
    const answer = await world.app.inject({ method: 'POST', url, payload: 'x'.repeat(17_000_000) })
    expect({ status: answer.statusCode, body: answer.body }).toEqual(unknown)
    expect((await send(room.source.link, { type: json, payload: 'x'.repeat(17_000_000) })).status).toBe(413)
  })
})

test('while alerts wait and none is stored, the server is not ready', async () => {
  const checkOfAlerts = async (): Promise<string> => (await world.app.inject({ url: '/health/ready' })).json().checks.alerts
  expect(await checkOfAlerts()).toBe('ok')
  const unlock = Promise.withResolvers<void>()
  const locked = Promise.withResolvers<void>()
  const locking = world.db.tx('lock', async (tx) => {
    await sql`lock table alert_groups in exclusive mode`.execute(tx.sql)
    locked.resolve()
    await unlock.promise
  })
  await locked.promise
  const sending = send(room.source.link, { type: json, payload: '{}' })
  await vi.waitFor(async () => {
    world.pass(seconds(1))
    expect(await checkOfAlerts()).toBe('none was stored for more than five seconds, although some wait')
  }, patience)
  unlock.resolve()
  await locking
  expect(await sending).toEqual(accepted)
  expect(await checkOfAlerts()).toBe('ok')
})

test('while one organization is locked, the alerts of another one are stored', async () => {
  const elsewhere = await boilerRoom(world, 'lighthouse')
  const sending: ReturnType<typeof send>[] = []
  await world.db.tx('lock', async (tx) => {
    await sql`select from organizations where id = ${room.crew.organizationId} for update`.execute(tx.sql)
    for (const _ of [1, 2]) sending.push(send(room.source.link, { type: json, payload: '{}' }))
    await vi.waitFor(async () => {
      const waiting = await waitingForLocks.execute(world.db.sql)
      expect(waiting.rows).toHaveLength(1)
    }, patience)
    expect(await send(elsewhere.source.link, { type: json, payload: '{}' })).toEqual(accepted)
  })
  expect(await Promise.all(sending)).toEqual([accepted, accepted])
})

describe('a body', () => {
  test('that is missing counts as an empty object', async () => {
    for (const type of [json, undefined]) {
      const source = await room.newSource()
      expect(await send(source.link, type === undefined ? {} : { type })).toEqual(accepted)
      const { json: page } = await room.crew.api('GET', `alert_groups/?integration_id=${source.id}`)
      expect(page.results[0].last_alert.payload).toEqual({})
    }
  })

  test('has a media type without regard to case', async () => {
    const source = await room.newSource()
    const form = { type: 'Application/X-WWW-Form-Urlencoded; charset=utf-8', payload: 'title=From+a+form' }
    expect(await send(source.link, form)).toEqual(accepted)
    const { json: page } = await room.crew.api('GET', `alert_groups/?integration_id=${source.id}`)
    expect(page.results[0].title).toBe('From a form')
    const upload = { type: 'Multipart/Form-Data; boundary=x', payload: 'x' }
    expect(await send(source.link, upload)).toEqual({ status: 400, body: 'File uploads are not allowed' })
  })

  test('that is a form of millions of fields is refused before it is parsed', async () => {
    const form = { type: 'application/x-www-form-urlencoded', payload: 'a&'.repeat(4_000_000) }
    const refused = { status: 400, body: '{"detail":"The form has more than 1000 fields."}' }
    expect(await send(room.source.link, form)).toEqual(refused)
  })
})

test('another type in the URL is named as people know it', async () => {
  for (const [type, words] of [
    ['zabbix', 'This url is for integration with Zabbix.Key is for Formatted webhook'],
    ['grafana', 'This url is for integration with Grafana. Key is for Formatted webhook'],
    ['grafana_alerting', 'This url is for integration with Grafana Alerting. Key is for Formatted webhook'],
  ] as const) {
    const link = room.source.link.replace('formatted_webhook', type)
    expect(await send(link, { type: json, payload: '{}' })).toEqual({ status: 400, body: words })
  }
})
