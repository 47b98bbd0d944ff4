import { Value } from 'typebox/value'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { triggers } from '../src/webhooks/trigger.ts'
import { type BoilerRoom, boilerRoom } from './support/boiler-room.ts'
import * as schemas from './support/form-schemas.ts'
import { type Crew, newCrew, type StillWorld, stillWorld } from './support/still-world.ts'
import { rowsOf } from './support/things.ts'

let world: StillWorld
let room: BoilerRoom
let crew: Crew

beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'harbour')
  crew = room.crew
})
afterAll(() => world.close())

let count = 0
const newWebhook = async (fields: object = {}): Promise<any> => {
  const name = `webhook ${(count += 1)}`
  const usual = { name, url: 'http://127.0.0.1/hook', http_method: 'POST' }
  const trigger = 'trigger_types' in fields ? {} : { trigger_type: 'acknowledge' }
  const { status, json, text } = await crew.api('POST', 'webhooks/', { ...usual, ...trigger, ...fields })
  expect({ status, text }).toEqual({ status: 201, text })
  return json
}
const ask = (id: string, body: object = {}) => crew.api('POST', `webhooks/${id}/preview/`, body)
const preview = async (id: string, body: object = {}): Promise<any> => {
  const { status, json, text } = await ask(id, body)
  expect({ status, text }).toEqual({ status: 200, text })
  return json
}
const bodyOf = (shown: any): any => JSON.parse(shown.requests[0].body)

/** An acknowledged group, and the sequence of the event that says so. */
async function acknowledged(from = room.source): Promise<{ readonly id: string; readonly sequence: number }> {
  const id = await room.newGroup('acknowledged', from)
  const event = (await room.timeline(id)).find(({ type }) => type === 'alert_group.acknowledged')
  return { id, sequence: event.sequence }
}

describe('a preview of a past event', () => {
  it('is the request that would leave, and all conditions are met', async () => {
    const { id, sequence } = await acknowledged()
    const webhook = await newWebhook({ static_headers: { 'X-Team': 'boilers' } })
    expect(await preview(webhook.id, { event_sequence: sequence })).toEqual({
      event: { sequence, type: 'alert_group.acknowledged', trigger: 'acknowledge', at: '2026-04-01T12:00:00Z' },
      would_send: true,
      conditions: {
        is_webhook_enabled: { passes: true, reason: null },
        trigger_type: { passes: true, reason: null },
        integration_filter: { passes: true, reason: null },
        schedule_filter: { passes: true, reason: null },
        filter: { passes: true, reason: null },
        trigger_template: { passes: true, reason: null },
      },
      requests: [
        {
          http_method: 'POST',
          url: 'http://127.0.0.1/hook',
          headers: { 'X-Team': 'boilers', 'content-type': 'application/json', accept: '*/*', 'user-agent': 'Watchbell/test' },
          body: expect.stringContaining(`"alert_group_id": "${id}"`),
          fault: null,
        },
      ],
    })
  })

  it('says of each condition why it is not met, and shows the request all the same', async () => {
    const { sequence } = await acknowledged()
    const other = await room.newSource()
    const webhook = await newWebhook({
      trigger_types: ['resolve', 'silence'],
      is_webhook_enabled: false,
      integration_filter: [other.id],
      filter: { field: 'payload.message', operator: 'contains', value: 'fire' },
      trigger_template: '{{ alert_group.state == "firing" }}',
    })
    const shown = await preview(webhook.id, { event_sequence: sequence })
    expect(shown.would_send).toBe(false)
    expect(shown.conditions).toEqual({
      is_webhook_enabled: { passes: false, reason: 'The webhook is switched off.' },
      trigger_type: { passes: false, reason: 'The webhook waits for "resolve", "silence", and this is "acknowledge".' },
      integration_filter: { passes: false, reason: `The integration ${room.source.id} is not in the list.` },
      schedule_filter: { passes: true, reason: null },
      filter: { passes: false, reason: 'payload.message is "99 degrees", but must contain "fire".' },
      trigger_template: { passes: false, reason: 'Not triggered: the trigger template says "False".' },
    })
    expect(shown.requests).toMatchObject([{ fault: null, body: expect.stringContaining('"state": "acknowledged"') }])
  })

  it('tells what happened before and what others were answered, in the form of another product', async () => {
    const { sequence } = await acknowledged()
    const webhook = await newWebhook({ preset: 'squadcast' })
    const shown = await preview(webhook.id, { event_sequence: sequence })
    expect([...Value.Errors(schemas.squadcast, bodyOf(shown))]).toEqual([])
    expect(bodyOf(shown).data.resource_data.timeline).toMatchObject([{ action: 'triggered' }, { action: 'acknowledged' }])
  })

  it('is refused of an event that webhooks do not hear of, is not there, or was wiped', async () => {
    const webhook = await newWebhook()
    const refused = async (sequence: unknown) => {
      const { status, json } = await ask(webhook.id, { event_sequence: sequence })
      return [status, json.event_sequence]
    }
    const { id, sequence } = await acknowledged()
    const started = (await room.timeline(id)).find(({ type }) => type === 'escalation.started')
    expect(await refused(started.sequence)).toEqual([400, ['Webhooks do not hear of "escalation.started".']])
    expect(await refused(999_999)).toEqual([400, ['There is no such event.']])
    expect((await crew.api('DELETE', `alert_groups/${id}/`, { mode: 'wipe' })).status).toBe(204)
    expect(await refused(sequence)).toEqual([400, ['What this event said was wiped.']])
  })

  it("is not of another organization's event", async () => {
    const stranger = await newCrew(world, 'elsewhere')
    const { sequence } = await acknowledged()
    const fields = { name: 'theirs', url: 'http://127.0.0.1/', http_method: 'POST', trigger_type: 'acknowledge' }
    const { json } = await stranger.api('POST', 'webhooks/', fields)
    const answer = await stranger.api('POST', `webhooks/${json.id}/preview/`, { event_sequence: sequence })
    expect(answer).toMatchObject({ status: 400, json: { event_sequence: ['There is no such event.'] } })
  })
})

