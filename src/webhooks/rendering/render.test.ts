import { describe, expect, it } from 'vitest'
import { handOver } from '../../../test/support/shift-changes.ts'
import { told } from '../../../test/support/told.ts'
import { asId, type OrganizationId, type WebhookId } from '../../lib/ids.ts'
import { instant } from '../../lib/time.ts'
import { egressPolicy } from '../../deliveries/egress/egress.ts'
import { renderWebhook, type RenderInput } from './render.ts'
import { usualSending } from '../sending.ts'
import { newTemplating } from './templating.ts'
import type { Webhook } from '../webhook.ts'

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
  missedSince: null,
  createdAt: instant(0),
}

const eventData = '{"event":{"type":"acknowledge"},"alert_payload":{"value":1.50,"n":12345678901234567890}}'
const eventBody = '{"event": {"type": "acknowledge"}, "alert_payload": {"value": 1.50, "n": 12345678901234567890}}'
const input: RenderInput = {
  url: 'https://desk.example/hook',
  httpMethod: 'POST',
  events: [told({ data: eventData })],
  answers: [],
  templating: newTemplating({ now: instant(0), random: () => 0, isLate: () => false }),
  egress: egressPolicy([], 'https://bell.example'),
  history: [],
  baseUrl: 'https://bell.example',
  userAgent: 'Watchbell/1',
}

function rendered(change: Partial<Webhook>, given: Partial<RenderInput> = {}) {
  const result = renderWebhook({ ...plain, ...change }, { ...input, ...given })
  if (result.kind !== 'message') throw new Error(`not rendered: ${result.kind}`)
  const { message } = result
  const { 'user-agent': _, accept: __, ...headers } = message.headers
  return { ...message, headers, body: message.body === null ? null : Buffer.from(message.body).toString('utf8') }
}

