import { describe, expect, test } from 'vitest'
import type { Body } from '../lib/fields.ts'
import { asId } from '../lib/ids.ts'
import { ms } from '../lib/time.ts'
import { parseNewPolicy, parsePolicyChange } from './policy-input.ts'
import { type PolicyDefinition, stepOf } from './policy.ts'

const answerTo = (body: Body) => {
  const read = parseNewPolicy(body)
  if (read.ok) return read.value
  if (read.reason.kind === 'invalid') return { detail: read.reason.detail }
  return read.reason.kind === 'invalid-fields' ? read.reason.fields : read.reason
}

const step = (fields: Body) => ({ escalation_chain_id: 'F1', ...fields })

describe('a new step is refused in the words of the contract', () => {
  test.each<[Body, object]>([
    [{}, { type: ['This field is required.'], escalation_chain_id: ['This field is required.'] }],
    [step({ type: null }), { type: ['This field may not be null.'] }],
    [step({ type: '' }), { type: ['This field may not be blank.'] }],
    [step({ type: ' ' }), { type: ['This field may not be blank.'] }],
    [step({ type: ['wait'] }), { detail: 'Invalid escalation step type' }],
    [step({ type: 'WAIT' }), { detail: 'Invalid escalation step type' }],
    [step({ type: 'page' }), { detail: 'Invalid escalation step type' }],
    [step({ type: 5 }), { detail: 'Invalid escalation step type' }],
    [step({ type: 'notify_team_members' }), { detail: 'Invalid escalation step type: step is not enabled' }],
    [step({ type: 'notify_person_next_each_time' }), { detail: 'Invalid escalation step type: step is not enabled' }],
    [step({ type: 'notify_user_group' }), { detail: 'Invalid escalation step type: step is not enabled' }],
    [step({ type: 'notify_next_on_call_from_schedule' }), { detail: 'Invalid escalation step type: step is not enabled' }],
    [step({ type: 'notify_if_time_from_to' }), { detail: 'Invalid escalation step type: step is not enabled' }],
    [step({ type: 'notify_if_num_alerts_in_window' }), { detail: 'Invalid escalation step type: step is not enabled' }],
    [step({ type: 'declare_incident' }), { detail: 'Invalid escalation step type: step is not enabled' }],
    [step({ type: 'notify_whole_channel' }), { detail: 'Invalid escalation step type: step is Slack-specific' }],
    [{ type: 'wait', escalation_chain_id: '' }, { escalation_chain_id: ['This field may not be null.'] }],
    [{ type: 'wait', escalation_chain_id: ['F1'] }, { escalation_chain_id: ['Invalid values'] }],
    [{ type: 'wait', escalation_chain_id: 5 }, { escalation_chain_id: ['Invalid values'] }],
    [{ type: 'wait', escalation_chain_id: null }, { escalation_chain_id: ['This field may not be null.'] }],
    [step({ type: 'wait', duration: 59 }), { duration: ['Ensure this value is greater than or equal to 0:01:00.'] }],
    [step({ type: 'wait', duration: 86_401 }), { duration: ['Ensure this value is less than or equal to 1 day, 0:00:00.'] }],
    [step({ type: 'wait', duration: 59.9 }), { duration: ['Ensure this value is greater than or equal to 0:01:00.'] }],
    [step({ type: 'wait', duration: -300 }), { duration: ['Ensure this value is greater than or equal to 0:01:00.'] }],
    [step({ type: 'wait', duration: 1e300 }), { duration: ['Ensure this value is less than or equal to 1 day, 0:00:00.'] }],
    [step({ type: 'wait', duration: 'soon' }), { duration: ['A valid number is required.'] }],
    [step({ type: 'wait', duration: '' }), { duration: ['A valid number is required.'] }],
    [step({ type: 'wait', duration: '0:05:00' }), { duration: ['A valid number is required.'] }],
    [step({ type: 'wait', duration: true }), { duration: ['A valid number is required.'] }],
    [step({ type: 'wait', duration: [300] }), { duration: ['A valid number is required.'] }],
    [
      step({ type: 'notify_persons', persons_to_notify: 'U1' }),
      { persons_to_notify: ['Expected a list of items but got type "str".'] },
    ],
    [
      step({ type: 'notify_persons', persons_to_notify: { U1: true } }),
      { persons_to_notify: ['Expected a list of items but got type "dict".'] },
    ],
    [step({ type: 'notify_persons', persons_to_notify: [5] }), { persons_to_notify: ['Not a valid string.'] }],
    [step({ type: 'notify_persons', important: null }), { important: ['This field may not be null.'] }],
    [step({ type: 'notify_persons', important: '' }), { important: ['Must be a valid boolean.'] }],
    [step({ type: 'notify_persons', important: 'very' }), { important: ['Must be a valid boolean.'] }],
    [
      step({ type: 'notify_on_call_from_schedule', notify_on_call_from_schedule: null }),
      { notify_on_call_from_schedule: ['This field may not be null.'] },
    ],
    [
      step({ type: 'notify_on_call_from_schedule', notify_on_call_from_schedule: '' }),
      { notify_on_call_from_schedule: ['This field may not be null.'] },
    ],
    [
      step({ type: 'notify_on_call_from_schedule', notify_on_call_from_schedule: ['S1'] }),
      { notify_on_call_from_schedule: ['Invalid values'] },
    ],
    [step({ type: 'trigger_webhook', action_to_trigger: null }), { action_to_trigger: ['This field may not be null.'] }],
    [step({ type: 'trigger_webhook', action_to_trigger: '' }), { action_to_trigger: ['This field may not be null.'] }],
    [step({ type: 'trigger_webhook', action_to_trigger: 7 }), { action_to_trigger: ['Invalid values'] }],
    [step({ type: 'wait', position: -2 }), { detail: 'Invalid value for position field' }],
    [step({ type: 'wait', position: 2_147_483_648 }), { detail: 'Invalid value for position field' }],
    [step({ type: 'wait', position: -1, manual_order: true }), { detail: 'Invalid value for position field' }],
    [
      step({ type: 'wait', position: 'first', duration: 1 }),
      expect.objectContaining({ position: ['A valid integer is required.'] }),
    ],
  ])('%j', (body, answer) => {
    expect(answerTo(body)).toEqual(answer)
  })

  test('a refusal of the whole request hides those of single fields', () => {
    expect(answerTo(step({ type: 'wait', duration: 1, position: -5 }))).toEqual({ detail: 'Invalid value for position field' })
  })
})

