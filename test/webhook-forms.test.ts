import { Value } from 'typebox/value'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as schemas from './support/form-schemas.ts'
import { type Harbour, harbour } from './support/harbour.ts'
import { eventually } from './support/watchbell.ts'

/** One alert group from its first alert to its end, as the receivers of each preset hear of it. */
describe('an alert group is told in the forms of other products', () => {
  let world: Harbour['world']
  let ada: Harbour['ada']
  let chain: Harbour['chain']
  let integration: Harbour['integration']
  let service: Harbour['service']
  let team: Harbour['team']
  let group = ''

  beforeAll(async () => {
    ;({ world, ada, chain, integration, service, team } = await harbour())
    for (const webhook of [
      { name: 'Squadcast', preset: 'squadcast' },
      { name: 'Zenduty', preset: 'zenduty', trigger_types: ['alert group created', 'acknowledge', 'resolve'] },
      { name: 'Alerts', preset: 'incident_io', trigger_types: ['alert group created', 'resolve'] },
      { name: 'Escalations', preset: 'incident_io', trigger_types: ['alert group created', 'status change'] },
      { name: 'OnCall', preset: 'grafana_oncall', trigger_type: 'acknowledge', forward_all: false, data: 'own' },
      { name: 'Clouds', preset: 'cloudevents', trigger_types: ['alert group created', 'shift change'] },
    ])
      expect((await world.api('POST', 'webhooks/', { url: world.receiverUrl, ...webhook })).status).toBe(201)
    await story()
  })
  afterAll(() => world.close())

  /** It opens, is handed to a team, Ada acknowledges it, and the source resolves it. */
  async function story(): Promise<void> {
    await world.request('POST', integration.link, {
      alert_uid: 'crane-7',
      title: 'Crane 7 stands still',
      message: 'No power',
      volts: 0.5,
    })
    group = (await world.api('GET', 'alert_groups/')).json.results[0].id
    expect((await world.api('POST', `alert_groups/${group}/reassign/`, { team: team.id })).status).toBe(200)
    await world.api('POST', `alert_groups/${group}/acknowledge/`)
    await world.request('POST', integration.link, { alert_uid: 'crane-7', state: 'ok' })
    await eventually(() => world.webhooks.length >= 14 || undefined)
  }

  const bodies = (isMeant: (body: Readonly<Record<string, unknown>>) => boolean): readonly any[] =>
    world.webhooks.map(({ body }) => body).filter(isMeant)
  const byText = (of: (body: any) => string) => (a: any, b: any) => (of(a) < of(b) ? -1 : 1)

  it('Squadcast hears of four things, with whom it is assigned to and what happened before', () => {
    const heard = bodies((body) => body['version'] === 'v2').toSorted(
      (a, b) => Date.parse(a.event.timestamp) - Date.parse(b.event.timestamp),
    )
    expect(heard.flatMap((body) => [...Value.Errors(schemas.squadcast, body)])).toEqual([])
    expect(heard.map(({ event }) => event.type)).toEqual([
      'incident.triggered',
      'incident.reassigned',
      'incident.acknowledged',
      'incident.resolved',
    ])
    const policy = { id: chain.id, name: 'Critical', type: 'escalationpolicy' }
    const squad = { id: team.id, name: 'Harbour', type: 'squad' }
    const person = { id: ada.id, name: 'ada', type: 'user' }
    expect(heard.map(({ data }) => data.resource_data.assigned_to)).toMatchObject([policy, squad, person, person])
    expect(heard.map(({ data }) => data.resource_data.status)).toEqual(['triggered', 'triggered', 'acknowledged', 'resolved'])
    expect(heard[3].data.resource_data).toMatchObject({
      id: group,
      service: { id: service.id, name: 'Quay cranes', slug: 'quay-cranes' },
      event_payload: { alert_uid: 'crane-7', volts: 0.5 },
      timeline: [
        { action: 'triggered', assigned_to: 'escalationpolicy', name: 'Critical' },
        { action: 'reassigned', assigned_to: 'squad', name: 'Harbour' },
        { action: 'acknowledged', assigned_to: 'user', name: 'ada' },
        { action: 'resolved', assigned_to: 'user', name: 'ada' },
      ],
      event_count: 2,
    })
  })

  it('Zenduty hears of an incident with one number', () => {
    const heard = bodies((body) => body['payload'] !== undefined).toSorted(
      byText(({ payload }) => String(payload.incident.status)),
    )
    expect(heard.flatMap((body) => [...Value.Errors(schemas.zenduty, body)])).toEqual([])
    expect(heard.map(({ payload }) => [payload.event_type, payload.incident.status])).toEqual([
      ['triggered', 1],
      ['acknowledged', 2],
      ['resolved', 3],
    ])
    expect(new Set(heard.map(({ payload }) => payload.incident.incident_number)).size).toBe(1)
    expect(heard.map(({ payload }) => payload.incident.incident_key)).toEqual(['crane-7', 'crane-7', 'crane-7'])
    expect(heard[0].payload.incident).toMatchObject({ urgency: 1, assigned_to: { username: 'ada' }, service: { team: team.id } })
  })

  it('incident.io hears of the alert, or of its escalation', () => {
    const heard = bodies((body) => String(body['event_type']).startsWith('public_'))
    expect(heard.flatMap((body) => [...Value.Errors(schemas.incidentIo, body)])).toEqual([])
    expect(heard.map((body) => body.event_type).toSorted()).toEqual([
      'public_alert.alert_created_v1',
      'public_alert.alert_resolved_v1',
      'public_escalation.escalation_created_v1',
      'public_escalation.escalation_status_updated_v1',
      'public_escalation.escalation_status_updated_v1',
    ])
    const updates = heard.flatMap((body) => body['public_escalation.escalation_status_updated_v1'] ?? [])
    expect(updates.toSorted(byText(({ new_status }) => new_status))).toMatchObject([
      { previous_status: 'triggered', new_status: 'acked', actor: { user: { id: ada.id } } },
      { previous_status: 'acked', new_status: 'resolved' },
    ])
  })

  it("receivers of Grafana OnCall get the event's data, whatever body the webhook has", () => {
    const heard = bodies((body) => body['alert_group_id'] === group)
    expect(heard.flatMap((body) => [...Value.Errors(schemas.grafanaOnCall, body)])).toEqual([])
    expect(heard).toMatchObject([
      { alert_group: { id: group, state: 'acknowledged' }, alert_payload: { volts: 0.5 }, user: { id: ada.id } },
    ])
  })

  it('receivers of CloudEvents get one', () => {
    const [cloud] = world.webhooks.filter(({ body }) => body['specversion'] !== undefined)
    expect(cloud?.headers['content-type']).toBe('application/cloudevents+json')
    expect([...Value.Errors(schemas.cloudEvent, cloud?.body)]).toEqual([])
    expect(cloud?.body).toMatchObject({
      source: 'https://bell.example',
      type: 'watchbell.alert_group.created',
      subject: group,
      data: { event: { type: 'alert group created' }, alert_group_id: group },
    })
  })
})
