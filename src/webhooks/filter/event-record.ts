import type { AlertReport } from '../alert-report.ts'
import type { ShiftChange } from '../shift-change.ts'
import type { FilterRecord } from './record.ts'

/** The payload of an alert as it was received. One that was cut is no JSON any more. */
export type ReceivedPayload = { readonly json: Buffer; readonly truncated: boolean }

/** What filters know of an event about an alert group. The payload is its newest alert's, and is parsed when a filter asks for it. */
export function recordOfAlert(report: AlertReport | null, payload: ReceivedPayload | null): FilterRecord {
  return {
    service: report?.service ?? null,
    integration: report?.integration ?? null,
    team: report?.team ?? null,
    schedule: null,
    urgency: report?.alert_group.urgency ?? null,
    labels: report?.alert_group.labels ?? {},
    payload: parsedOnce(payload),
  }
}

/** What filters know of an event about who is on call. */
export const recordOfSchedule = ({ schedule }: ShiftChange): FilterRecord => ({
  ...recordOfNothing,
  team: schedule.team,
  schedule,
})

/** What filters know of an event about webhooks themselves. */
export const recordOfNothing: FilterRecord = {
  service: null,
  integration: null,
  team: null,
  schedule: null,
  urgency: null,
  labels: {},
  payload: () => noPayload,
}

const noPayload = { isWhole: true, json: undefined } as const

function parsedOnce(payload: ReceivedPayload | null): FilterRecord['payload'] {
  if (payload === null) return () => noPayload
  let reading: ReturnType<FilterRecord['payload']> | null = null
  return () => (reading ??= payload.truncated ? { isWhole: false } : { isWhole: true, json: JSON.parse(payload.json.toString()) })
}
