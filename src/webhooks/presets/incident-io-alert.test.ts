import { describe, expect, it } from 'vitest'
import { acknowledgedTelling, opened, openedTelling, tellingOf } from '../../../test/support/alert-tellings.ts'
import type { AlertReport } from '../alert-report.ts'
import type { Trigger } from '../trigger.ts'
import { incidentIoAlertBody } from './incident-io.ts'

const alertOf = (change: Partial<AlertReport>, group: Partial<AlertReport['alert_group']> = {}) => {
  const report = { ...opened, ...change, alert_group: { ...opened.alert_group, ...group } }
  const body = incidentIoAlertBody({ ...openedTelling, report }, ['alert group created'])
  return JSON.parse(body ?? '')['public_alert.alert_created_v1']
}

describe('an alert for incident.io', () => {
  it('leaves out what there is not', () => {
    const keys = Object.keys(alertOf({}, { message: '', source_link: null }))
    expect(keys).toEqual([
      ...['alert_group_ids', 'alert_source_id', 'attributes', 'created_at', 'deduplication_key', 'id', 'status', 'title'],
      'updated_at',
    ])
  })

  it('has each attribute once, ours before labels of the same name', () => {
    const names = (change: Partial<AlertReport>, labels: AlertReport['alert_group']['labels']) =>
      alertOf(change, { labels }).attributes.map((entry: any) => [entry.attribute.name, entry.value.label])
    expect(names({ team: null }, { service: 'db', team: 'sea', urgency: 'none' })).toEqual([
      ['urgency', 'high'],
      ['service', 'Quay cranes'],
      ['team', 'sea'],
    ])
  })
})

describe('an escalation for incident.io', () => {
  const statusAfter = (trigger: Trigger, state: AlertReport['alert_group']['state']) => {
    const report = { ...opened, alert_group: { ...opened.alert_group, state } }
    const steps = [
      { type: 'alert_group.acknowledged', trigger: 'acknowledge', at: 0, report: acknowledgedTelling.report },
      { type: 'alert_group.unacknowledged', trigger, at: 1000, report },
    ] as const
    const body = incidentIoAlertBody(tellingOf(steps), ['status change'])
    return JSON.parse(body ?? '')['public_escalation.escalation_status_updated_v1']
  }

  it.each([
    ['unacknowledge', 'firing', 'triggered'],
    ['silence', 'silenced', 'snoozed'],
    ['unsilence', 'firing', 'triggered'],
    ['unresolve', 'firing', 'triggered'],
    ['resolve', 'resolved', 'resolved'],
  ] as const)('after %s is %s, which is called %s', (trigger, state, status) => {
    expect(statusAfter(trigger, state)).toMatchObject({
      escalation: { status },
      new_status: status,
      previous_status: 'acked',
    })
  })

  it('names no actor where no person did it, and no status before where none is known', () => {
    const first = incidentIoAlertBody({ ...openedTelling, event: { ...openedTelling.event, trigger: 'silence' } }, ['silence'])
    expect(Object.keys(JSON.parse(first ?? '')['public_escalation.escalation_status_updated_v1'])).toEqual([
      'escalation',
      'new_status',
    ])
  })
})
