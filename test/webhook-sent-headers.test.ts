import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newReceivingWorld, type ReceivingWorld } from './support/receiving-world.ts'
import { eventually, type World } from './support/watchbell.ts'

/** What the API shows of the headers of a request, beside what its receiver got. */
type Arrived = { readonly path: string; readonly headers: Record<string, string> }

const mask = '*'.repeat(16)
const secret = ['authorization', 'x-api-key', 'webhook-signature']

let receiving: ReceivingWorld
let world: World
let origin = ''
let link = ''
let integrationId = ''
const arrived: Arrived[] = []

const receiver = createServer((request, response) => {
  const { rawHeaders: raw, url: path = '' } = request
  const pairs = raw.flatMap((name, place) => (place % 2 === 0 ? [[name.toLowerCase(), raw[place + 1] ?? ''] as const] : []))
  arrived.push({ path, headers: Object.fromEntries(pairs) })
  request.resume()
  const isFirst = arrived.filter((one) => one.path === path).length === 1
  request.on('end', () => response.writeHead(path.startsWith('/twice') && isFirst ? 503 : 200).end())
})

beforeAll(async () => {
  receiving = await newReceivingWorld(receiver)
  world = receiving.world
  link = receiving.link
  integrationId = receiving.integrationId
  origin = `http://127.0.0.1:${receiving.port}`
})

afterAll(() => receiving.close())

async function newHook(path: string, fields: object): Promise<string> {
  const { json, status } = await world.api('POST', 'webhooks/', {
    ...{ name: path, url: origin + path, http_method: 'POST', trigger_type: 'alert group created' },
    ...{ integration_filter: [integrationId], retry: 'none', ...fields },
  })
  expect({ status, json }).toMatchObject({ status: 201 })
  return json.id
}

const delivered = (id: string) =>
  eventually(async () => {
    const { results } = (await world.api('GET', `webhooks/${id}/deliveries/?state=delivered`)).json
    return results[0] === undefined ? undefined : (await world.api('GET', `deliveries/${results[0].id}/`)).json
  })

const lowered = (headers: object): object =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

/** As they may be looked at. */
const masked = (headers: Record<string, string>): object =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, secret.includes(name) ? mask : value]))

const requests: Record<string, { readonly fields: object; readonly isSigned: boolean }> = {
  '/all': { fields: {}, isSigned: false },
  '/signed': { fields: { authorization_header: 'Bearer sesame' }, isSigned: true },
  '/basic': { fields: { username: 'ada', password: 'sesame', http_method: 'PUT' }, isSigned: false },
  '/text': { fields: { forward_all: false, data: 'Boiler: {{ alert_group.title }}', http_method: 'PATCH' }, isSigned: true },
  '/nothing': { fields: { forward_all: false, data: '{{ none | tojson }}' }, isSigned: true },
  '/get': { fields: { http_method: 'GET' }, isSigned: true },
  '/delete': { fields: { http_method: 'DELETE' }, isSigned: false },
  '/options': { fields: { http_method: 'OPTIONS' }, isSigned: false },
  '/own': {
    fields: {
      ...{
        headers: '{"User-Agent": "curl", "ACCEPT": "text/x", "content-TYPE": "text/x", "X-Title": "{{ alert_group.title }}"}',
      },
      static_headers: { 'X-Api-Key': 'sesame', 'X-Empty': '', 'X-Team': 'é' },
    },
    isSigned: false,
  },
  '/preset': { fields: { preset: 'cloudevents' }, isSigned: true },
}

test('all headers are shown as they arrive, each by itself, secrets masked, and the phases of each attempt', async () => {
  const ids: Record<string, string> = {}
  for (const [path, { fields, isSigned }] of Object.entries(requests)) {
    const id = await newHook(path, fields)
    if (isSigned) await world.api('POST', `webhooks/${id}/signing/`)
    ids[path] = id
  }
  await world.request('POST', link, { alert_uid: 'boiler', title: 'Boiler is hot' })
  const connected: (number | null)[] = []
  for (const [path, { isSigned }] of Object.entries(requests)) {
    const { request, attempts } = await delivered(ids[path] ?? '')
    const { connect_ms: connect, ...phases } = attempts[0].phases
    expect(phases).toEqual({ dns_ms: null, tls_ms: null, first_byte_ms: expect.any(Number) })
    connected.push(connect)
    const got = arrived.find((one) => one.path === path)?.headers ?? {}
    expect([path, lowered({ ...request.headers, ...attempts[0].request.headers })]).toEqual([path, masked(got)])
    expect(Object.keys(attempts[0].request.headers)).toEqual(
      isSigned ? ['webhook-timestamp', 'webhook-signature'] : ['webhook-timestamp'],
    )
  }
  expect(connected).toContainEqual(expect.any(Number))
  expect(arrived.find(({ path }) => path === '/all')?.headers).toMatchObject({
    ...{ 'content-type': 'application/json', 'user-agent': 'Watchbell/test', accept: '*/*', 'accept-encoding': 'identity' },
    ...{ host: origin.slice('http://'.length), connection: 'keep-alive', 'content-length': expect.stringMatching(/^\d{3,}$/) },
  })
  expect(arrived.find(({ path }) => path === '/own')?.headers).toMatchObject({ 'user-agent': 'curl', accept: 'text/x' })
})

test('each attempt has the time at which it left', async () => {
  // Two seconds or a little less, so that the second leaves in another second.
  const id = await newHook('/twice', { retry: [2] })
  await world.request('POST', link, { alert_uid: 'pump', title: 'Pump stands still' })
  const { attempts } = await delivered(id)
  const [first, second] = arrived.filter(({ path }) => path === '/twice').map(({ headers }) => headers['webhook-timestamp'])
  expect(attempts.map(({ request }: any) => request.headers)).toEqual([
    { 'webhook-timestamp': first },
    { 'webhook-timestamp': second },
  ])
  expect(second).not.toBe(first)
  for (const { started_at: startedAt, at, duration_ms: took } of attempts) {
    const length = Date.parse(at) - Date.parse(startedAt)
    expect(Math.abs(length - took)).toBeLessThan(1500)
  }
})

test('a request that could not be made is shown with what there was of it, and no attempt has what never left', async () => {
  const faulty = await newHook('/faulty', {
    ...{ forward_all: false, data: '{{ 1 / (alert_payload.title | length - 5) }}' },
    headers: '{"X-Api-Key": "sesame", "X-Team": "boilers"}',
  })
  const unreadable = await newHook('/unreadable', { headers: '{{ alert_payload.title }}' })
  const closed = createServer()
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
  const { port } = closed.address() as AddressInfo
  await new Promise((resolve) => closed.close(resolve))
  const unreached = await newHook('/unreached', { url: `http://127.0.0.1:${port}/` })
  await world.request('POST', link, { alert_uid: 'valve', title: 'Valve' })
  const dead = (id: string) =>
    eventually(async () => (await world.api('GET', `webhooks/${id}/deliveries/?state=dead`)).json.results[0])
  const ofHeaders = await dead(unreadable)
  expect(await dead(faulty)).toMatchObject({
    request: { headers: { 'X-Api-Key': mask, 'X-Team': 'boilers' } },
    attempts: [{ request: null }],
  })
  expect([ofHeaders.request.headers, ofHeaders.attempts[0].request]).toEqual([{}, null])
  expect(await dead(unreached)).toMatchObject({
    request: { headers: { host: `127.0.0.1:${port}` } },
    attempts: [{ request: null, phases: { connect_ms: null, first_byte_ms: null } }],
  })
  expect(arrived.map(({ path }) => path)).not.toContain('/faulty')
})
