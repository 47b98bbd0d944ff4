import { describe, expect, it } from 'vitest'
import { handOver } from '../../test/support/shift-changes.ts'
import { asId, type OrganizationId, type WebhookId } from '../lib/ids.ts'
import { instant } from '../lib/time.ts'
import { renderWebhook, type RenderInput } from './render.ts'
import { usualSending } from './sending.ts'
import type { Webhook } from './webhook.ts'

const plain: Webhook = {
  organizationId: asId<OrganizationId>('O1'),
  id: asId<WebhookId>('WH1'),
  name: 'To the desk',
  isEnabled: true,
  teamId: null,
  userId: null,
  description: null,
  triggerTypes: ['acknowledge'],
  integrationFilter: null,
  scheduleFilter: null,
  filter: null,
  urls: [{ url: 'https://desk.example/hook', httpMethod: 'POST' }],
  headers: null,
  staticHeaders: null,
  data: null,
  username: null,
  password: null,
  authorizationHeader: null,
  triggerTemplate: null,
  forwardAll: true,
  preset: null,
  ...usualSending,
  createdAt: instant(0),
}

const eventData = '{"event":{"type":"acknowledge"},"alert_payload":{"value":1.50,"n":12345678901234567890}}'
const input: RenderInput = {
  url: 'https://desk.example/hook',
  httpMethod: 'POST',
  events: [{ trigger: 'acknowledge', sequence: 1, data: eventData }],
  answers: [],
}

function rendered(change: Partial<Webhook>, given: Partial<RenderInput> = {}) {
  const result = renderWebhook({ ...plain, ...change }, { ...input, ...given })
  if (result.kind !== 'message') throw new Error(`not rendered: ${result.kind}`)
  const { message } = result
  return { ...message, body: message.body === null ? null : Buffer.from(message.body).toString('utf8') }
}

describe('a webhook that forwards all', () => {
  it('posts what the event says letter by letter', () => {
    expect(rendered({})).toEqual({
      kind: 'http',
      method: 'POST',
      target: 'https://desk.example/hook',
      headers: { 'content-type': 'application/json' },
      headersShown: '{}',
      body: eventData,
      requestTrigger: '',
    })
  })

  it('adds what other webhooks were answered: JSON as JSON, text as text, nothing as null', () => {
    const answers = [
      { webhookId: 'WH1', body: Buffer.from('{"own":true}') },
      { webhookId: 'WH2', body: Buffer.from('{"id": 1.0}\n') },
      { webhookId: 'WH3', body: Buffer.from('thanks "you"') },
      { webhookId: 'WH4', body: null },
      { webhookId: 'WH5', body: Buffer.from('') },
    ]
    expect(rendered({}, { answers }).body).toBe(
      `${eventData.slice(0, -1)},"responses":{"WH2":{"id": 1.0},"WH3":"thanks \\"you\\"","WH4":null,"WH5":""}}`,
    )
  })

  it('says nothing of responses when only its own are known', () => {
    expect(rendered({}, { answers: [{ webhookId: 'WH1', body: Buffer.from('{}') }] }).body).toBe(eventData)
  })

  it('takes an answer that is nested beyond reason as a text', () => {
    const body = Buffer.from('['.repeat(300) + ']'.repeat(300))
    expect(rendered({}, { answers: [{ webhookId: 'WH2', body }] }).body).toContain('"responses":{"WH2":"[[[')
  })

  it.each(['GET', 'DELETE', 'OPTIONS'] as const)('sends no body with %s', (httpMethod) => {
    expect(rendered({}, { httpMethod })).toMatchObject({ method: httpMethod, body: null, headers: {} })
  })
})

describe('a webhook with data of its own', () => {
  it.each([
    ['{"a": [1.0, "ü"]}', '{"a": [1.0, "ü"]}', { 'content-type': 'application/json' }],
    ['"text"', '"text"', { 'content-type': 'application/json' }],
    ['grüezi', 'grüezi', {}],
    ['{"a": }', '{"a": }', {}],
    ['null', null, {}],
    [null, null, {}],
  ])('%s is sent as %s', (data, body, headers) => {
    expect(rendered({ forwardAll: false, data })).toMatchObject({ body, headers })
  })

  it('keeps a content type that its headers name in any case', () => {
    expect(rendered({ forwardAll: false, data: 'a: 1', headers: '{"CONTENT-TYPE": "text/yaml"}' }).headers).toEqual({
      'CONTENT-TYPE': 'text/yaml',
    })
    expect(rendered({ headers: '{"Content-type": "application/vnd.x+json"}' }).headers).toEqual({
      'Content-type': 'application/vnd.x+json',
    })
  })
})

