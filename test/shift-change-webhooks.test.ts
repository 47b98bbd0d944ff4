import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, newWorld, type World } from './support/watchbell.ts'

/** From a schedule to receivers, through the real loop and the real outbox. */
describe('who is on call is told to receivers', () => {
  let world: World
  let ada: { readonly id: string }
  let bob: { readonly id: string }
  let schedule: { readonly id: string }
  let layer: { readonly id: string }
  let chain: { readonly id: string }
  let teamId = ''
  let seen = 0

  beforeAll(async () => {
    world = await newWorld()
    ada = (await world.api('GET', 'users/current/')).json
    bob = (
      await world.api('POST', 'users/', { username: 'bob', email: 'bob@bell.example', role: 'editor', slack_user_id: 'U02' })
    ).json
    teamId = (await world.api('POST', 'teams/', { name: 'Harbour' })).json.id
    schedule = (
      await world.api('POST', 'schedules/', { name: 'Primary', type: 'web', time_zone: 'Europe/Berlin', team_id: teamId })
    ).json
    chain = (await world.api('POST', 'escalation_chains/', { name: 'Critical' })).json
    const step = { type: 'notify_on_call_from_schedule', notify_on_call_from_schedule: schedule.id }
    await world.api('POST', 'escalation_policies/', { escalation_chain_id: chain.id, ...step })
    for (const webhook of [
      { name: 'Zenduty', preset: 'zenduty' },
      { name: 'incident.io', preset: 'incident_io', authorization_header: 'Bearer key' },
      { name: 'Own', http_method: 'POST', trigger_type: 'shift change' },
      { name: 'Gaps', http_method: 'POST', trigger_type: 'schedule gap' },
    ])
      expect((await world.api('POST', 'webhooks/', { url: world.receiverUrl, ...webhook })).status).toBe(201)
  })
  afterAll(() => world.close())

  /** What the receivers have got since the last time, when all of it has come. */
  const arrivals = async (count: number) => {
    await eventually(() => world.webhooks.length >= seen + count || undefined)
    const fresh = world.webhooks.slice(seen)
    seen = world.webhooks.length
    return {
      count: fresh.length,
      zenduty: fresh.find(({ body }) => body['event_type'] === 'oncall_change')?.body,
      incidentIo: fresh.find(({ body }) => body['event_type'] === 'schedule.shift_change_v1'),
      own: fresh.find(({ body }) => Object(body['event']).type === 'shift change')?.body,
      gap: fresh.find(({ body }) => Object(body['event']).type === 'schedule gap')?.body,
    }
  }

  it('when a layer puts somebody on call, in each form', async () => {
    const fields = { name: 'Week', start: '2026-01-05T09:00:00', turn: { unit: 'weeks' }, groups: [[ada.id]] }
    layer = (await world.api('POST', `schedules/${schedule.id}/layers/`, fields)).json
    const { count, zenduty, incidentIo, own } = await arrivals(3)
    expect(count).toBe(3)
    expect(own).toMatchObject({
      event: { type: 'shift change', change_number: 1, cause: 'configuration' },
      schedule: { id: schedule.id, name: 'Primary', time_zone: 'Europe/Berlin', team: { id: teamId, name: 'Harbour' } },
      previous: [],
      current: [{ id: ada.id, cover: { kind: 'layer', id: layer.id, name: 'Week' } }],
      gap: false,
    })
    const time: string = Object(own?.['event']).time
    expect(zenduty).toEqual({
      event_type: 'oncall_change',
      transitions: {
        Harbour: {
          Primary: [
            {
              schedule_id: schedule.id,
              schedule_name: 'Primary',
              team_id: teamId,
              team_name: 'Harbour',
              previous_user: null,
              new_user: { username: 'ada', first_name: 'ada', last_name: '' },
              transition_time: time.replace('Z', '+00:00'),
              layer_type: 'layer',
              layer_name: 'Week',
              time_zone: 'Europe/Berlin',
              escalation_policies: [{ ep_id: chain.id, ep_name: 'Critical' }],
            },
          ],
        },
      },
    })
    expect(incidentIo?.headers['authorization']).toBe('Bearer key')
    expect(incidentIo?.body).toMatchObject({
      'schedule.shift_change_v1': {
        current_users: [{ email: 'ada@bell.example', id: ada.id, name: 'ada', role: 'administrator' }],
        previous_users: [],
        schedule: { id: schedule.id, name: 'Primary', team_ids: [teamId], timezone: 'Europe/Berlin' },
      },
    })
  })

  it('when an override takes over', async () => {
    const [start, end] = [-60_000, 3_600_000].map((ms) => new Date(Date.now() + ms).toISOString().replace(/\.\d+/, ''))
    const fields = { name: 'Cover for Ada', kind: 'replace_all', users: [bob.id], start, end }
    expect((await world.api('POST', `schedules/${schedule.id}/overrides/`, fields)).status).toBe(201)
    const { zenduty, incidentIo, own } = await arrivals(3)
    expect(own).toMatchObject({ event: { cause: 'override_start', change_number: 2 } })
    expect(zenduty).toMatchObject({
      transitions: {
        Harbour: {
          Primary: [
            {
              previous_user: { username: 'ada' },
              new_user: { username: 'bob' },
              layer_type: 'override',
              layer_name: 'Cover for Ada',
            },
          ],
        },
      },
    })
    expect(incidentIo?.body).toMatchObject({
      'schedule.shift_change_v1': {
        current_users: [{ id: bob.id, role: 'responder', slack_user_id: 'U02' }],
        previous_users: [{ id: ada.id }],
      },
    })
  })

  it('when nobody is left, which is a gap too', async () => {
    await world.api('DELETE', `schedules/${schedule.id}/layers/${layer.id}/`)
    const { json } = await world.api('GET', `schedules/${schedule.id}/overrides/`)
    await world.api('DELETE', `schedules/${schedule.id}/overrides/${json.results[0].id}/`)
    const { zenduty, incidentIo, gap } = await arrivals(4)
    expect(gap).toMatchObject({ event: { type: 'schedule gap' }, previous: [{ id: bob.id }], current: [], gap: true })
    expect(zenduty).toMatchObject({
      transitions: { Harbour: { Primary: [{ previous_user: { username: 'bob' }, new_user: null }] } },
    })
    expect(incidentIo?.body).toMatchObject({
      'schedule.shift_change_v1': { current_users: [], previous_users: [{ id: bob.id }] },
    })
  })
})
