import { describe, expect, test } from 'vitest'
import type { Body } from '../lib/fields.ts'
import type { Refusal } from '../lib/rejection.ts'
import type { Result } from '../lib/result.ts'
import { minutes } from '../lib/time.ts'
import type { Step } from './rule.ts'
import { parseNewRule, parseRuleChange } from './rule-input.ts'

const answerOf = (read: Result<object, Refusal>) => {
  if (read.ok) return read.value
  if (read.reason.kind === 'invalid') return { detail: read.reason.detail }
  return read.reason.kind === 'invalid-fields' ? read.reason.fields : read.reason
}

const own = (fields: Body): Body => ({ user_id: 'U1', ...fields })
const waiting = (fields: Body): Body => own({ type: 'wait', ...fields })

describe('a new rule is refused in the words of the contract', () => {
  test.each<[Body, object]>([
    [{}, { type: 'Type is required', user_id: ['This field is required.'] }],
    [own({}), { type: 'Type is required' }],
    [own({ type: null }), { type: ['This field may not be null.'] }],
    [own({ type: '' }), { type: ['This field may not be blank.'] }],
    [own({ type: ['wait'] }), { type: ['Not a valid string.'] }],
    [own({ type: 'email' }), { type: 'Invalid type' }],
    [own({ type: 'notify_by_sms' }), { type: 'Invalid type' }],
    [own({ type: 'notify_by_slack' }), { type: 'Invalid type' }],
    [own({ type: 'carrier pigeon' }), { type: 'Invalid type' }],
    [{ type: 'wait' }, { user_id: ['This field is required.'] }],
    [{ type: 'wait', user_id: null }, { user_id: ['This field may not be null.'] }],
    [{ type: 'wait', user_id: 7 }, { detail: 'User does not exist' }],
    [waiting({ important: 'very' }), { important: ['Must be a valid boolean.'] }],
    [waiting({ important: null }), { important: ['This field may not be null.'] }],
    [waiting({ duration: 301 }), { duration: ['"301" is not a valid choice.'] }],
    [waiting({ duration: 0 }), { duration: ['"0" is not a valid choice.'] }],
    [waiting({ duration: -60 }), { duration: ['"-60" is not a valid choice.'] }],
    [waiting({ duration: 300.5 }), { duration: ['"300.5" is not a valid choice.'] }],
    [waiting({ duration: '0:05:01' }), { duration: ['"0:05:01" is not a valid choice.'] }],
    [waiting({ duration: 'soon' }), { detail: 'Invalid duration format' }],
    [waiting({ duration: '0:04:60' }), { detail: 'Invalid duration format' }],
    [waiting({ duration: '5:00' }), { detail: 'Invalid duration format' }],
    [waiting({ duration: '' }), { detail: 'Invalid duration format' }],
    [waiting({ duration: true }), { detail: 'Invalid duration format' }],
    [waiting({ duration: [300] }), { detail: 'Invalid duration format' }],
    [own({ type: 'notify_by_email', duration: 300 }), { duration: "Duration can't be set" }],
    [own({ type: 'notify_by_email', duration: 301 }), { duration: ['"301" is not a valid choice.'] }],
    [waiting({ position: -2 }), { detail: 'Invalid value for position field' }],
    [waiting({ position: 'first' }), { position: ['A valid integer is required.'] }],
  ])('%j', (body, answer) => {
    expect(answerOf(parseNewRule(body))).toEqual(answer)
  })
})

describe('a new rule', () => {
  const email: Step = { type: 'email' }
  const wait = (count: number): Step => ({ type: 'wait', durationMs: minutes(count) })

  test.each<[Body, Step]>([
    [{ type: 'notify_by_email' }, email],
    [{ type: 'notify_by_email', duration: null }, email],
    [{ type: 'wait' }, wait(5)],
    [{ type: 'wait', duration: null }, wait(5)],
    [{ type: 'wait', duration: 60 }, wait(1)],
    [{ type: 'wait', duration: 300 }, wait(5)],
    [{ type: 'wait', duration: '300' }, wait(5)],
    [{ type: 'wait', duration: '0:05:00' }, wait(5)],
    [{ type: 'wait', duration: '00:15:00' }, wait(15)],
    [{ type: 'wait', duration: 1800 }, wait(30)],
    [{ type: 'wait', duration: '1:00:00' }, wait(60)],
  ])('%j', (body, step) => {
    expect(answerOf(parseNewRule(own(body)))).toEqual({ userId: 'U1', important: false, step, placement: null })
  })

  test('takes its list and its place', () => {
    expect(answerOf(parseNewRule(waiting({ important: true, position: 2, manual_order: true })))).toMatchObject({
      important: true,
      placement: { position: 2, swap: true },
    })
  })
})

describe('a change', () => {
  const long: Step = { type: 'wait', durationMs: minutes(60) }

  test.each<[string, Body, Step, Step]>([
    ['of nothing keeps all', {}, long, long],
    ['of the list or the person is not looked at', { important: 'x', user_id: 9 }, long, long],
    ['to the same type keeps the duration', { type: 'wait' }, long, long],
    ['of the duration', { duration: 60 }, long, { type: 'wait', durationMs: minutes(1) }],
    ['to no duration falls back to five minutes', { duration: null }, long, { type: 'wait', durationMs: minutes(5) }],
    ['to another type forgets the duration', { type: 'notify_by_email' }, long, { type: 'email' }],
    ['to a wait begins with five minutes', { type: 'wait' }, { type: 'email' }, { type: 'wait', durationMs: minutes(5) }],
  ])('%s', (_name, body, before, step) => {
    expect(answerOf(parseRuleChange(body, before))).toEqual({ step, placement: null })
  })

  test.each<[Body, object]>([
    [{ type: null }, { type: ['This field may not be null.'] }],
    [{ type: 'nonsense' }, { type: 'Invalid type' }],
    [{ duration: 60 }, { duration: "Duration can't be set" }],
    [{ position: 2_147_483_648 }, { detail: 'Invalid value for position field' }],
  ])('is refused: %j', (body, answer) => {
    expect(answerOf(parseRuleChange(body, { type: 'email' }))).toEqual(answer)
  })
})
