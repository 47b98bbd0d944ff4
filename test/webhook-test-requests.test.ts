import { Value } from 'typebox/value'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as schemas from './support/form-schemas.ts'
import { eventually, newWorld, type World } from './support/watchbell.ts'

/** A webhook is tested: an example leaves through the same engine as everything else. */
let world: World

beforeAll(async () => {
  world = await newWorld({ mailIsOn: false })
})
afterAll(() => world.close())

let count = 0
const newWebhook = async (fields: object = {}): Promise<any> => {
  const name = `webhook ${(count += 1)}`
  const usual = { name, url: world.receiverUrl, http_method: 'POST', trigger_type: 'acknowledge' }
  const { status, json, text } = await world.api('POST', 'webhooks/', { ...usual, ...fields })
  expect({ status, text }).toEqual({ status: 201, text })
  return json
}
const ask = (id: string, body: object = {}) => world.api('POST', `webhooks/${id}/test/`, body)

/** What arrives for a test of a webhook. */
async function arrived(id: string, body: object = {}) {
  const { status, json, text } = await ask(id, body)
  expect({ status, text }).toEqual({ status: 202, text })
  const [{ webhook_message_id: messageId }] = json.deliveries
  return eventually(() => world.webhooks.find(({ headers }) => headers['webhook-id'] === messageId))
}

describe('a test of a webhook', () => {
  it('is sent, signed and logged like any request, and says what it is in a header and in the event', async () => {
    const webhook = await newWebhook({ headers: '{"X-Test": "{{ event.test }}"}', authorization_header: 'Bearer sesame' })
    await world.api('POST', `webhooks/${webhook.id}/signing/`)
    const { headers, body } = await arrived(webhook.id)
    expect(headers).toMatchObject({
      'webhook-test': 'true',
      'webhook-signature': expect.stringMatching(/^v1,/),
      'x-test': 'True',
      authorization: 'Bearer sesame',
    })
    expect(body).toMatchObject({ event: { type: 'acknowledge', test: true }, alert_group: { id: 'IEXAMPLE11111' } })
    const [response] = await eventually(async () => {
      const { json } = await world.api('GET', `webhooks/${webhook.id}/responses/`)
      return json.count === 1 ? json.results : undefined
    })
    expect(response).toMatchObject({ webhook_message_id: headers['webhook-id'], status_code: 200, outcome: 'success' })
    expect(JSON.parse(response.request_headers)).toEqual({
      'X-Test': 'True',
      Authorization: '****************',
      'webhook-test': 'true',
    })
    const told = await eventually(async () => {
      const { json } = await world.api('GET', 'events/?limit=1000')
      return json.results.find(({ data }: any) => data.webhook_id === webhook.id)
    })
    expect(told).toMatchObject({ type: 'webhook.delivered', alert_group_id: null })
  })

  it('names its deliveries, one for each URL', async () => {
    const urls = [{ url: world.receiverUrl }, { url: `${world.receiverUrl}/{{ alert_group_id }}`, http_method: 'PUT' }]
    const webhook = await newWebhook({ url: urls[0]?.url, urls })
    const { status, json } = await ask(webhook.id, { trigger: 'resolve' })
    expect({ status, json }).toEqual({
      status: 202,
      json: {
        trigger: 'resolve',
        deliveries: urls.map(({ url }) => ({
          id: expect.stringMatching(/^D[A-NP-Z1-9]{12}$/),
          url,
          webhook_message_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        })),
      },
    })
    expect(new Set(json.deliveries.map(({ id }: any) => id)).size).toBe(2)
  })

  it('is of one of the six where any change of the status is asked for', async () => {
    const webhook = await newWebhook({ trigger_type: 'silence' })
    expect((await ask(webhook.id, { trigger: 'status change' })).json).toMatchObject({ trigger: 'acknowledge' })
  })

  it('says of a shift change that it is one', async () => {
    const webhook = await newWebhook({ trigger_type: 'shift change' })
    expect((await arrived(webhook.id)).body).toMatchObject({ event: { type: 'shift change', test: true }, gap: false })
  })

  it('has the very form of another product, and the header', async () => {
    const webhook = await newWebhook({ preset: 'squadcast', trigger_type: 'resolve' })
    const { headers, body } = await arrived(webhook.id)
    expect([...Value.Errors(schemas.squadcast, body)]).toEqual([])
    expect(headers['webhook-test']).toBe('true')
    const other = await newWebhook({ preset: 'grafana_oncall' })
    expect((await arrived(other.id)).body['event']).not.toHaveProperty('test')
  })

  it('leaves whatever the switch, the filters and the trigger template say', async () => {
    const webhook = await newWebhook({
      is_webhook_enabled: false,
      filter: { field: 'urgency', operator: 'is', value: 'low' },
      trigger_template: 'no',
    })
    expect((await arrived(webhook.id, { trigger: 'silence' })).body).toMatchObject({ event: { type: 'silence' } })
    expect((await world.api('GET', `webhooks/${webhook.id}/`)).json.is_webhook_enabled).toBe(false)
  })

  it('is refused for five seconds after the last one of the same webhook, also of two at once', async () => {
    const [webhook, other] = [await newWebhook(), await newWebhook()]
    const answers = await Promise.all([1, 2, 3].map(() => ask(webhook.id)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 429, 429])
    expect(answers.find(({ status }) => status === 429)?.json).toEqual({
      detail: expect.stringMatching(/^Request was throttled\. Expected available in [1-5] seconds?\.$/),
    })
    expect((await ask(other.id)).status).toBe(202)
  })

  it('is refused where a request cannot be made, and nothing is owed', async () => {
    const webhook = await newWebhook({ url: 'http://{{ "10.0.0.1" }}/' })
    expect(await ask(webhook.id)).toMatchObject({
      status: 400,
      json: {
        detail: 'The request to http://{{ "10.0.0.1" }}/ cannot be made. URL - This url is not supported for outgoing webhooks',
      },
    })
    expect((await world.api('PATCH', `webhooks/${webhook.id}/`, { url: world.receiverUrl })).status).toBe(200)
    expect((await ask(webhook.id)).status).toBe(202)
  })

  it('is refused where the URL gets nothing any more, until the webhook is saved', async () => {
    const webhook = await newWebhook()
    const endpoints = world.apiDb.sql.updateTable('endpoints').where('owner_id', '=', webhook.id)
    await endpoints.set({ disabled_at: new Date(), disabled_reason: 'gone' }).execute()
    expect(await ask(webhook.id)).toMatchObject({
      status: 409,
      json: { detail: expect.stringMatching(/gets nothing any more, since it failed for too long or wanted that\./) },
    })
    await world.api('PATCH', `webhooks/${webhook.id}/`, {})
    expect((await ask(webhook.id)).status).toBe(202)
  })

  it.each([
    [{ trigger: 'status changed' }, { trigger: [expect.stringMatching(/^There is no such trigger/)] }],
    [{ trigger: ['resolve'] }, { trigger: [expect.stringMatching(/^There is no such trigger/)] }],
  ])('%j is refused by name', async (body, fields) => {
    const webhook = await newWebhook()
    expect(await ask(webhook.id, body)).toMatchObject({ status: 400, json: fields })
    expect((await ask(webhook.id)).status).toBe(202)
  })
})