describe('a preview of an example', () => {
  it.each(triggers)('tells of "%s" what a webhook that waits for it gets', async (trigger) => {
    const webhook = await newWebhook({ trigger_type: trigger, filter: { field: 'team', operator: 'exists', value: false } })
    const shown = await preview(webhook.id)
    expect(shown).toMatchObject({ event: { sequence: null, trigger }, would_send: true })
    expect(bodyOf(shown).event.type).toBe(trigger)
  })

  it('says what a real event says, member for member', async () => {
    for (const [state, trigger] of [
      ['firing', 'alert group created'],
      ['acknowledged', 'acknowledge'],
      ['silenced', 'silence'],
      ['resolved', 'resolve'],
    ] as const) {
      const webhook = await newWebhook({ trigger_type: trigger })
      const id = await room.newGroup(state)
      const { results } = (await crew.api('GET', 'events/?limit=1000')).json
      const event = results.findLast((one: any) => one.alert_group_id === id && one.data.event?.type === trigger)
      const [real, example] = [await preview(webhook.id, { event_sequence: event.sequence }), await preview(webhook.id)]
      expect(membersOf(bodyOf(example))).toEqual(expect.arrayContaining([...membersOf(bodyOf(real))]))
    }
  })

  it('passes the filters of integrations and schedules: it comes from the first of them', async () => {
    const webhook = await newWebhook({ integration_filter: [room.source.id] })
    const shown = await preview(webhook.id)
    expect(shown.would_send).toBe(true)
    expect(bodyOf(shown).integration.id).toBe(room.source.id)
    const schedule = (await crew.api('POST', 'schedules/', { name: 'Primary', type: 'calendar', time_zone: 'UTC' })).json
    const other = await newWebhook({ trigger_type: 'shift change', schedule_filter: [schedule.id] })
    expect(bodyOf(await preview(other.id)).schedule.id).toBe(schedule.id)
  })

  it.each([
    ['zenduty', 'shift change', schemas.zendutyOnCall],
    ['zenduty', 'resolve', schemas.zenduty],
    ['incident_io', 'acknowledge', schemas.incidentIo],
    ['squadcast', 'reassigned', schemas.squadcast],
    ['grafana_oncall', 'silence', schemas.grafanaOnCall],
    ['cloudevents', 'schedule gap', schemas.cloudEvent],
  ])('has the form of %s for "%s"', async (preset, trigger, schema) => {
    const webhook = await newWebhook({ preset, trigger_type: trigger })
    const shown = await preview(webhook.id)
    expect(shown.requests).toMatchObject([{ fault: null }])
    expect([...Value.Errors(schema, bodyOf(shown))]).toEqual([])
  })

  it('is of one of the six where any change of the status is asked for', async () => {
    const webhook = await newWebhook({ trigger_type: 'status change' })
    expect(await preview(webhook.id, { trigger: 'status change' })).toMatchObject({
      event: { trigger: 'acknowledge' },
      would_send: true,
      conditions: { trigger_type: { passes: true } },
    })
  })

  it('says which preset has no form for it', async () => {
    const webhook = await newWebhook({ preset: 'squadcast', trigger_type: 'resolve' })
    const shown = await preview(webhook.id, { trigger: 'silence' })
    expect(shown.requests).toEqual([
      {
        http_method: 'POST',
        url: 'http://127.0.0.1/hook',
        headers: {},
        body: null,
        fault: 'The preset squadcast has no form for "silence".',
      },
    ])
    expect(shown.would_send).toBe(false)
  })
})

