import { describe, expect, it } from 'vitest'
import type { Step } from '../escalation-chains/step.ts'
import { asId, type EscalationPolicyId, type UserId } from '../lib/ids.ts'
import { instant, minutes } from '../lib/time.ts'
import { levelOf, plan } from './plan.ts'

const now = instant(1_790_000_000_000)
const policyId = asId<EscalationPolicyId>('E1')

const page: Step = { policyId, type: 'notify_persons', userIds: [asId<UserId>('UADA')], important: false }
const webhook: Step = { policyId, type: 'trigger_webhook', webhookId: null }
const wait: Step = { policyId, type: 'wait', durationMs: minutes(5) }
const repeat: Step = { policyId, type: 'repeat_escalation' }
const resolve: Step = { policyId, type: 'resolve' }

const from = (steps: readonly Step[], nextStep = 0, repeatCount = 0) => plan({ steps, nextStep, repeatCount }, now)

describe('what a due escalation does', () => {
  it('steps without a wait between them are taken together', () => {
    expect(from([page, webhook, page])).toEqual({ actions: [page, webhook, page], next: null })
  })

  it('only a wait waits, and it counts from now', () => {
    expect(from([page, wait, page])).toEqual({ actions: [page], next: { nextStep: 2, repeatCount: 0, dueAt: now + 300_000 } })
  })

  it('a step found late is taken once, and the next wait still counts from now', () => {
    // The run was due an hour ago; the plan knows only now.
    expect(from([page, wait, page, wait, page], 2)).toEqual({
      actions: [page],
      next: { nextStep: 4, repeatCount: 0, dueAt: now + 300_000 },
    })
  })

  it('two waits in a row are waited for one after the other', () => {
    expect(from([wait, wait, page])).toEqual({ actions: [], next: { nextStep: 1, repeatCount: 0, dueAt: now + 300_000 } })
  })

  it('the chain begins anew, in a step of its own, at most five times', () => {
    const steps = [page, wait, repeat, webhook]
    expect(from(steps, 2, 0)).toEqual({ actions: [], next: { nextStep: 0, repeatCount: 1, dueAt: now } })
    expect(from(steps, 2, 4)).toEqual({ actions: [], next: { nextStep: 0, repeatCount: 5, dueAt: now } })
    expect(from(steps, 2, 5)).toEqual({ actions: [webhook], next: null })
  })

  it('what comes after the repeat runs when all repeats are done', () => {
    let progress = { nextStep: 0, repeatCount: 0 }
    const taken: string[] = []
    for (let round = 0; round < 20; round += 1) {
      const { actions, next } = from([page, repeat, webhook], progress.nextStep, progress.repeatCount)
      taken.push(...actions.map((action) => action.type))
      if (next === null) break
      progress = next
    }
    expect(taken).toEqual([...Array(6).fill('notify_persons'), 'trigger_webhook'])
  })

  it('resolve ends the chain', () => {
    expect(from([page, resolve, page])).toEqual({ actions: [page, resolve], next: null })
  })

  it('an empty chain and the end of a chain do nothing', () => {
    expect(from([])).toEqual({ actions: [], next: null })
    expect(from([page, wait], 2)).toEqual({ actions: [], next: null })
  })
})

describe('the level that a due escalation has come to', () => {
  const level = (steps: readonly Step[], nextStep: number, repeatCount = 0) => levelOf({ steps, nextStep, repeatCount })

  it('begins with 1 and grows with each wait after steps that page', () => {
    const steps = [wait, page, webhook, page, wait, webhook, wait, page, wait, page]
    expect([0, 1, 5, 7, 9].map((nextStep) => level(steps, nextStep))).toEqual([1, 1, 2, 2, 3])
  })

  it('goes on growing with each repetition', () => {
    const steps = [page, wait, page, wait, repeat, wait, page]
    expect([level(steps, 0, 1), level(steps, 2, 1), level(steps, 0, 2), level(steps, 6, 5)]).toEqual([3, 4, 5, 13])
  })
})
