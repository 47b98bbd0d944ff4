import { describe, expect, it } from 'vitest'
import { ann, bob, handOver } from '../../../test/support/shift-changes.ts'
import { asId, type OrganizationId, type ScheduleId, type WebhookId } from '../../lib/ids.ts'
import { instant } from '../../lib/time.ts'
import { newFiltering } from './filtering.ts'
import { tellings as tellingsWith } from './grouping.ts'
import type { Subscription } from './match.ts'
import { usualSending } from '../sending.ts'
import type { ScheduleCause, WebhookCause } from '../trigger.ts'

const organizationId = asId<OrganizationId>('O1')

const subscription = (id: string, change: Partial<Subscription> = {}): Subscription => ({
  organizationId,
  id: asId<WebhookId>(id),
  triggerTypes: ['shift change'],
  integrationFilter: null,
  scheduleFilter: null,
  filter: null,
  urls: [{ url: 'https://a.example/', httpMethod: 'POST' }],
  preset: null,
  ...usualSending,
  ...change,
})
const zenduty = subscription('zenduty', { preset: 'zenduty' })

const cause = (eventSequence: number, at = 0): ScheduleCause => ({
  about: 'schedule',
  organizationId,
  trigger: 'shift change',
  eventSequence,
  eventAt: instant(0),
  scheduleId: asId<ScheduleId>(`S${eventSequence}`),
  scheduledAt: instant(at),
  change: handOver,
})

const tellings = (subscriptions: readonly Subscription[], causes: readonly WebhookCause[]) =>
  tellingsWith(
    subscriptions,
    causes,
    newFiltering(() => undefined),
  )

const told = (subscriptions: readonly Subscription[], causes: readonly WebhookCause[]) =>
  tellings(subscriptions, causes).map(({ subscription: { id }, causes: own }) => [id, own.map((one) => one.eventSequence)])

describe('shift changes of one transaction', () => {
  it('reach a webhook with a filter only where they pass that', () => {
    const filtered = subscription('filtered', { filter: { field: 'schedule', operator: 'is', value: 'S2' } })
    const named = (id: string): ScheduleCause => ({
      ...cause(2),
      change: { ...handOver, schedule: { ...handOver.schedule, id } },
    })
    expect(told([filtered, subscription('plain')], [named('S1')])).toEqual([['plain', [2]]])
    expect(told([filtered], [named('S2')])).toEqual([['filtered', [2]]])
  })

  it('are a message each, and for Zenduty one message for each instant', () => {
    expect(told([subscription('plain'), zenduty], [cause(1, 5), cause(2, 5), cause(3, 6)])).toEqual([
      ['plain', [1]],
      ['zenduty', [1, 2]],
      ['plain', [2]],
      ['plain', [3]],
      ['zenduty', [3]],
    ])
  })

  it('are together only for those of the schedules that the webhook hears of', () => {
    const filtered = { ...zenduty, scheduleFilter: [asId<ScheduleId>('S1'), asId<ScheduleId>('S3')] }
    expect(told([filtered], [cause(1), cause(2), cause(3)])).toEqual([['zenduty', [1, 3]]])
  })

  it('of two webhooks and of two organizations are apart', () => {
    const other = asId<OrganizationId>('O2')
    const causes = [cause(1), { ...cause(2), organizationId: other }]
    const two = [
      zenduty,
      { ...zenduty, id: asId<WebhookId>('second') },
      { ...zenduty, organizationId: other, id: asId<WebhookId>('third') },
    ]
    expect(told(two, causes)).toEqual([
      ['zenduty', [1]],
      ['second', [1]],
      ['third', [2]],
    ])
  })

  it('are five hundred transitions a message at most', () => {
    const single = Array.from({ length: 1_100 }, (_, index) => cause(index + 1))
    expect(tellings([zenduty], single).map(({ causes }) => causes.length)).toEqual([500, 500, 100])
    const pairs = single.map((one) => ({ ...one, change: twoPlaces }))
    expect(tellings([zenduty], pairs).map(({ causes }) => causes.length)).toEqual([250, 250, 250, 250, 100])
  })

  it('that are more than that alone are a message of their own', () => {
    const crowd = Array.from({ length: 501 }, (_, index) => ({ ...bob, id: `U${index}` }))
    const crowded = [cause(1), { ...cause(2), change: { ...handOver, current: crowd } }, cause(3)]
    expect(told([zenduty], crowded)).toEqual([
      ['zenduty', [1]],
      ['zenduty', [2]],
      ['zenduty', [3]],
    ])
  })
})

const twoPlaces = { ...handOver, previous: [ann, { ...ann, id: 'U3' }], current: [bob, { ...bob, id: 'U4' }] }