describe('a webhook that forwards all', () => {
  it('posts what the event says as Python writes it, with the numbers that came', () => {
    expect(rendered({})).toEqual({
      kind: 'http',
      method: 'POST',
      target: 'https://desk.example/hook',
      headers: { 'content-type': 'application/json' },
      headersShown: '{}',
      body: eventBody,
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
      `${eventBody.slice(0, -1)}, "responses": {"WH2": {"id": 1.0}, "WH3": "thanks \\"you\\"", "WH4": null, "WH5": ""}}`,
    )
  })

  it('says nothing of responses when only its own are known', () => {
    expect(rendered({}, { answers: [{ webhookId: 'WH1', body: Buffer.from('{}') }] }).body).toBe(eventBody)
  })

  it('takes an answer that is nested beyond reason as a text', () => {
    const body = Buffer.from('['.repeat(300) + ']'.repeat(300))
    expect(rendered({}, { answers: [{ webhookId: 'WH2', body }] }).body).toContain('"responses": {"WH2": "[[[')
  })

  it.each(['GET', 'DELETE', 'OPTIONS'] as const)('sends no body with %s', (httpMethod) => {
    expect(rendered({}, { httpMethod })).toMatchObject({ method: httpMethod, body: null, headers: {} })
  })
})

describe('a webhook with data of its own', () => {
  it.each([
    ['{"a": [1.0, "ü"]}', '{"a": [1.0, "\\u00fc"]}', { 'content-type': 'application/json' }],
    [
      '{ "b":{"x":1,"y":[2,3]},\n"a":"1,2:3" }',
      '{"b": {"x": 1, "y": [2, 3]}, "a": "1,2:3"}',
      { 'content-type': 'application/json' },
    ],
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

describe('templates', () => {
  const said = {
    event: { type: 'acknowledge' },
    user: null,
    alert_group: { title: 'Disk "full"\non db1', state: 'acknowledged' },
    alert_group_id: 'I1',
    alert_payload: { severity: 'critical', path: 'C:\\temp', labels: { team: 'db' }, count: 2 },
  }
  const events: RenderInput['events'] = [told({ data: JSON.stringify(said) })]
  const made = (change: Partial<Webhook>, given: Partial<RenderInput> = {}) =>
    rendered({ forwardAll: false, ...change }, { events, ...given })

  it('make the URL', () => {
    expect(made({}, { url: 'https://{{ alert_payload.labels.team }}.example/{{ alert_group_id | lower }}' }).target).toBe(
      'https://db.example/i1',
    )
  })

  it('make the body, with texts escaped so that it is JSON', () => {
    const data = '{"text": "{{ alert_group.title }} {{ alert_payload.path }}", "n": {{ alert_payload.count }}}'
    const { body, headers } = made({ data })
    expect(body).toBe('{"text": "Disk \\"full\\"\\non db1 C:\\\\temp", "n": 2}')
    expect(headers).toEqual({ 'content-type': 'application/json' })
  })

  it('make right JSON with tojson, too', () => {
    const { body } = made({ data: '{"text": {{ alert_group.title | tojson }}, "all": {{ alert_payload | tojson }}}' })
    expect(JSON.parse(body ?? '')).toEqual({ text: 'Disk "full"\non db1', all: said.alert_payload })
  })

  it('that make no JSON make a text without a content type, and none where they make null', () => {
    expect(made({ data: '{{ alert_payload.severity }}: {{ alert_payload.labels }}' })).toMatchObject({
      body: "critical: {'team': 'db'}",
      headers: {},
    })
    expect(made({ data: '{{ user | tojson }}' })).toMatchObject({ body: null, headers: {} })
  })

  it('make headers', () => {
    const headers = '{"X-Title": "{{ alert_group.title | replace("\\\\n", " ") }}", "Authorization": "Key {{ alert_group_id }}"}'
    expect(made({ headers })).toMatchObject({
      headers: { 'X-Title': 'Disk "full" on db1', Authorization: 'Key I1' },
      headersShown: '{"X-Title":"Disk \\"full\\" on db1","Authorization":"****************"}',
    })
  })

  it('let no text of the event out of its quotes, and no line break into a header', () => {
    const evil: RenderInput['events'] = [
      told({ data: JSON.stringify({ alert_group: { title: '","Authorization":"mine","x":"' } }) }),
    ]
    const cleaned = String.raw`"{{ alert_group.title | replace('\\\\', '') }}"`
    const { body, headers } = made({ data: `{"text": ${cleaned}}`, headers: `{"X-Title": ${cleaned}}` }, { events: evil })
    expect(JSON.parse(body ?? '')).toEqual({ text: '","Authorization":"mine","x":"' })
    expect(headers).toMatchObject({ 'X-Title': '","Authorization":"mine","x":"' })
    expect(headers).not.toHaveProperty('Authorization')
    const webhook = { ...plain, headers: '{"X-Title": "{{ alert_group.title }}"}' }
    expect(renderWebhook(webhook, { ...input, events })).toMatchObject({
      kind: 'faulty',
      reason: 'Headers - The value of "X-Title" has characters that a header cannot carry.',
    })
  })

  it('decide whether it is triggered, and the log shows what they said', () => {
    expect(made({ triggerTemplate: '{{ alert_payload.severity == "critical" }}' }).requestTrigger).toBe('True')
    const triggerTemplate = '{{ alert_payload.severity == "warning" }}'
    expect(renderWebhook({ ...plain, triggerTemplate }, { ...input, events })).toEqual({
      kind: 'skipped',
      reason: 'Not triggered: the trigger template says "False".',
    })
  })

  it('see what other webhooks were answered, and nothing where none was', () => {
    const answers = [
      { webhookId: 'WH1', body: Buffer.from('{"id": "own"}') },
      { webhookId: 'WH2', body: Buffer.from('{"id": "T-7"}') },
      { webhookId: 'WH3', body: Buffer.from('thanks') },
      { webhookId: 'WH4', body: null },
    ]
    const url = 'https://desk.example/{{ responses["WH2"].id }}/{{ responses.WH3 }}/{{ responses.WH4 }}/{{ responses.WH1 }}'
    expect(made({}, { url, answers }).target).toBe('https://desk.example/T-7/thanks/None/')
    expect(made({}, { url: 'https://desk.example/{{ responses }}' }).target).toBe('https://desk.example/')
  })

  it('know payload, which is nothing here', () => {
    expect(made({}, { url: 'https://desk.example/{{ payload }}{{ payload.x }}' }).target).toBe('https://desk.example/None')
  })

  it('do not change what the next one sees', () => {
    const { target, body } = made(
      { data: '{{ alert_payload.labels }}' },
      { url: 'https://desk.example/{{ alert_payload.labels.update({"team": "other"}) }}' },
    )
    expect([target, body]).toEqual(['https://desk.example/None', "{'team': 'db'}"])
  })

  it.each<[Partial<Webhook>, Partial<RenderInput>, Record<string, unknown>]>([
    [
      { triggerTemplate: '{{ alert_payload.x.y }}' },
      {},
      { requestTrigger: "Trigger - Template Warning: 'dict object' has no attribute 'x'", target: '', body: null },
    ],
    [
      { triggerTemplate: '1' },
      { url: 'https://desk.example/{{ }}' },
      { requestTrigger: '1', target: "URL - Template Error: Expected an expression, got 'end of print statement'", body: null },
    ],
    [{}, { url: '{{ alert_group_id }}' }, { target: 'URL - Malformed url' }],
    [{}, { url: 'https://bell.example/{{ alert_group_id }}' }, { target: 'URL - Potential self-reference' }],
    [{}, { url: 'http://10.0.0.{{ 1 }}/' }, { target: 'URL - This url is not supported for outgoing webhooks' }],
    [
      { headers: '{{ alert_group_id | invalid }}' },
      {},
      { target: 'https://desk.example/hook', headersShown: "Headers - Template Error: No filter named 'invalid'." },
    ],
    [{ headers: '{{ alert_payload }}' }, {}, { headersShown: 'Headers - Template did not result in json/dict' }],
    [{ headers: '{"X": {{ 1 }}}' }, {}, { headersShown: 'Headers - Template did not result in json/dict' }],
    [{ headers: '{"{{ "Host" }}": "x"}' }, {}, { headersShown: 'Headers - The header "Host" is set by the server itself.' }],
    [
      { headers: '{"X": "1"}', data: '{{ missing | tojson }}' },
      {},
      { headersShown: '{"X":"1"}', body: 'Data - Template Warning: Object of type Undefined is not JSON serializable' },
    ],
  ])('that fail show their fault in the log, and nothing is sent: %j %j', (change, given, shown) => {
    const result = renderWebhook({ ...plain, forwardAll: false, ...change }, { ...input, events, ...given })
    if (result.kind !== 'faulty') throw new Error(`not faulty: ${result.kind}`)
    const { body } = result.request
    const request = { ...result.request, body: body === null ? null : Buffer.from(body).toString() }
    expect(request).toMatchObject(shown)
    expect(Object.values(request)).toContain(result.reason)
  })

  it('of a body that is not sent are not looked at', () => {
    expect(made({ data: '{{ missing.x }}' }, { httpMethod: 'GET' })).toMatchObject({ method: 'GET', body: null })
    expect(JSON.parse(made({ forwardAll: true, data: '{{ missing.x }}' }).body ?? '')).toEqual(said)
  })

  it('do not mind what an event has beyond reason, unless they look at it', () => {
    const data = `{"alert_payload": {"deep": ${'['.repeat(500)}${']'.repeat(500)}, "long": ${'9'.repeat(5000)}, "title": "Disk"}}`
    const resultOf = (url: string) => renderWebhook(plain, { ...input, events: [told({ data })], url })
    expect(resultOf('https://a.example/{{ alert_payload.title }}')).toMatchObject({
      message: { target: 'https://a.example/Disk' },
    })
    expect(resultOf('https://a.example/{{ alert_payload.deep }}')).toMatchObject({
      kind: 'faulty',
      reason: 'URL - Template Error: The template is nested more than 400 levels deep',
    })
  })
})

describe('a webhook that hears of shift changes', () => {
  const change = JSON.stringify(handOver)
  const events: RenderInput['events'] = [told({ trigger: 'shift change', sequence: 5, data: change })]

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
    const both: RenderInput['events'] = [
      ...events,
      told({ trigger: 'shift change', sequence: 6, data: JSON.stringify(elsewhere) }),
    ]
    const body = JSON.parse(rendered({ preset: 'zenduty' }, { events: both }).body ?? '')
    expect(Object.keys(body.transitions.Harbour)).toEqual(['Primary', 'Second'])
  })

  it('has templates that see what the body would say', () => {
    const url = 'https://desk.example/{{ schedule.name }}/{{ event.type }}/{{ current | map(attribute="username") | join }}'
    expect(rendered({ triggerTypes: ['shift change'] }, { events, url }).target).toBe(
      'https://desk.example/Primary/shift change/bob',
    )
  })

  it('with a preset that has no word for what a step calls it for says nothing', () => {
    const called: RenderInput['events'] = [told({ trigger: 'escalation', data: eventData })]
    expect(renderWebhook({ ...plain, preset: 'incident_io' }, { ...input, events: called })).toEqual({
      kind: 'dead',
      reason: 'The preset incident_io has no form for "escalation".',
    })
  })
})
