import { isoZ } from '../../lib/time.ts'
import type { AlertReport } from '../alert-report.ts'
import type { AlertTelling } from './telling.ts'

/** An alert group as incident.io tells of an alert; the order of the members is the one of its documents. */
export function alertDocument({ event, report, history }: AlertTelling): object {
  const { alert_group_ids, alert_source_id, ...others } = slimAlertDocument({ event, report, history })
  return { alert_group_ids, alert_source_id, attributes: attributesOf(report), ...others }
}

/** The same without attributes, as it is told inside of something else. What there is not is left out. */
export function slimAlertDocument({ event, report: { alert_group: group, integration }, history }: AlertTelling) {
  return {
    alert_group_ids: [group.id],
    alert_source_id: integration.id,
    created_at: group.created_at,
    deduplication_key: history[0]?.groupingKey ?? group.id,
    ...(group.message === '' ? {} : { description: group.message }),
    id: group.id,
    ...(group.resolved_at === null ? {} : { resolved_at: group.resolved_at }),
    ...(group.source_link === null ? {} : { source_url: group.source_link }),
    status: group.state === 'resolved' ? 'resolved' : 'firing',
    title: group.title,
    updated_at: isoZ(event.at),
  }
}

/** Labels by their keys, and before them what is known of every alert. */
function attributesOf({ alert_group: { urgency, labels }, service, team }: AlertReport): readonly object[] {
  const ours = [
    { name: 'urgency', label: urgency, literal: urgency },
    ...(service === null ? [] : [{ name: 'service', label: service.name, literal: service.id }]),
    ...(team === null ? [] : [{ name: 'team', label: team.name, literal: team.id }]),
  ]
  const names = new Set(ours.map(({ name }) => name))
  const others = Object.keys(labels)
    .filter((name) => !names.has(name))
    .toSorted()
    .map((name) => ({ name, label: labels[name], literal: labels[name] }))
  return [...ours, ...others].map(({ name, label, literal }) => ({
    attribute: { array: false, id: name, name, required: false, type: 'String' },
    value: { label, literal },
  }))
}
