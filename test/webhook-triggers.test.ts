import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually, newWorld, type World } from './support/watchbell.ts'

let world: World
beforeEach(async () => {
  world = await newWorld()
})
afterEach(() => world.close())

const make = async (path: string, body: object) => {
  const { status, json, text } = await world.api('POST', path, body)
  expect({ status, text }).toEqual({ status: 201, text })
  return json
}

const makeSource = (fields: object = {}) => make('integrations/', { type: 'formatted_webhook', name: 'Cranes', ...fields })

const alert = (source: { readonly link: string }, body: object) => world.request('POST', source.link, body)

/** A webhook of the receiver that takes everything; its name comes back in a header. */
const listen = (name: string, fields: object) =>
  make('webhooks/', { name, url: world.receiverUrl, http_method: 'POST', static_headers: { 'X-Name': name }, ...fields })

const heard = (name: string): readonly any[] =>
  world.webhooks.filter(({ headers }) => headers['x-name'] === name).map(({ body }) => body)

const eventTypes = async (): Promise<readonly string[]> =>
  (await world.api('GET', 'events/?after=0')).json.results.map(({ type }: { readonly type: string }) => type)

const anInstant = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)$/)

describe('what happens to webhooks', () => {
  /** A receiver that refuses everything, in whatever way. */
  async function brokenReceiver(status: number) {
    const server = createServer((request, response) => request.resume().on('end', () => response.writeHead(status).end()))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return { url: `http://127.0.0.1:${port}/broken`, close: () => server.close() }
  }

  it('a message that was given up is told to webhooks that wait for that, but not to its own', async () => {
    const broken = await brokenReceiver(500)
    await listen('watcher', { trigger_types: ['message.exhausted', 'webhook.failing'] })
    const about = { trigger_types: ['alert group created', 'message.exhausted'], retry: 'none' }
    const webhook = await make('webhooks/', { name: 'ticket', url: broken.url, http_method: 'POST', ...about })
    const source = await makeSource()
    await alert(source, { alert_uid: 'crane-7', title: 'Crane 7 stands still' })
    const [told] = await eventually(() => (heard('watcher').length > 0 ? heard('watcher') : undefined))
    const [group] = (await world.api('GET', 'alert_groups/')).json.results
    expect(told).toEqual({
      event: { type: 'message.exhausted', time: anInstant },
      webhook_id: webhook.id,
      webhook_name: 'ticket',
      url: broken.url,
      message_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      trigger: 'alert group created',
      event_sequence: 1,
      alert_group_id: group.id,
      status_code: 500,
      attempts_count: 1,
      reason: 'Given up after one attempt. The receiver answered 500',
      text: 'outgoing webhook `ticket` has given up a message about alert group created: Given up after one attempt. The receiver answered 500',
    })
    broken.close()
  })

  it('webhooks that fail to tell of each other do not go on doing so', async () => {
    const broken = await brokenReceiver(500)
    const common = { url: broken.url, http_method: 'POST', retry: 'none' }
    await make('webhooks/', { name: 'ticket', trigger_types: ['alert group created', 'message.exhausted'], ...common })
    await make('webhooks/', { name: 'other', trigger_type: 'message.exhausted', ...common })
    await alert(await makeSource(), { alert_uid: 'crane-7' })
    const failed = async () => (await eventTypes()).filter((type) => type === 'webhook.failed').length
    await eventually(async () => ((await failed()) === 2 ? true : undefined))
    expect((await eventTypes()).filter((type) => type === 'message.exhausted').length).toBe(1)
  })

  it('a webhook that is switched off is told to others, whatever their filters of integrations', async () => {
    const gone = await brokenReceiver(410)
    const source = await makeSource()
    const elsewhere = await make('integrations/', { type: 'webhook', name: 'Elsewhere' })
    await listen('watcher', { trigger_type: 'webhook.disabled', integration_filter: [elsewhere.id] })
    const webhook = await make('webhooks/', {
      name: 'gone',
      url: gone.url,
      http_method: 'POST',
      trigger_type: 'alert group created',
    })
    await alert(source, { alert_uid: 'crane-7' })
    const [told] = await eventually(() => (heard('watcher').length > 0 ? heard('watcher') : undefined))
    expect(told).toMatchObject({
      event: { type: 'webhook.disabled', time: anInstant },
      webhook_id: webhook.id,
      webhook_name: 'gone',
      url: gone.url,
      reason: 'The receiver answered 410: it is gone for good.',
      webhook_is_off: true,
    })
    gone.close()
  })
})