describe('a preview with changes', () => {
  it('shows what they would make of it, and saves and sends nothing', async () => {
    const webhook = await newWebhook({ integration_filter: [room.source.id], authorization_header: 'Bearer sesame' })
    const before = await rowsOf(world.db, crew.organizationId)
    const sentBefore = world.sent.length
    const shown = await preview(webhook.id, {
      trigger: 'resolve',
      webhook: {
        trigger_types: ['resolve'],
        urls: [{ url: 'http://127.0.0.1/{{ alert_group_id }}' }, { url: 'http://127.0.0.1/two', http_method: 'GET' }],
        headers: '{"X-State": "{{ alert_group.state }}", "X-Api-Key": "open"}',
        forward_all: false,
        data: '{"text": "{{ alert_group.title }}"}',
      },
    })
    const masked = { 'X-State': 'resolved', 'X-Api-Key': '****************', Authorization: '****************' }
    const userAgent = { accept: '*/*', 'user-agent': 'Watchbell/test' }
    expect(shown).toMatchObject({ would_send: true, conditions: { integration_filter: { passes: true } } })
    expect(shown.requests).toEqual([
      {
        http_method: 'POST',
        url: 'http://127.0.0.1/IEXAMPLE11111',
        headers: { ...masked, 'content-type': 'application/json', ...userAgent },
        body: '{"text": "Example: disk almost full on db1"}',
        fault: null,
      },
      { http_method: 'GET', url: 'http://127.0.0.1/two', headers: { ...masked, ...userAgent }, body: null, fault: null },
    ])
    expect(await rowsOf(world.db, crew.organizationId)).toEqual(before)
    expect(world.sent).toHaveLength(sentBefore)
  })

  it('tells faults of templates as the response log does', async () => {
    const webhook = await newWebhook()
    const faultOf = async (change: object) => {
      const { requests, conditions, would_send } = await preview(webhook.id, { webhook: change })
      expect(would_send).toBe(false)
      return conditions.trigger_template.reason ?? requests[0].fault
    }
    const wrong = '{{ alert_group.title | int / 0 }}'
    expect(await faultOf({ trigger_template: wrong })).toBe('Trigger - Template Error: division by zero')
    expect(await faultOf({ url: wrong })).toBe('URL - Template Error: division by zero')
    expect(await faultOf({ url: 'http://{{ "10.0.0.1" }}/' })).toBe('URL - This url is not supported for outgoing webhooks')
    expect(await faultOf({ headers: '{{ 1 }}' })).toBe('Headers - Template did not result in json/dict')
    expect(await faultOf({ forward_all: false, data: wrong })).toBe('Data - Template Error: division by zero')
  })

  it.each([
    [{ trigger: 'burns' }, { trigger: [expect.stringMatching(/^There is no such trigger: it may be escalation, /)] }],
    [{ trigger: 5 }, { trigger: [expect.stringMatching(/^There is no such trigger/)] }],
    [{ event_sequence: 'x' }, { event_sequence: ['A valid integer is required.'] }],
    [{ event_sequence: 0 }, { event_sequence: ['Ensure this value is greater than or equal to 1.'] }],
    [
      { event_sequence: 1, trigger: 'resolve' },
      { trigger: ['Either an event of the log is meant or an example: leave one of the two out.'] },
    ],
    [{ webhook: [] }, { webhook: ['Invalid data. Expected a dictionary, but got list.'] }],
    [{ webhook: { url: 'ftp://x/', http_method: 'BURN' } }, { url: [expect.anything()], http_method: [expect.anything()] }],
    [{ webhook: { integration_filter: ['CNONE11111111'] } }, { integration_filter: ['Integration does not exist'] }],
    [{ webhook: { schedule_filter: ['SNONE11111111'] } }, { schedule_filter: ['Schedule does not exist'] }],
    [{ webhook: { data: '{{ x | nonsense }}' } }, { data: [expect.stringContaining('nonsense')] }],
  ])('%j is refused by name', async (body, fields) => {
    const webhook = await newWebhook()
    expect(await ask(webhook.id, body)).toMatchObject({ status: 400, json: fields })
  })
})

/** The paths of all members; of lists those of the first item. */
function membersOf(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [path]
  if (Array.isArray(value)) return value.length === 0 ? [] : membersOf(value[0], `${path}[]`)
  return Object.entries(value).flatMap(([name, member]) =>
    name === 'alert_payload' || name === 'payload' ? [`${path}.${name}`] : membersOf(member, `${path}.${name}`),
  )
}
