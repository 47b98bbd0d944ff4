import { expect, it } from 'vitest'
import { ann, bob, handOver } from '../../../test/support/shift-changes.ts'
import { incidentIoShiftBody } from './incident-io.ts'

it('is to the letter what the documents of incident.io show, without a Slack user where there is none', () => {
  expect(incidentIoShiftBody(handOver)).toBe(
    '{"event_type":"schedule.shift_change_v1","schedule.shift_change_v1":{' +
      '"current_users":[{"email":"bob@example.com","id":"UBOBAAAAAAAAA","name":"Bob Baker","role":"responder"}],' +
      '"previous_users":[{"email":"ann@example.com","id":"UANNAAAAAAAAA","name":"Ann Archer","role":"administrator",' +
      '"slack_user_id":"U02AYNF2XJM"}],' +
      '"schedule":{"created_at":"2026-01-01T12:00:00Z","id":"SPRIMARY11111","name":"Primary",' +
      '"team_ids":["THARBOUR11111"],"timezone":"Europe/Berlin","updated_at":"2026-02-03T04:05:06Z"}}}',
  )
})

it('has empty lists where nobody was, and where nobody is on call', () => {
  const bodyOf = (change: Partial<typeof handOver>) =>
    JSON.parse(incidentIoShiftBody({ ...handOver, ...change }))['schedule.shift_change_v1']
  expect(bodyOf({ previous: [] }).previous_users).toEqual([])
  expect(bodyOf({ current: [] }).current_users).toEqual([])
  expect(bodyOf({ schedule: { ...handOver.schedule, team: null } }).schedule.team_ids).toEqual([])
})

it('has everybody on call, also who stays', () => {
  const [change] = [JSON.parse(incidentIoShiftBody({ ...handOver, previous: [ann], current: [ann, bob] }))]
  expect(change['schedule.shift_change_v1'].current_users.map((user: { readonly id: string }) => user.id)).toEqual([
    ann.id,
    bob.id,
  ])
})

it.each([
  ['admin', 'administrator'],
  ['editor', 'responder'],
  ['viewer', 'viewer'],
  ['none', 'unset'],
])('says of the role %s %s', (role, said) => {
  const body = JSON.parse(incidentIoShiftBody({ ...handOver, current: [{ ...ann, role }] }))
  expect(body['schedule.shift_change_v1'].current_users[0].role).toBe(said)
})
