import { createServer, type OutgoingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually, newWorld, type World } from './support/watchbell.ts'

/** What a receiver says of more than the one request, over real sockets: 410, and the header `webhook-delivery`. */
type Answer = { readonly status: number; readonly headers?: OutgoingHttpHeaders }

let world: World
let desk: Awaited<ReturnType<typeof startReceiver>>
/** Each test has its own, of which only its webhook hears. */
let source: { readonly id: string; readonly link: string }
beforeAll(async () => {
  world = await newWorld({ mailIsOn: false })
  desk = await startReceiver()
})
beforeEach(async () => {
  source = await make('integrations/', { type: 'formatted_webhook' })
})
afterAll(async () => {
  await world.close()
  desk.close()
})

/** It answers what comes to a path with what was said for it, in turn, and the last of that ever after. */
async function startReceiver() {
  const answers = new Map<string, readonly Answer[]>()
  const paths: string[] = []
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const path = request.url ?? ''
      paths.push(path)
      const [answer = { status: 200 }, ...later] = answers.get(path) ?? []
      if (later.length > 0) answers.set(path, later)
      response.writeHead(answer.status, answer.headers).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    say: (path: string, ...said: readonly Answer[]) => answers.set(path, said),
    countOf: (path: string) => paths.filter((asked) => asked === path).length,
    close: () => server.close(),
  }
}

const make = async (path: string, body: object) => {
  const { status, json, text } = await world.api('POST', path, body)
  expect({ status, text }).toEqual({ status: 201, text })
  return json
}

let hooks = 0
const listen = (fields: object) => {
  hooks += 1
  const about = { trigger_type: 'alert group created', integration_filter: [source.id] }
  return make('webhooks/', { name: `Desk ${hooks}`, http_method: 'POST', retry: [1], ...about, ...fields })
}

let alerts = 0
const happen = async () => {
  alerts += 1
  expect((await world.request('POST', source.link, { alert_uid: `crane-${alerts}`, title: 'A crane stands still' })).status).toBe(
    200,
  )
}

/** How the deliveries of a webhook ended, the first first, once there are so many. */
const endsOf = ({ id }: { readonly id: string }, count: number): Promise<readonly any[]> =>
  eventually(async () => {
    const { results } = (await world.api('GET', `webhooks/${id}/deliveries/`)).json
    const ended = results.filter(({ state }: { readonly state: string }) => state !== 'waiting').toReversed()
    return ended.length === count ? ended : undefined
  })

const healthOf = async ({ id }: { readonly id: string }) => (await world.api('GET', `webhooks/${id}/health/`)).json

/** A webhook of which the only URL gets nothing any more is switched off soon. */
const whenOff = (webhook: { readonly id: string }) =>
  eventually(async () => {
    const health = await healthOf(webhook)
    return health.is_webhook_enabled ? undefined : health
  })

/** What such a URL would have got is kept, so that it can be sent again. */
const untried = { state: 'dead', attempts: [] }

const wish = (text: string): OutgoingHttpHeaders => ({ 'Webhook-Delivery': text })

