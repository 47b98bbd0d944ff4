import { describe, expect, it } from 'vitest'
import { acknowledgedTelling, ann, bob, opened, openedTelling } from '../../../test/support/alert-tellings.ts'
import type { AlertReport } from '../alert-report.ts'
import { zendutyIncidentBody } from './zenduty-incident.ts'

const incidentOf = (change: Partial<AlertReport>) =>
  JSON.parse(zendutyIncidentBody({ ...openedTelling, report: { ...opened, ...change } }) ?? '').payload.incident

const urgent = (urgency: AlertReport['alert_group']['urgency']) =>
  incidentOf({ alert_group: { ...opened.alert_group, urgency } }).urgency

describe('an incident for Zenduty', () => {
  it('is assigned to who acknowledged it, else to the user whom it is for, else to who is paged first', () => {
    const assignedTo = (change: Partial<AlertReport>) => incidentOf(change).assigned_to?.username ?? null
    const toBob = { type: 'user', user: bob } as const
    expect(assignedTo({ acknowledged_by: ann, assigned_to: toBob })).toBe('ann')
    expect(assignedTo({ assigned_to: toBob })).toBe('bob')
    expect(assignedTo({})).toBe('ann')
    expect(assignedTo({ first_to_page: null })).toBeNull()
  })

  it('is urgent or not', () => {
    expect([urgent('low'), urgent('medium'), urgent('high'), urgent('critical')]).toEqual([0, 0, 1, 1])
  })

  it('is of the integration and its team where it has no service', () => {
    expect(incidentOf({ service: null }).service).toMatchObject({ name: 'Crane watch', unique_id: 'CCRANES111111' })
    expect(incidentOf({ service: null, team: null, escalation_chain: null }).service).toMatchObject({
      team: null,
      escalation_policy: null,
    })
  })

  it('has the id of the group for a key where its source has none, and its own number where the first is not stored', () => {
    const forgotten = { ...acknowledgedTelling, history: [] }
    const { incident } = JSON.parse(zendutyIncidentBody(forgotten) ?? '').payload
    expect([incident.incident_key, incident.incident_number]).toEqual(['ICRANE7AAAAAA', 42])
  })
})
