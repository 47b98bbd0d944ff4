import { describe, expect, it } from 'vitest'
import { egressPolicy } from '../deliveries/egress/egress.ts'
import type { Body } from '../lib/fields.ts'
import { asId, type ScheduleId } from '../lib/ids.ts'
import { parseNewWebhook, parseWebhookChange, type WebhookDefinition } from './webhook-input.ts'

const egress = egressPolicy([], 'https://bell.example')
const least: Body = { name: 'desk', url: 'https://desk.example/', http_method: 'POST', trigger_type: 'resolve' }

const asked = (body: Body): WebhookDefinition => {
  const parsed = parseNewWebhook(body, egress)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.reason))
  return parsed.value
}
const refusal = (change: Body) => {
  const parsed = parseNewWebhook({ ...least, ...change }, egress)
  return parsed.ok ? null : parsed.reason
}
const fieldsOf = (change: Body) => {
  const reason = refusal(change)
  return reason?.kind === 'invalid-fields' ? reason.fields : reason
}

describe('a new webhook', () => {
  it('has the defaults of the contract', () => {
    expect(asked(least)).toEqual({
      name: 'desk',
      description: null,
      isEnabled: true,
      teamId: null,
      triggerTypes: ['resolve'],
      integrationFilter: null,
      scheduleFilter: null,
      filter: null,
      urls: [{ url: 'https://desk.example/', httpMethod: 'POST' }],
      headers: null,
      staticHeaders: null,
      data: null,
      username: null,
      password: null,
      authorizationHeader: null,
      triggerTemplate: null,
      forwardAll: true,
      preset: null,
      failureEmail: null,
      retry: 'standard',
      maxAgeMs: null,
      timeoutMs: 15_000,
      inFlightMax: 8,
      rateMax: null,
      isOrdered: false,
    })
  })

  it('is what the Go client means by its full body', () => {
    const body = {
      preset: '',
      name: 'desk',
      team: '',
      url: 'https://desk.example/',
      trigger_type: 'status change',
      http_method: 'PUT',
      data: null,
      username: null,
      password: null,
      authorization_header: null,
      trigger_template: null,
      headers: null,
      forward_all: true,
      integration_filter: null,
      is_webhook_enabled: true,
    }
    expect(asked(body)).toMatchObject({
      triggerTypes: ['status change'],
      urls: [{ url: 'https://desk.example/', httpMethod: 'PUT' }],
      teamId: null,
      integrationFilter: null,
      preset: null,
    })
  })

  it('takes empty texts for none, but keeps empty credentials', () => {
    const body = {
      ...least,
      data: '',
      headers: '',
      trigger_template: '',
      username: '',
      password: '',
      integration_filter: [],
      team: 'null',
    }
    expect(asked({ ...body, is_webhook_enabled: null })).toMatchObject({
      data: null,
      headers: null,
      triggerTemplate: null,
      username: '',
      password: '',
      integrationFilter: null,
      teamId: null,
      isEnabled: true,
    })
  })

  it('of the simple preset posts everything on escalation, whatever the body says', () => {
    const body = { name: 'desk', url: 'https://desk.example/', preset: 'simple_webhook', forward_all: false, http_method: 'GET' }
    expect(asked(body)).toMatchObject({
      preset: 'simple_webhook',
      urls: [{ url: 'https://desk.example/', httpMethod: 'POST' }],
      triggerTypes: ['escalation'],
      forwardAll: true,
    })
    expect(asked({ ...least, preset: 'advanced_webhook' })).toMatchObject({
      preset: 'advanced_webhook',
      triggerTypes: ['resolve'],
    })
  })

  it.each(['zenduty', 'incident_io'])('of the preset %s needs a name and a URL only, and posts shift changes', (preset) => {
    const body = { name: 'desk', url: 'https://desk.example/', preset }
    expect(asked(body)).toMatchObject({ preset, triggerTypes: ['shift change'], urls: [{ httpMethod: 'POST' }] })
    expect(asked({ ...body, trigger_type: 'shift change', http_method: 'PUT' })).toMatchObject({ urls: [{ httpMethod: 'PUT' }] })
    expect(fieldsOf({ ...body, trigger_type: 'shift change', http_method: 'GET' })).toEqual({
      http_method: [`With the preset ${preset} it must be one of POST, PUT, PATCH.`],
    })
  })

  it('of the preset squadcast hears of all that it has a form for', () => {
    expect(asked({ name: 'desk', url: 'https://desk.example/', preset: 'squadcast' })).toMatchObject({
      triggerTypes: ['alert group created', 'reassigned', 'acknowledge', 'resolve'],
      urls: [{ httpMethod: 'POST' }],
    })
  })

  it.each([
    ['squadcast', { trigger_type: 'silence' }, 'trigger_type', 'silence'],
    ['zenduty', { trigger_type: 'schedule gap' }, 'trigger_type', 'schedule gap'],
    ['zenduty', { trigger_types: ['resolve', 'status change'] }, 'trigger_types', 'status change'],
    ['incident_io', { trigger_type: 'escalation' }, 'trigger_type', 'escalation'],
    ['grafana_oncall', { trigger_type: 'shift change' }, 'trigger_type', 'shift change'],
  ])('of the preset %s hears of nothing that it has no form for: %j', (preset, triggers, field, trigger) => {
    const fields = fieldsOf({ name: 'desk', url: 'https://desk.example/', preset, ...triggers })
    expect(fields).toEqual({
      [field]: [expect.stringMatching(`^The preset ${preset} has no form for "${trigger}", only for "[a-z" ,]+"[.]$`)],
    })
  })

  it('of the preset cloudevents hears of anything, but must say of what', () => {
    const body = { name: 'desk', url: 'https://desk.example/', preset: 'cloudevents' }
    expect(asked({ ...body, trigger_type: 'schedule gap' })).toMatchObject({ triggerTypes: ['schedule gap'] })
    expect(parseNewWebhook(body, egress)).toMatchObject({ reason: { fields: { trigger_type: ['This field is required.'] } } })
  })

  it('needs four fields, and says so of all at once, in the order of the contract', () => {
    const parsed = parseNewWebhook({}, egress)
    const missing = '["This field is required."]'
    expect(JSON.stringify(parsed.ok ? null : parsed.reason)).toBe(
      `{"kind":"invalid-fields","fields":{"name":${missing},"url":${missing},"http_method":${missing},"trigger_type":${missing}}}`,
    )
  })

  it('names all that is wrong in the order of the contract, as a change does', () => {
    const wrong = { integration_filter: 'x', http_method: 'x', url: '', headers: {}, data: {}, team: 1, name: '' }
    const inOrder = ['name', 'team', 'data', 'headers', 'url', 'http_method', 'integration_filter']
    expect(Object.keys(fieldsOf(wrong) ?? {})).toEqual(inOrder)
    const changed = parseWebhookChange(wrong, { current: asked(least), egress, replaces: true })
    expect(changed.ok || changed.reason.kind !== 'invalid-fields' ? null : Object.keys(changed.reason.fields)).toEqual(inOrder)
  })

  it.each(['url', 'headers', 'data', 'trigger_template'])('may have a template in %s', (field) => {
    for (const text of ['{{ alert_payload.id }}', '{% if 1 %}a{% endif %}', '{# note #}', '{{ alert_group.title }}']) {
      expect(fieldsOf({ [field]: `https://a.example/${text}` })).toBeNull()
    }
  })

  it.each(['url', 'headers', 'data', 'trigger_template'])('with a template in %s that cannot work is refused', (field) => {
    for (const [text, fault] of [
      ['{{ }}', "Template Error: Expected an expression, got 'end of print statement'"],
      ['{{ alert_payload | to_json }}', "Template Error: No filter named 'to_json'."],
      ['{% for n in range(3) %}{% endfor %}', "Template Error: use of 'range' is restricted"],
      ['x'.repeat(50_001), 'Template Error: Template exceeds length limit (50001 > 50000)'],
    ]) {
      expect(fieldsOf({ [field]: text })).toEqual({ [field]: [fault] })
    }
  })

  it('keeps JSON whose braces are no template', () => {
    expect(asked({ ...least, data: '{"a": {"b": 1}}', headers: '{"X": "}}"}' })).toMatchObject({ data: '{"a": {"b": 1}}' })
  })

  it.each([
    'ftp://a.example/',
    'http://10.0.0.1/',
    'http://localhost/',
    'https://u:p@a.example/',
    'https://bell.example/api/v1/',
  ])('to %s is refused when it is saved', (url) => {
    expect(Object.keys(fieldsOf({ url }) ?? {})).toEqual(['url'])
  })

  it('cannot be given the mask of a secret', () => {
    const message = ['This is the mask that stands for a hidden secret. Send the secret itself, or leave it out.']
    expect(fieldsOf({ password: '****************', authorization_header: '****************' })).toEqual({
      password: message,
      authorization_header: message,
    })
  })

  it('with a wrong trigger type is refused as a whole, in the words of the contract', () => {
    const detail =
      "trigger_type must one of ['escalation', 'alert group created', 'acknowledge', 'resolve', 'silence', 'unsilence', " +
      "'unresolve', 'unacknowledge', 'status change', 'personal notification']"
    expect(refusal({ trigger_type: 'whenever', name: null })).toEqual({ kind: 'invalid', detail })
  })
})

