import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, curl } from './documents/curl.ts'
import { commandsOf, type Variables } from './documents/shell.ts'
import { eventually, newWorld, type World } from './support/watchbell.ts'

/**
 * The commands of the published guide to the webhooks API, with host and token changed; each test goes on from the one
 * before. What they answer is ours, in the guide's order of keys.
 */
let world: World
const variables: Variables = new Map()

beforeAll(async () => {
  world = await newWorld()
  variables.set('API_URL', await world.watchbell.http.listen({ host: '127.0.0.1', port: 0 }))
})

afterAll(() => world.close())

const headers = `--header "Authorization: ${'5a'.repeat(32)}" --header "Content-Type: application/json"`

async function run(script: string): Promise<Answer> {
  const [words, ...more] = commandsOf(script, variables)
  expect(more).toEqual([])
  return curl(words ?? [])
}

const created = {
  name: 'New Webhook',
  is_webhook_enabled: true,
  team: null,
  data: null,
  username: null,
  password: null,
  authorization_header: null,
  trigger_template: null,
  headers: null,
  url: 'https://example.com',
  forward_all: true,
  http_method: 'POST',
  trigger_type: 'resolve',
  integration_filter: null,
}

/** The keys that the guide prints, and the one that came after it was written; ours come last. */
const keys = ['id', ...Object.keys(created), 'preset']

test('create', async () => {
  const { status, text } = await run(`curl "$API_URL/api/v1/webhooks/" \\
    --request POST \\
    ${headers} \\
    --data '{
      "name": "New Webhook",
      "url": "https://example.com",
      "http_method": "POST",
      "trigger_type" : "resolve"
    }'`)
  expect(status).toBe(201)
  expect(JSON.parse(text)).toMatchObject(created)
  expect(Object.keys(JSON.parse(text)).slice(0, keys.length)).toEqual(keys)
  variables.set('WEBHOOK_UID', JSON.parse(text).id)
})

test('get', async () => {
  const { status, text } = await run(`curl "$API_URL/api/v1/webhooks/$WEBHOOK_UID/" --request GET ${headers}`)
  expect({ status, webhook: JSON.parse(text) }).toMatchObject({ status: 200, webhook: created })
  expect(Object.keys(JSON.parse(text)).slice(0, keys.length)).toEqual(keys)
})

test('list', async () => {
  const { status, text } = await run(`curl "$API_URL/api/v1/webhooks/" --request GET ${headers}`)
  const { results, ...envelope } = JSON.parse(text)
  expect(status).toBe(200)
  expect(envelope).toEqual({ count: 1, next: null, previous: null, page_size: 50, current_page_number: 1, total_pages: 1 })
  expect(results).toEqual([expect.objectContaining(created)])
})

test('update', async () => {
  const { status, text } = await run(`curl "$API_URL/api/v1/webhooks/$WEBHOOK_UID/" \\
    --request PUT \\
    ${headers} \\
    --data '{
      "is_webhook_enabled": false
    }'`)
  expect({ status, webhook: JSON.parse(text) }).toMatchObject({ status: 200, webhook: { ...created, is_webhook_enabled: false } })
})

test('delete', async () => {
  const { status, text } = await run(`curl "$API_URL/api/v1/webhooks/$WEBHOOK_UID/" --request DELETE ${headers}`)
  expect({ status, text }).toEqual({ status: 204, text: '' })
  expect(await run(`curl "$API_URL/api/v1/webhooks/$WEBHOOK_UID/" --request GET ${headers}`)).toEqual({
    status: 404,
    text: '{"detail":"Not found."}',
  })
})

test('responses', async () => {
  const { json: integration } = await world.api('POST', 'integrations/', { type: 'alertmanager', name: 'One' })
  const { json: webhook } = await world.api('POST', 'webhooks/', {
    name: 'Demo Webhook',
    url: world.receiverUrl,
    http_method: 'POST',
    trigger_type: 'acknowledge',
    authorization_header: 'Key secret',
    integration_filter: [integration.id],
  })
  const alert = { status: 'firing', groupKey: 'down', groupLabels: { alertname: 'InstanceDown' }, alerts: [] }
  await world.request('POST', integration.link, alert)
  const { json: groups } = await world.api('GET', 'alert_groups/')
  await world.api('POST', `alert_groups/${groups.results[0].id}/acknowledge/`)
  variables.set('WEBHOOK_UID', webhook.id)
  const { results, ...envelope } = await eventually(async () => {
    const { text } = await run(`curl "$API_URL/api/v1/webhooks/$WEBHOOK_UID/responses" --request GET ${headers}`)
    const page = JSON.parse(text)
    return page.count === 1 ? page : undefined
  })
  expect(envelope).toEqual({ count: 1, next: null, previous: null, page_size: 50, current_page_number: 1, total_pages: 1 })
  const [response] = results
  expect(response).toMatchObject({
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$/),
    url: world.receiverUrl,
    request_trigger: '',
    request_headers: '{"Authorization": "****************"}',
    status_code: 200,
    content: '{"thanks": true}',
  })
  expect(Object.keys(response).slice(0, 8)).toEqual([
    ...['timestamp', 'url', 'request_trigger', 'request_headers', 'request_data', 'status_code', 'content', 'event_data'],
  ])
  const event = {
    event: { type: 'acknowledge', time: expect.stringMatching(/\+00:00$/) },
    alert_group: { state: 'acknowledged', alerts_count: 1, integration_id: integration.id, title: 'InstanceDown' },
    alert_payload: alert,
    integration: { id: integration.id, type: 'alertmanager', name: 'One - Alertmanager', team: null },
    notified_users: [],
    users_to_be_notified: [],
  }
  expect(JSON.parse(response.event_data)).toMatchObject(event)
  expect(JSON.parse(response.request_data)).toMatchObject(event)
})