describe('a new step', () => {
  test.each<[Body, object]>([
    [{ type: 'wait' }, { type: 'wait', durationMs: null }],
    [
      { type: 'wait', duration: null },
      { type: 'wait', durationMs: null },
    ],
    [
      { type: 'wait', duration: '300' },
      { type: 'wait', durationMs: 300_000 },
    ],
    [
      { type: 'wait', duration: 60.9 },
      { type: 'wait', durationMs: 60_000 },
    ],
    [
      { type: 'wait', duration: '86400.0' },
      { type: 'wait', durationMs: 86_400_000 },
    ],
    [
      { type: 'notify_persons', persons_to_notify: ['U1', '', 'U2', 'U1'] },
      { type: 'notify_persons', userIds: ['U1', 'U2'], important: false },
    ],
    [
      { type: 'notify_persons', persons_to_notify: null, important: true },
      { type: 'notify_persons', userIds: [], important: true },
    ],
    [
      { type: 'notify_on_call_from_schedule', notify_on_call_from_schedule: 'S1' },
      { type: 'notify_on_call_from_schedule', scheduleId: 'S1', important: false },
    ],
    [
      { type: 'trigger_webhook', action_to_trigger: 'WH1', important: false },
      { type: 'trigger_webhook', webhookId: 'WH1' },
    ],
    [{ type: 'resolve', duration: 5, persons_to_notify: 'x', important: 7 }, { type: 'resolve' }],
    [{ type: 'repeat_escalation', action_to_trigger: null, notify_on_call_from_schedule: null }, { type: 'repeat_escalation' }],
    [
      { type: 'wait', duration: 300, action_to_trigger: '', notify_on_call_from_schedule: '', important: null },
      { type: 'wait', durationMs: 300_000 },
    ],
  ])('%j', (body, definition) => {
    expect(answerTo(step(body))).toMatchObject({ chainId: 'F1', definition, placement: null })
  })

  test.each<[Body, object | null]>([
    [{ position: null }, null],
    [{ position: 0 }, { position: 0, swap: false }],
    [{ position: -1 }, { position: 'end', swap: false }],
    [
      { position: 3, manual_order: true },
      { position: 3, swap: true },
    ],
  ])('is placed by %j', (body, placement) => {
    expect(answerTo(step({ type: 'resolve', ...body }))).toMatchObject({ placement })
  })
})

describe('a change', () => {
  const persons: PolicyDefinition = { type: 'notify_persons', userIds: [asId('U1')], important: true }

  test.each<[string, Body, PolicyDefinition]>([
    ['of nothing keeps all', {}, persons],
    ['of one field keeps the others', { important: false }, { ...persons, important: false }],
    ['to the same type keeps all', { type: 'notify_persons' }, persons],
    ['of the chain is not looked at', { escalation_chain_id: 7 }, persons],
    ['to nobody is possible', { persons_to_notify: null }, { ...persons, userIds: [] }],
    ['to another type begins blank', { type: 'wait' }, { type: 'wait', durationMs: null }],
    [
      'to another type takes its fields',
      { type: 'notify_on_call_from_schedule', notify_on_call_from_schedule: 'S1', persons_to_notify: ['U2'] },
      { type: 'notify_on_call_from_schedule', scheduleId: asId('S1'), important: false },
    ],
  ])('%s', (_name, body, definition) => {
    expect(parsePolicyChange(body, persons)).toEqual({ ok: true, value: { definition, placement: null } })
  })
})

test.each<[Body, object]>([
  [{ type: null }, { kind: 'invalid-fields', fields: { type: ['This field may not be null.'] } }],
  [{ type: '' }, { kind: 'invalid-fields', fields: { type: ['This field may not be blank.'] } }],
  [{ type: 'page' }, { kind: 'invalid', detail: 'Invalid escalation step type' }],
  [{ action_to_trigger: null }, { kind: 'invalid-fields', fields: { action_to_trigger: ['This field may not be null.'] } }],
])('a change is refused: %j', (body, reason) => {
  expect(parsePolicyChange(body, { type: 'trigger_webhook', webhookId: null })).toEqual({ ok: false, reason })
})

test('a wait that does not say how long waits five minutes', () => {
  expect(stepOf({ id: asId('E1'), definition: { type: 'wait', durationMs: null } })).toEqual({
    policyId: 'E1',
    type: 'wait',
    durationMs: ms(300_000),
  })
})
