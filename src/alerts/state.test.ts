import { describe, expect, it } from 'vitest'
import { asId, type AlertGroupId, type IntegrationId, type OrganizationId, type UserId } from '../lib/ids.ts'
import { instant } from '../lib/time.ts'
import type { AlertGroup } from './alert-group.ts'
import { type AlertGroupAction, type AlertGroupState, alertGroupActions, alertGroupStates, transition } from './state.ts'
import { turned } from './turn.ts'

/** Every action in every state: the new state, or the contract's sentence. */
const table: readonly [AlertGroupAction, AlertGroupState, string][] = [
  ['acknowledge', 'firing', 'acknowledged'],
  ['acknowledge', 'silenced', 'acknowledged'],
  ['acknowledge', 'acknowledged', "Can't acknowledge an acknowledged alert group"],
  ['acknowledge', 'resolved', "Can't acknowledge a resolved alert group"],
  ['unacknowledge', 'firing', "Can't unacknowledge an unacknowledged alert group"],
  ['unacknowledge', 'silenced', "Can't unacknowledge an unacknowledged alert group"],
  ['unacknowledge', 'acknowledged', 'firing'],
  ['unacknowledge', 'resolved', "Can't unacknowledge a resolved alert group"],
  ['resolve', 'firing', 'resolved'],
  ['resolve', 'silenced', 'resolved'],
  ['resolve', 'acknowledged', 'resolved'],
  ['resolve', 'resolved', "Can't resolve a resolved alert group"],
  ['unresolve', 'firing', "Can't unresolve an unresolved alert group"],
  ['unresolve', 'silenced', "Can't unresolve an unresolved alert group"],
  ['unresolve', 'acknowledged', "Can't unresolve an unresolved alert group"],
  ['unresolve', 'resolved', 'firing'],
  ['silence', 'firing', 'silenced'],
  ['silence', 'silenced', 'silenced'],
  ['silence', 'acknowledged', "Can't silence an acknowledged alert group"],
  ['silence', 'resolved', "Can't silence a resolved alert group"],
  ['unsilence', 'firing', "Can't unsilence an unsilenced alert group"],
  ['unsilence', 'silenced', 'firing'],
  ['unsilence', 'acknowledged', "Can't unsilence an acknowledged alert group"],
  ['unsilence', 'resolved', "Can't unsilence a resolved alert group"],
]

describe('the states of an alert group', () => {
  it.each(table)('%s of a group that is %s: %s', (action, state, expected) => {
    const next = transition(state, action)
    expect(next.ok ? next.value : next.reason).toBe(expected)
  })

  it('the table above knows every action in every state', () => {
    expect(table.length).toBe(alertGroupActions.length * alertGroupStates.length)
    expect(new Set(table.map(([action, state]) => `${action} ${state}`)).size).toBe(24)
  })

  it('whatever is done in whatever order, the facts fit the state', () => {
    // All sequences of five actions, from the beginning.
    const walk = (group: AlertGroup, depth: number): number => {
      expectFactsToFit(group)
      if (depth === 0) return 1
      let count = 1
      for (const action of alertGroupActions) {
        const next = transition(group.state, action)
        if (!next.ok) continue
        const circumstances = {
          now: instant(group.startedAt + depth),
          person: ada,
          silencedUntil: action === 'silence' ? instant(9e12) : null,
        }
        count += walk(turned(group, next.value, circumstances), depth - 1)
      }
      return count
    }
    expect(walk(firing, 5)).toBeGreaterThan(100)
  })
})

/** The CHECK constraints of the table, once more and in words. */
function expectFactsToFit({ state, acknowledgedAt, acknowledgedBy, silencedAt, silencedUntil, resolvedAt }: AlertGroup): void {
  expect({ state, isSilenced: silencedAt !== null, isResolved: resolvedAt !== null }).toEqual({
    state,
    isSilenced: state === 'silenced',
    isResolved: state === 'resolved',
  })
  expect(state === 'acknowledged' && acknowledgedAt === null).toBe(false)
  expect(state !== 'silenced' && silencedUntil !== null).toBe(false)
  expect(state === 'firing' && acknowledgedBy !== null).toBe(false)
}

const ada = asId<UserId>('UADA')

const firing: AlertGroup = {
  organizationId: asId<OrganizationId>('O1'),
  id: asId<AlertGroupId>('I1'),
  integrationId: asId<IntegrationId>('C1'),
  routeId: null,
  title: 'Disk full',
  message: '',
  sourceLink: null,
  urgency: 'medium',
  labels: {},
  state: 'firing',
  alertsCount: 1,
  startedAt: instant(1_790_000_000_000),
  acknowledgedAt: null,
  acknowledgedBy: null,
  silencedAt: null,
  silencedUntil: null,
  resolvedAt: null,
  resolvedBy: null,
  assignee: null,
}