describe('credentials', () => {
  it('of the authorization field go before a header of that name, and are masked in the log', () => {
    const { headers, headersShown } = rendered({
      headers: '{"authorization": "old", "X-Team": "db"}',
      authorizationHeader: 'Bearer sesame',
    })
    expect(headers).toEqual({ 'X-Team': 'db', Authorization: 'Bearer sesame', 'content-type': 'application/json' })
    expect(headersShown).toBe('{"X-Team":"db","Authorization":"****************"}')
  })

  it('of basic authentication go before all, and do not show in the log', () => {
    const { headers, headersShown } = rendered({
      username: 'ann',
      password: 'höchst geheim',
      authorizationHeader: 'Bearer sesame',
    })
    expect(headers['Authorization']).toBe('Basic YW5uOmjDtmNoc3QgZ2VoZWlt')
    expect(headersShown).toBe('{"Authorization":"****************"}')
  })

  it('of basic authentication need both parts', () => {
    expect(rendered({ username: 'ann', password: '' }).headers).toEqual({ 'content-type': 'application/json' })
    expect(rendered({ username: null, password: 'x' }).headers).toEqual({ 'content-type': 'application/json' })
  })
})

describe('a trigger template without placeholders', () => {
  it.each(['true', 'True', 'TRUE', '1'])('sends for %s, and the log shows it', (triggerTemplate) => {
    expect(rendered({ triggerTemplate }).requestTrigger).toBe(triggerTemplate)
  })

  it.each(['false', ' true', 'ok', '0', 'yes'])('does not send for "%s"', (triggerTemplate) => {
    expect(renderWebhook({ ...plain, triggerTemplate }, input)).toEqual({
      kind: 'skipped',
      reason: `Not triggered: the trigger template says "${triggerTemplate}".`,
    })
  })
})

describe('a webhook that hears of shift changes', () => {
  const change = JSON.stringify(handOver)
  const events: RenderInput['events'] = [{ trigger: 'shift change', sequence: 5, data: change }]

  it('forwards all in our own form, without answers of others', () => {
    const body = JSON.parse(rendered({ triggerTypes: ['shift change'] }, { events }).body ?? '')
    expect(Object.keys(body)).toEqual(['event', 'schedule', 'previous', 'current', 'next', 'gap'])
    expect(body.event).toMatchObject({ type: 'shift change', sequence: 5 })
  })

  it('with a preset posts JSON in its form, whatever the body and forward_all say, with the headers that it has', () => {
    const own = { data: '{"own": true}', forwardAll: false, authorizationHeader: 'Bearer key', headers: '{"X-Team": "db"}' }
    for (const [preset, event] of [
      ['zenduty', 'oncall_change'],
      ['incident_io', 'schedule.shift_change_v1'],
    ] as const) {
      const message = rendered({ ...own, preset, triggerTypes: ['shift change'] }, { events })
      expect(JSON.parse(message.body ?? '').event_type).toBe(event)
      expect(message.headers).toEqual({ 'X-Team': 'db', Authorization: 'Bearer key', 'content-type': 'application/json' })
    }
  })

  it('keeps a content type of its own', () => {
    const message = rendered({ preset: 'zenduty', headers: '{"Content-Type": "application/vnd.example+json"}' }, { events })
    expect(message.headers).toEqual({ 'Content-Type': 'application/vnd.example+json' })
  })

  it('tells of several together where the preset does', () => {
    const elsewhere = { ...handOver, schedule: { ...handOver.schedule, name: 'Second' } }
    const both: RenderInput['events'] = [...events, { trigger: 'shift change', sequence: 6, data: JSON.stringify(elsewhere) }]
    const body = JSON.parse(rendered({ preset: 'zenduty' }, { events: both }).body ?? '')
    expect(Object.keys(body.transitions.Harbour)).toEqual(['Primary', 'Second'])
  })

  it('with a preset for them says nothing of an alert group for which a step calls it', () => {
    expect(renderWebhook({ ...plain, preset: 'incident_io' }, input)).toEqual({
      kind: 'dead',
      reason: 'The preset incident_io tells of shift changes and of nothing else.',
    })
  })
})
