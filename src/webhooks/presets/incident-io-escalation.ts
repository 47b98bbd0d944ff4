import { isoZ } from '../../lib/time.ts'
import type { PastEvent } from '../history.ts'
import { slimAlertDocument } from './incident-io-alert.ts'
import { userDocument } from './incident-io-user.ts'
import type { AlertTelling } from './telling.ts'

/** An alert group as incident.io tells of an escalation: it has one, of its own id. */
export function escalationDocument(telling: AlertTelling): object {
  const { event, report, history } = telling
  const { alert_group: group, escalation_chain } = report
  return {
    created_at: group.created_at,
    creator: { alert: { id: group.id, title: group.title } },
    description: group.message,
    ...(escalation_chain === null ? {} : { escalation_path_id: escalation_chain.id }),
    events: history.flatMap(eventDocument),
    id: group.id,
    priority: { name: group.urgency },
    related_alerts: [slimAlertDocument(telling)],
    related_incidents: [],
    status: statuses[group.state],
    title: group.title,
    updated_at: isoZ(event.at),
  }
}

/** How an escalation came into the state that it is in. Machines are no actors, and what is not known is left out. */
export function statusUpdate(telling: AlertTelling): object {
  const { report, history } = telling
  const before = history.at(-2)
  return {
    ...(report.person === null ? {} : { actor: { user: userDocument(report.person) } }),
    escalation: escalationDocument(telling),
    new_status: statuses[report.alert_group.state],
    ...(before === undefined ? {} : { previous_status: statuses[before.state] }),
  }
}

const statuses = { firing: 'triggered', silenced: 'snoozed', acknowledged: 'acked', resolved: 'resolved' } as const

function eventDocument({ id, state, at, acknowledged_by, assigned_to }: PastEvent): readonly object[] {
  const common = { id, occurred_at: isoZ(at) }
  switch (state) {
    case 'firing':
      return assigned_to === null ? [] : [{ event: 'triggered', ...common }]
    case 'acknowledged':
      return [{ event: 'acked', ...common, users: acknowledged_by === null ? [] : [userDocument(acknowledged_by)] }]
    case 'resolved':
      return [{ event: 'resolved', ...common }]
    case 'silenced':
      return []
  }
}
