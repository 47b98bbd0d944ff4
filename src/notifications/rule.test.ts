import { describe, expect, test } from 'vitest'
import { minutes } from '../lib/time.ts'
import { parseSteps, type Step, stepsOf } from './rule.ts'

const email: Step = { type: 'email' }
const wait = (count: number): Step => ({ type: 'wait', durationMs: minutes(count) })

describe('a page follows', () => {
  test.each<[string, boolean, { usual: readonly Step[]; important: readonly Step[] }, readonly Step[]]>([
    ['the usual rules', false, { usual: [wait(1), email], important: [email] }, [wait(1), email]],
    ['the important rules when it is important', true, { usual: [email, email], important: [wait(1), email] }, [wait(1), email]],
    ['one e-mail at once where there are no rules', false, { usual: [], important: [] }, [email]],
    ['one e-mail at once where there are no rules, being important', true, { usual: [], important: [] }, [email]],
    [
      'one e-mail at once where there are only rules for important ones',
      false,
      { usual: [], important: [wait(1), email] },
      [email],
    ],
    [
      'the usual rules, and waits for nothing before their first channel, where there are none for important ones',
      true,
      { usual: [wait(60), wait(5), email, wait(15), email], important: [] },
      [email, wait(15), email],
    ],
    ['one e-mail at once where the rules only wait', false, { usual: [wait(5)], important: [email] }, [email]],
    [
      'the usual rules where those for important ones only wait',
      true,
      { usual: [email, email], important: [wait(5)] },
      [email, email],
    ],
    ['one e-mail at once where both lists only wait', true, { usual: [wait(5)], important: [wait(1)] }, [email]],
  ])('%s', (_promise, isImportant, lists, steps) => {
    expect(stepsOf(lists, isImportant)).toEqual(steps)
  })
})

test('steps come back from their row as they went in, and nothing else comes back', () => {
  const steps = [wait(1), email]
  expect(parseSteps(JSON.parse(JSON.stringify(steps)))).toEqual(steps)
  expect(() => parseSteps([{ type: 'wait' }])).toThrow('a wait with its duration')
  expect(() => parseSteps({})).toThrow('list')
})
