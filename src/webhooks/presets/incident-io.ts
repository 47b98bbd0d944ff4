import type { ShiftChange } from '../shift-change.ts'
import type { TriggerType } from '../trigger.ts'
import { alertDocument } from './incident-io-alert.ts'
import { escalationDocument, statusUpdate } from './incident-io-escalation.ts'
import { userDocument } from './incident-io-user.ts'
import type { AlertTelling } from './telling.ts'

/** A shift change as incident.io tells of it; the order of the members is the one of its documents. */
export function incidentIoShiftBody({ schedule, previous, current }: ShiftChange): string {
  return enveloped('schedule.shift_change_v1', {
    current_users: current.map(userDocument),
    previous_users: previous.map(userDocument),
    schedule: {
      created_at: schedule.created_at,
      id: schedule.id,
      name: schedule.name,
      team_ids: schedule.team === null ? [] : [schedule.team.id],
      timezone: schedule.time_zone,
      updated_at: schedule.updated_at,
    },
  })
}

/**
 * What happened to an alert group as incident.io tells of it. A webhook that follows every change of the status is told of
 * an escalation, any other one of the alert when it opens and when it is resolved. Null: there is no word for it.
 */
export function incidentIoAlertBody(telling: AlertTelling, followed: readonly TriggerType[]): string | null {
  const followsEscalation = followed.includes('status change')
  switch (telling.event.trigger) {
    case 'alert group created':
      if (followsEscalation) return enveloped('public_escalation.escalation_created_v1', escalationDocument(telling))
      return enveloped('public_alert.alert_created_v1', alertDocument(telling))
    case 'resolve':
      if (followsEscalation) return enveloped(statusUpdated, statusUpdate(telling))
      return enveloped('public_alert.alert_resolved_v1', alertDocument(telling))
    case 'acknowledge':
    case 'unacknowledge':
    case 'silence':
    case 'unsilence':
    case 'unresolve':
      return enveloped(statusUpdated, statusUpdate(telling))
    default:
      return null
  }
}

const statusUpdated = 'public_escalation.escalation_status_updated_v1'

/** The member that holds the data is named like the event's type. */
const enveloped = (type: string, data: object): string => JSON.stringify({ event_type: type, [type]: data })
