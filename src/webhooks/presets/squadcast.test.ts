import { describe, expect, it } from 'vitest'
import { acknowledgedTelling, opened, openedTelling, resolvedTelling } from '../../../test/support/alert-tellings.ts'
import type { AlertReport } from '../alert-report.ts'
import { squadcastBody } from './squadcast.ts'
import type { AlertTelling } from './telling.ts'

const incidentOf = (telling: AlertTelling) => JSON.parse(squadcastBody(telling) ?? '').data.resource_data

const openedAs = (change: Partial<AlertReport>): AlertTelling => {
  const report = { ...opened, ...change }
  const history = openedTelling.history.map((past) => ({ ...past, assigned_to: report.assigned_to }))
  return { ...openedTelling, report, history }
}

describe('an incident for Squadcast', () => {
  it('has the payload of the first alert letter by letter', () => {
    expect(squadcastBody(openedTelling)).toContain('"event_payload":{"crane":7,"volts":0.50}')
  })

  it('has no tags where there are no labels, and those of any name', () => {
    const tagsOf = (labels: AlertReport['alert_group']['labels']) =>
      incidentOf(openedAs({ alert_group: { ...opened.alert_group, labels } })).tags
    expect(tagsOf({})).toBeNull()
    expect(Object.keys(tagsOf(JSON.parse('{"__proto__":"x","a b":"y"}')))).toEqual(['__proto__', 'a b'])
  })

  it('is of the integration where it has no service, and of the organization where it has no team', () => {
    const body = JSON.parse(squadcastBody(openedAs({ service: null, team: null })) ?? '')
    expect(body.data.resource_data.service).toEqual({ id: 'CCRANES111111', name: 'Crane watch', slug: 'crane-watch' })
    expect(body.data.resource_data.owner).toEqual({ id: 'OACMEAAAAAAAA', name: 'Acme Shipping', type: 'team' })
    expect(body.data.team).toEqual({ id: 'OACMEAAAAAAAA', name: 'Acme Shipping' })
  })

  it('is assigned to nobody where it pages nobody', () => {
    const incident = incidentOf(openedAs({ assigned_to: null }))
    expect(incident.assigned_to).toBeNull()
    expect(incident.timeline).toMatchObject([{ action: 'triggered', assigned_to: '', name: '' }])
  })

  it('is still assigned to whoever acknowledged it when it is resolved, and since then', () => {
    const { assigned_to } = incidentOf(resolvedTelling)
    expect(assigned_to).toEqual(incidentOf(acknowledgedTelling).assigned_to)
    expect(assigned_to.assigned_at).toBe('2026-04-01T07:05:00.25Z')
  })

  it('is triggered while it is silenced', () => {
    expect(incidentOf(openedAs({ alert_group: { ...opened.alert_group, state: 'silenced' } })).status).toBe('triggered')
  })
})
