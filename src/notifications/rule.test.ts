import { expect, test } from 'vitest'
import { minutes } from '../lib/time.ts'
import { parseSteps, reaches, stepsOf } from './rule.ts'

test('a person without rules gets one e-mail at once', () => {
  expect(stepsOf([])).toEqual([{ type: 'email' }])
})

test('rules become steps in their order', () => {
  const rules = [
    { type: 'email', durationSeconds: null },
    { type: 'wait', durationSeconds: 300 },
    { type: 'email', durationSeconds: null },
  ]
  expect(stepsOf(rules)).toEqual([{ type: 'email' }, { type: 'wait', durationMs: 300_000 }, { type: 'email' }])
})

test('a rule of an unknown type is passed over, and a person of whom no rule is left gets an e-mail', () => {
  const unknown = { type: 'carrier_pigeon', durationSeconds: null }
  expect(stepsOf([unknown, { type: 'wait', durationSeconds: 60 }])).toEqual([{ type: 'wait', durationMs: 60_000 }])
  expect(stepsOf([unknown])).toEqual([{ type: 'email' }])
})

test('waiting alone reaches nobody', () => {
  expect(reaches([{ type: 'wait', durationMs: minutes(1) }])).toBe(false)
  expect(reaches([{ type: 'wait', durationMs: minutes(1) }, { type: 'email' }])).toBe(true)
})

test('steps come back from their row as they went in, and nothing else comes back', () => {
  const steps = stepsOf([
    { type: 'wait', durationSeconds: 60 },
    { type: 'email', durationSeconds: null },
  ])
  expect(parseSteps(JSON.parse(JSON.stringify(steps)))).toEqual(steps)
  expect(() => parseSteps([{ type: 'wait' }])).toThrow('a wait with its duration')
  expect(() => parseSteps({})).toThrow('list')
})
