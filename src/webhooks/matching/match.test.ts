import { describe, expect, it } from 'vitest'
import { handOver } from '../../../test/support/shift-changes.ts'
import {
  type AlertGroupId,
  asId,
  type IntegrationId,
  type OrganizationId,
  type ScheduleId,
  type WebhookId,
} from '../../lib/ids.ts'
import { instant } from '../../lib/time.ts'
import { hears, type Subscription } from './match.ts'
import { usualSending } from '../sending.ts'
import {
  type AlertTrigger,
  alertTriggers,
  type OperationalTrigger,
  operationalTriggers,
  type ScheduleTrigger,
  scheduleTriggers,
  type WebhookCause,
} from '../trigger.ts'

const subscription = (triggerTypes: Subscription['triggerTypes'], filter: readonly string[] | null = null): Subscription => ({
  organizationId: asId<OrganizationId>('O1'),
  id: asId<WebhookId>('WH1'),
  triggerTypes,
  integrationFilter: filter?.map((id) => asId<IntegrationId>(id)) ?? null,
  scheduleFilter: null,
  filter: null,
  urls: [{ url: 'https://a.example/', httpMethod: 'POST' }],
  preset: null,
  ...usualSending,
})

const cause = (trigger: AlertTrigger, webhookId: string | null = null): WebhookCause => ({
  about: 'alert group',
  organizationId: asId<OrganizationId>('O1'),
  trigger,
  eventSequence: 1,
  eventAt: instant(0),
  alertGroupId: asId<AlertGroupId>('I1'),
  integrationId: asId<IntegrationId>('C1'),
  webhookId: webhookId === null ? null : asId<WebhookId>(webhookId),
  pageOf: null,
  report: null,
  payload: null,
})

const change = (trigger: ScheduleTrigger): WebhookCause => ({
  about: 'schedule',
  organizationId: asId<OrganizationId>('O1'),
  trigger,
  eventSequence: 1,
  eventAt: instant(0),
  scheduleId: asId<ScheduleId>('S1'),
  scheduledAt: instant(0),
  change: handOver,
})

const news = (trigger: OperationalTrigger, about: string): WebhookCause => ({
  about: 'webhook',
  organizationId: asId<OrganizationId>('O1'),
  trigger,
  eventSequence: 1,
  eventAt: instant(0),
  webhookId: asId<WebhookId>(about),
})

const heard = (...types: Subscription['triggerTypes']) => [
  ...alertTriggers.filter((trigger) => hears(subscription(types), cause(trigger))),
  ...scheduleTriggers.filter((trigger) => hears(subscription(types), change(trigger))),
  ...operationalTriggers.filter((trigger) => hears(subscription(types), news(trigger, 'WH2'))),
]

describe('a webhook', () => {
  it('hears of its own trigger and no other', () => {
    expect(heard('resolve')).toEqual(['resolve'])
    expect(heard('alert group created')).toEqual(['alert group created'])
    expect(heard('reassigned')).toEqual(['reassigned'])
  })

  it('of several triggers hears of each', () => {
    expect(heard('resolve', 'shift change')).toEqual(['resolve', 'shift change'])
    expect(heard('alert group created', 'status change').length).toBe(7)
  })

  it('for status changes hears of six', () => {
    expect(heard('status change')).toEqual(['acknowledge', 'resolve', 'silence', 'unsilence', 'unresolve', 'unacknowledge'])
  })

  it('for escalations hears only of steps that name it', () => {
    expect(heard('escalation')).toEqual([])
    expect(hears(subscription(['escalation']), cause('escalation', 'WH1'))).toBe(true)
    expect(hears(subscription(['escalation']), cause('escalation', 'WH2'))).toBe(false)
  })

  it('for pages hears only of those to people who chose it, whatever its filters say', () => {
    expect(heard('personal notification')).toEqual([])
    const page = (webhookId: string) => ({ ...cause('personal notification', webhookId), pageOf: 'run' })
    expect(hears(subscription(['personal notification']), page('WH1'))).toBe(true)
    expect(hears(subscription(['personal notification'], ['C2']), page('WH1'))).toBe(true)
    expect(hears(subscription(['personal notification']), page('WH2'))).toBe(false)
  })

  it('is reached by a step that names it, whatever its trigger type', () => {
    expect(hears(subscription(['resolve']), cause('escalation', 'WH1'))).toBe(true)
  })

  it('hears only of the integrations of its filter', () => {
    expect(hears(subscription(['resolve'], ['C2', 'C1']), cause('resolve'))).toBe(true)
    expect(hears(subscription(['resolve'], ['C2']), cause('resolve'))).toBe(false)
    expect(hears(subscription(['escalation'], ['C2']), cause('escalation', 'WH1'))).toBe(false)
  })

  it('hears of shift changes, or of gaps, of all schedules or those of its filter', () => {
    expect(heard('shift change')).toEqual(['shift change'])
    expect(heard('schedule gap')).toEqual(['schedule gap'])
    const filtered = (id: string): Subscription => ({ ...subscription(['shift change']), scheduleFilter: [asId<ScheduleId>(id)] })
    expect(hears(filtered('S1'), change('shift change'))).toBe(true)
    expect(hears(filtered('S2'), change('shift change'))).toBe(false)
  })

  it('minds no integrations where it hears of schedules, and no schedules where it hears of alert groups', () => {
    expect(hears(subscription(['shift change'], ['C2']), change('shift change'))).toBe(true)
    const scheduled = { ...subscription(['resolve']), scheduleFilter: [asId<ScheduleId>('S2')] }
    expect(hears(scheduled, cause('resolve'))).toBe(true)
  })

  it('hears what happens to other webhooks, and nothing of itself', () => {
    expect(heard('webhook.failing', 'message.exhausted')).toEqual(['webhook.failing', 'message.exhausted'])
    expect(hears(subscription(['webhook.failing']), news('webhook.failing', 'WH1'))).toBe(false)
  })

  it('hears nothing of other organizations', () => {
    expect(hears(subscription(['resolve']), { ...cause('resolve'), organizationId: asId<OrganizationId>('O2') })).toBe(false)
  })
})
