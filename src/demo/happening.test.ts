import { expect, test } from 'vitest'
import { bodyLines, happeningOf } from './happening.ts'

const names = new Map([['UBEN', 'Ben']])

test.each([
  ['alert_group.created', { alert_group: { title: 'DiskFull' } }, 'opens alert group I1: DiskFull'],
  [
    'alert_group.acknowledged',
    { user: { id: 'UBEN', username: 'ben' } },
    'notes that alert group I1 is acknowledged by Ben, and the paging stops',
  ],
  ['alert_group.silenced', { user: { id: 'UCY', username: 'cy' } }, 'notes that alert group I1 is silenced by cy'],
  ['alert_group.resolved', { user: null }, 'notes that alert group I1 is resolved'],
  ['alert_group.pages_nobody', { reason: 'no chain' }, 'pages nobody about alert group I1: no chain'],
  [
    'escalation.step_taken',
    { step: 'notify_on_call_from_schedule', user_ids: ['UBEN', 'UCY'] },
    'asks the schedule who is on call, and pages Ben and UCY',
  ],
  ['escalation.step_taken', { step: 'notify_persons', user_ids: ['UBEN'] }, 'pages Ben'],
  ['escalation.step_failed', { reason: 'nobody' }, 'cannot take a step of the escalation: nobody'],
  ['escalation.step_withdrawn', { reason: 'late' }, 'takes back a step of the escalation: late'],
  ['notification.failed', { user: { username: 'cy' }, reason: '550' }, 'cannot reach cy: 550'],
  ['notification.sent', { user: { username: 'cy' } }, null],
  ['webhook.failed', { text: 'skipped' }, 'skipped'],
  ['alert.ignored', {}, 'notes alert.ignored'],
])('%s is told in words', (type, data, words) => {
  expect(happeningOf({ type, alert_group_id: 'I1', data }, names)).toBe(words)
})

test('of a webhook the body is shown shortened, with a sign for all that is left out', () => {
  const body = {
    event: { type: 'acknowledge', time: '2026-01-01T00:00:00Z' },
    user: { id: 'UBEN', username: 'ben', email: 'ben@example.com' },
    alert_group: {
      id: 'I1',
      title: 'Disk "full"',
      state: 'acknowledged',
      created_at: '2026-01-01T00:00:00.000000Z',
      resolved_at: null,
    },
    integration: null,
    alert_payload: { many: 'things' },
    responses: {},
    notified_users: [],
  }
  expect(bodyLines(body)).toEqual([
    '{',
    '  "event": { "type": "acknowledge", "time": "2026-01-01T00:00:00Z" },',
    '  "user": { "username": "ben", "email": "ben@example.com", … },',
    '  "alert_group": {',
    '    "id": "I1",',
    '    "title": "Disk \\"full\\"",',
    '    "state": "acknowledged",',
    '    "created_at": "2026-01-01T00:00:00.000000Z",',
    '    …',
    '  },',
    '  "integration": null,',
    '  … 3 more: alert_payload, responses, …',
    '}',
  ])
})

test('a body of any other kind is shown as it is', () => {
  expect(bodyLines('hello')).toEqual(['"hello"'])
  expect(bodyLines({})).toEqual(['{', '}'])
})
