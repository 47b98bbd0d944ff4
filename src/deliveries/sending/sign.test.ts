import { describe, expect, it } from 'vitest'
import { instant, ms } from '../../lib/time.ts'
import type { HttpOutcome } from '../../ports.ts'
import { lanes } from '../delivery.ts'
import { noPhases } from './phases.ts'
import { signOf } from './sign.ts'

const at = instant(Date.UTC(2026, 3, 1))
const about = { detail: 'it did not', durationMs: ms(10) } as const
const saysOf = (outcome: HttpOutcome) => signOf(outcome, { at, jitter: 0.5, lane: lanes.live }).says

describe('what an attempt says about its receiver', () => {
  it.each(['timeout', 'dns', 'connect', 'tls', 'broken'] as const)('is bad when there was no answer: %s', (fault) => {
    expect(saysOf({ kind: 'no-answer', fault, isSent: true, address: null, phases: noPhases, ...about })).toEqual({
      kind: 'failed',
    })
  })

  it('is nothing when the proxy of this server failed', () => {
    expect(saysOf({ kind: 'no-answer', fault: 'proxy', isSent: true, address: null, phases: noPhases, ...about })).toEqual({
      kind: 'nothing',
    })
  })

  it('is that it gets nothing when its address is not called', () => {
    expect(saysOf({ kind: 'refused', ...about })).toEqual({ kind: 'refused' })
  })
})