describe('a receiver that answers 410', () => {
  it('gets nothing more, neither tries again nor what comes later, until the webhook is saved', async () => {
    desk.say('/gone', { status: 410 })
    const webhook = await listen({ url: `${desk.url}/gone` })
    await happen()
    const [first] = await endsOf(webhook, 1)
    expect(first).toMatchObject({ state: 'dead', status: 410, reason: 'The receiver answered 410: it is gone for good.' })
    const off = await whenOff(webhook)
    expect(off.urls[0]).toMatchObject({ state: 'disabled', reason: 'The receiver answered 410: it is gone for good.' })
    await happen()
    expect((await endsOf(webhook, 2))[1]).toMatchObject(untried)
    expect(desk.countOf('/gone')).toBe(1)
    desk.say('/gone', { status: 200 })
    expect((await world.api('PATCH', `webhooks/${webhook.id}/`, { is_webhook_enabled: true })).status).toBe(200)
    await happen()
    expect((await endsOf(webhook, 3)).map(({ state }) => state)).toEqual(['dead', 'dead', 'delivered'])
    expect(desk.countOf('/gone')).toBe(2)
    expect((await healthOf(webhook)).urls[0].state).toBe('healthy')
  })

  it('loses its own URL alone, where the webhook has others', async () => {
    desk.say('/left', { status: 410 })
    const webhook = await listen({ urls: [{ url: `${desk.url}/left` }, { url: `${desk.url}/here` }] })
    await happen()
    await endsOf(webhook, 2)
    await eventually(async () => ((await healthOf(webhook)).urls[0].state === 'disabled' ? true : undefined))
    await happen()
    const ends = await endsOf(webhook, 4)
    expect(ends.map(({ url, state }) => `${new URL(url).pathname} ${state}`).toSorted()).toEqual([
      '/here delivered',
      '/here delivered',
      '/left dead',
      '/left dead',
    ])
    expect([desk.countOf('/left'), desk.countOf('/here')]).toEqual([1, 2])
    expect((await healthOf(webhook)).is_webhook_enabled).toBe(true)
  })
})

describe('a receiver that says `webhook-delivery: disable`', () => {
  it.each([
    { status: 204, state: 'delivered', text: 'disable' },
    { status: 500, state: 'dead', text: ' Disable ' },
    { status: 404, state: 'dead', text: 'DISABLE' },
    { status: 301, state: 'dead', text: 'disable' },
  ])('with $status gets nothing more, and the message is $state', async ({ status, state, text }) => {
    const path = `/disable-${status}`
    desk.say(path, { status, headers: wish(text) })
    const webhook = await listen({ url: `${desk.url}${path}` })
    await happen()
    expect((await endsOf(webhook, 1))[0]).toMatchObject({ state, status })
    await eventually(async () => ((await healthOf(webhook)).urls[0].state === 'disabled' ? true : undefined))
    await happen()
    expect((await endsOf(webhook, 2))[1]).toMatchObject(untried)
    expect(desk.countOf(path)).toBe(1)
    await whenOff(webhook)
  })
})

describe('a receiver that says `webhook-delivery: abort-message`', () => {
  it.each([400, 503])('with %d gets this message no more, and the next one', async (status) => {
    // With a wait that would be followed otherwise.
    desk.say('/wish', { status, headers: { ...wish('Abort-Message'), 'retry-after': '1' } }, { status: 200 })
    const webhook = await listen({ url: `${desk.url}/wish` })
    await happen()
    expect((await endsOf(webhook, 1))[0]).toMatchObject({
      state: 'dead',
      status,
      reason: `The receiver answered ${status} and wants this no more.`,
    })
    await happen()
    const ends = await endsOf(webhook, 2)
    expect(ends.map(({ state, attempts }) => [state, attempts.length])).toEqual([
      ['dead', 1],
      ['delivered', 1],
    ])
    expect((await healthOf(webhook)).is_webhook_enabled).toBe(true)
  })

  it('with 200 has taken it', async () => {
    desk.say('/wish', { status: 200, headers: wish('abort-message') })
    const webhook = await listen({ url: `${desk.url}/wish` })
    await happen()
    expect((await endsOf(webhook, 1))[0]).toMatchObject({ state: 'delivered', status: 200 })
  })
})

it.each(['', 'abort', 'disable, abort-message'])(
  'a receiver that says `webhook-delivery: %s` is tried again like any that fails',
  async (text) => {
    desk.say('/wish', { status: 500, headers: wish(text) }, { status: 200 })
    const webhook = await listen({ url: `${desk.url}/wish` })
    await happen()
    const [end] = await endsOf(webhook, 1)
    expect([end.state, end.attempts.length]).toEqual(['delivered', 2])
  },
)
