import { describe, expect, it } from 'vitest'
import { handOver } from '../../../test/support/shift-changes.ts'
import { type AlertGroupId, asId, type IntegrationId, type OrganizationId, type ScheduleId } from '../../lib/ids.ts'
import { instant } from '../../lib/time.ts'
import type { AlertReport } from '../alert-report.ts'
import type { ReceivedPayload } from '../filter/event-record.ts'
import type { Condition, Filter } from '../filter/filter.ts'
import { newFiltering } from './filtering.ts'
import type { WebhookCause } from '../trigger.ts'

const organizationId = asId<OrganizationId>('O1')

const report: AlertReport = {
  organization: { id: 'O1', name: 'Acme' },
  integration: {
    id: 'C1',
    name: 'Prometheus',
    type: 'alertmanager',
    type_title: 'Alertmanager',
    created_at: '2026-01-01T00:00:00Z',
  },
  service: { id: 'SV1', name: 'Checkout', team_id: null, created_at: '2026-01-01T00:00:00Z' },
  team: { id: 'T1', name: 'Harbour' },
  escalation_chain: null,
  alert_group: {
    id: 'I1',
    title: 'Disk full',
    message: '',
    url: 'https://bell.example/alert-groups/I1',
    source_link: null,
    grouping_key: null,
    urgency: 'high',
    labels: { severity: 'warning' },
    state: 'firing',
    alerts_count: 1,
    created_at: '2026-01-01T00:00:00Z',
    acknowledged_at: null,
    resolved_at: null,
  },
  assigned_to: null,
  person: null,
  acknowledged_by: null,
  resolved_by: null,
  notified: [],
  first_to_page: null,
}

const received = (text: string, truncated = false): ReceivedPayload => ({ json: Buffer.from(text), truncated })

const alert = (
  payload: ReceivedPayload | null = received('{"host": "db1"}'),
  said: AlertReport | null = report,
): WebhookCause => ({
  about: 'alert group',
  organizationId,
  trigger: 'alert group created',
  eventSequence: 1,
  eventAt: instant(0),
  alertGroupId: asId<AlertGroupId>('I1'),
  integrationId: asId<IntegrationId>('C1'),
  webhookId: null,
  pageOf: null,
  report: said,
  payload,
})

const change: WebhookCause = {
  about: 'schedule',
  organizationId,
  trigger: 'shift change',
  eventSequence: 1,
  eventAt: instant(0),
  scheduleId: asId<ScheduleId>('S1'),
  scheduledAt: instant(0),
  change: { ...handOver, schedule: { ...handOver.schedule, id: 'S1', name: 'Primary', team: { id: 'T1', name: 'Harbour' } } },
}

const is = (field: string, value: string): Condition => ({ field, operator: 'is', value })

/** Whether each passes, and how many could not be judged. */
function outcomeOf(filter: Filter | null, causes: readonly WebhookCause[]) {
  let undecided = 0
  const filtering = newFiltering(() => (undecided += 1))
  return { passes: causes.map((cause) => filtering.passes(filter, cause)), undecided }
}

describe('an event', () => {
  it('passes a webhook without a filter, whose payload is not read then', () => {
    expect(outcomeOf(null, [alert(received('no JSON')), change])).toEqual({ passes: [true, true], undecided: 0 })
  })

  it('about an alert group is judged by its service, integration, team, urgency, labels and payload', () => {
    const all: Filter = {
      all: [
        is('service', 'Checkout'),
        is('integration', 'C1'),
        is('team', 'Harbour'),
        is('urgency', 'high'),
        is('severity', 'warning'),
        is('payload.host', 'db1'),
        { field: 'schedule', operator: 'exists', value: false },
      ],
    }
    expect(outcomeOf(all, [alert(), change])).toEqual({ passes: [true, false], undecided: 0 })
    expect(outcomeOf(is('payload.host', 'db2'), [alert(), alert(null)])).toEqual({ passes: [false, false], undecided: 0 })
  })

  it('about a schedule is judged by that and its team', () => {
    const own: Filter = { all: [is('schedule', 'Primary'), is('schedule', 'S1'), is('team', 'T1')] }
    expect(outcomeOf(own, [change, alert()])).toEqual({ passes: [true, false], undecided: 0 })
    expect(outcomeOf(is('payload.host', 'db1'), [change])).toEqual({ passes: [false], undecided: 0 })
  })

  it('that says nothing of its alert group is about nothing', () => {
    expect(outcomeOf(is('service', 'Checkout'), [alert(null, null)])).toEqual({ passes: [false], undecided: 0 })
  })

  it('whose payload was cut is sent, and counted, where the filter depends on it', () => {
    const cut = alert(received('{"host": "d', true))
    expect(outcomeOf(is('payload.host', 'db2'), [cut])).toEqual({ passes: [true], undecided: 1 })
    expect(outcomeOf({ all: [is('payload.host', 'db1'), is('team', 'T2')] }, [cut])).toEqual({ passes: [false], undecided: 0 })
  })
})

describe('searching', () => {
  const text = (length: number): WebhookCause => alert(received(JSON.stringify({ text: 'a'.repeat(length) })))
  const search: Filter = { field: 'payload.text', operator: 'matches', value: 'b[0-9]{90}$' }

  it('of a thousand webhooks for an expression of usual size in a usual text is decided for each', () => {
    let undecided = 0
    const filtering = newFiltering(() => (undecided += 1))
    const cause = text(80)
    const passed = Array.from({ length: 1000 }, (_, index) =>
      filtering.passes({ field: 'payload.text', operator: 'matches', value: `^db-${index % 10}\\d+` }, cause),
    )
    expect([passed.includes(true), undecided]).toEqual([false, 0])
  })

  it('in a long list is undecided after many webhooks, and what is not in the payload is decided all the same', () => {
    let undecided = 0
    const filtering = newFiltering(() => (undecided += 1))
    const cause = alert(received(JSON.stringify({ list: Array.from({ length: 1000 }, (_, index) => `db${index}`) })))
    const any = Array.from({ length: 50 }, (_, index) => is('payload.list', `web${index}`))
    for (let count = 0; count < 100; count += 1) filtering.passes({ any }, cause)
    expect(undecided).toBeGreaterThan(0)
    expect(filtering.passes({ all: [{ any }, is('team', 'T2')] }, cause)).toBe(false)
  })

  it('ends where one event takes too much, and begins anew for the next', () => {
    expect(outcomeOf(search, [text(100_000), text(10)])).toEqual({ passes: [true, false], undecided: 1 })
  })

  it('of many large texts takes the ordinary search from none of the others', () => {
    let undecided = 0
    const filtering = newFiltering(() => (undecided += 1))
    for (let count = 0; count < 30; count += 1) filtering.passes(search, text(15_000))
    expect(undecided).toBeGreaterThan(0)
    undecided = 0
    expect([filtering.passes(search, text(100)), undecided]).toEqual([false, 0])
  })
})