describe('a change', () => {
  const current = asked({
    ...least,
    team: 'T1',
    password: 'sesame',
    authorization_header: 'Bearer x',
    integration_filter: ['C1'],
    headers: '{"A":"b"}',
  })
  const changed = (body: Body, replaces = false) => {
    const parsed = parseWebhookChange(body, { current, egress, replaces })
    return parsed.ok ? parsed.value : parsed.reason
  }

  it('by PATCH keeps what it does not name', () => {
    expect(changed({})).toEqual(current)
  })

  it('by PUT clears the integration filter and the team where it does not name them', () => {
    expect(changed({}, true)).toEqual({ ...current, integrationFilter: null, teamId: null })
  })

  it('with the masks keeps the secrets, and with null or another text changes them', () => {
    const masked = { password: '****************', authorization_header: '****************' }
    expect(changed(masked)).toMatchObject({ password: 'sesame', authorizationHeader: 'Bearer x' })
    expect(changed({ password: null, authorization_header: 'Bearer y' })).toMatchObject({
      password: null,
      authorizationHeader: 'Bearer y',
    })
  })

  it('cannot switch the webhook to null', () => {
    expect(changed({ is_webhook_enabled: null })).toEqual({
      kind: 'invalid-fields',
      fields: { is_webhook_enabled: ['This field may not be null.'] },
    })
  })

  it('of the simple preset does not look at trigger and method, which the preset decides', () => {
    const simple = { ...current, preset: 'simple_webhook' as const }
    const wanted = { ok: true, value: { preset: 'simple_webhook', urls: [{ httpMethod: 'POST' }], triggerTypes: ['escalation'] } }
    const ignored = { trigger_type: '', http_method: '' }
    expect(parseWebhookChange(ignored, { current: simple, egress, replaces: true })).toMatchObject(wanted)
    expect(changed({ ...ignored, preset: 'simple_webhook' })).toMatchObject(wanted.value)
    const advanced = parseWebhookChange({ ...ignored, preset: 'advanced_webhook' }, { current: simple, egress, replaces: false })
    expect(advanced.ok).toBe(false)
  })

  it('to a preset with a form brings trigger and method along, where it cannot do with what it has', () => {
    const got: WebhookDefinition = {
      ...{ ...current, triggerTypes: ['silence'] },
      urls: [{ url: 'https://desk.example/', httpMethod: 'GET' }],
    }
    const parsed = parseWebhookChange({ preset: 'zenduty' }, { current: got, egress, replaces: false })
    expect(parsed).toMatchObject({
      ok: true,
      value: { preset: 'zenduty', triggerTypes: ['shift change'], urls: [{ httpMethod: 'POST' }] },
    })
    const resolving: WebhookDefinition = { ...current, triggerTypes: ['resolve'] }
    expect(parseWebhookChange({ preset: 'zenduty' }, { current: resolving, egress, replaces: false })).toMatchObject({
      value: { preset: 'zenduty', triggerTypes: ['resolve'] },
    })
  })

  it('of a webhook with such a preset keeps its method, and takes no trigger without a form', () => {
    const shifts: WebhookDefinition = {
      ...current,
      preset: 'zenduty',
      triggerTypes: ['shift change'],
      urls: [{ url: 'https://desk.example/', httpMethod: 'PUT' }],
    }
    const parsed = parseWebhookChange({ preset: '' }, { current: shifts, egress, replaces: true })
    expect(parsed).toMatchObject({
      ok: true,
      value: { preset: 'zenduty', triggerTypes: ['shift change'], urls: [{ httpMethod: 'PUT' }] },
    })
    expect(parseWebhookChange({ trigger_type: 'silence' }, { current: shifts, egress, replaces: true }).ok).toBe(false)
    const freed = parseWebhookChange(
      { preset: 'advanced_webhook', trigger_type: 'resolve' },
      { current: shifts, egress, replaces: true },
    )
    expect(freed).toMatchObject({ ok: true, value: { preset: 'advanced_webhook', triggerTypes: ['resolve'] } })
  })

  it('of the integration filter clears it by null or an empty list', () => {
    expect(changed({ integration_filter: null })).toEqual({ ...current, integrationFilter: null })
    expect(changed({ integration_filter: [] })).toEqual({ ...current, integrationFilter: null })
    expect(changed({ integration_filter: ['C2', 'C2'] })).toEqual({ ...current, integrationFilter: ['C2'] })
  })

  it('of the schedule filter clears it by null or an empty list, and keeps it when it is missing', () => {
    const filtered = { ...current, scheduleFilter: [asId<ScheduleId>('S1')] }
    const filterAfter = (body: Body) => {
      const parsed = parseWebhookChange(body, { current: filtered, egress, replaces: true })
      return parsed.ok ? parsed.value.scheduleFilter : parsed.reason
    }
    expect([{}, { schedule_filter: null }, { schedule_filter: [] }, { schedule_filter: ['S2'] }].map(filterAfter)).toEqual([
      ['S1'],
      null,
      null,
      ['S2'],
    ])
  })

  it('with an empty preset keeps the preset', () => {
    const simple = { ...current, preset: 'simple_webhook' as const }
    const parsed = parseWebhookChange({ preset: '', http_method: 'GET' }, { current: simple, egress, replaces: true })
    expect(parsed).toMatchObject({
      ok: true,
      value: { preset: 'simple_webhook', urls: [{ httpMethod: 'POST' }], triggerTypes: ['escalation'] },
    })
  })
})
