import { expect, test } from 'vitest'
import { instant, minutes } from '../lib/time.ts'
import { plan } from './plan.ts'
import type { Step } from './rule.ts'

const email: Step = { type: 'email' }
const wait = (count: number): Step => ({ type: 'wait', durationMs: minutes(count) })
const now = instant(1_000_000)

const cases: readonly (readonly [promise: string, steps: readonly Step[], nextStep: number, ReturnType<typeof plan>])[] = [
  ['one e-mail is sent at once and ends the run', [email], 0, { sendings: [{ type: 'email' }], next: null }],
  [
    'steps without a wait between them are taken together',
    [email, email, wait(5), email],
    0,
    { sendings: [{ type: 'email' }, { type: 'email' }], next: { nextStep: 3, dueAt: instant(1_300_000) } },
  ],
  [
    'a wait at the start sends nothing yet',
    [wait(1), email],
    0,
    { sendings: [], next: { nextStep: 1, dueAt: instant(1_060_000) } },
  ],
  ['after the wait the run goes on where it stopped', [email, wait(1), email], 2, { sendings: [{ type: 'email' }], next: null }],
  ['two waits are two steps', [wait(1), wait(5), email], 1, { sendings: [], next: { nextStep: 2, dueAt: instant(1_300_000) } }],
  ['a wait with nothing after it ends the run', [email, wait(60)], 0, { sendings: [{ type: 'email' }], next: null }],
  ['a run past its last step does nothing', [email], 1, { sendings: [], next: null }],
]

test.each(cases)('%s', (_promise, steps, nextStep, expected) => {
  expect(plan({ steps, nextStep }, now)).toEqual(expected)
})
