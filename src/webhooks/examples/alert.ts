import { jsonText, type JsonWithRaw } from '../../lib/json.ts'
import { after, before, hours, type Instant, isoOffset, isoZ, minutes } from '../../lib/time.ts'
import type { AlertReport } from '../alert-report.ts'
import type { PastEvent } from '../rendering/past-event.ts'
import type { Person } from '../person.ts'
import { type AlertTrigger, namesWebhook } from '../trigger.ts'
import type { Asked } from './asked.ts'
import { ada, ben, ids } from './cast.ts'

const title = 'Example: disk almost full on db1'
const labels = { env: 'production', severity: 'warning' }
const payload = {
  alert_uid: 'example-disk-db1',
  title,
  state: 'alerting',
  message: 'Of 512 GiB, 4 are free.',
  link_to_upstream_details: 'https://monitoring.example.com/disks/db1',
}

const brief = ({ id, username, email }: Person) => ({ id, username, email })

/** How the group is from then on. */
const stateAfter = {
  escalation: 'firing',
  'alert group created': 'firing',
  acknowledge: 'acknowledged',
  resolve: 'resolved',
  silence: 'silenced',
  unsilence: 'firing',
  unresolve: 'firing',
  unacknowledge: 'firing',
  'personal notification': 'firing',
  'alert added': 'firing',
  reassigned: 'firing',
  escalated: 'firing',
  'notification failed': 'firing',
} as const satisfies Readonly<Record<AlertTrigger, AlertReport['alert_group']['state']>>

const typeOf = {
  escalation: 'alert_group.escalated',
  'alert group created': 'alert_group.created',
  acknowledge: 'alert_group.acknowledged',
  resolve: 'alert_group.resolved',
  silence: 'alert_group.silenced',
  unsilence: 'alert_group.unsilenced',
  unresolve: 'alert_group.unresolved',
  unacknowledge: 'alert_group.unacknowledged',
  'personal notification': 'alert_group.page_sent',
  'alert added': 'alert_group.alert_added',
  reassigned: 'alert_group.reassigned',
  escalated: 'alert_group.level_reached',
  'notification failed': 'alert_group.page_failed',
} as const satisfies Readonly<Record<AlertTrigger, string>>

/** An example of what happens to alert groups. */
export function alertExample(trigger: AlertTrigger, asked: Asked): PastEvent {
  const { webhook, now } = asked
  const integrationId = webhook.integrationFilter?.[0] ?? ids.integration
  const data = jsonText(alertData(trigger, integrationId, asked))
  const report = alertReport(trigger, integrationId, asked)
  const { organizationId } = webhook
  return {
    told: { id: ids.event, type: typeOf[trigger], trigger, sequence: 0, at: now, data, report },
    cause: {
      about: 'alert group',
      organizationId,
      eventSequence: 0,
      eventAt: now,
      trigger,
      integrationId,
      alertGroupId: ids.alertGroup,
      webhookId: namesWebhook(webhook, trigger) ? webhook.id : null,
      pageOf: trigger === 'personal notification' ? ids.run : null,
      report,
      payload: { json: Buffer.from(jsonText(payload)), truncated: false },
    },
  }
}

const acted: readonly AlertTrigger[] = ['acknowledge', 'resolve', 'silence', 'unsilence', 'unresolve', 'unacknowledge']

/** By whom it was done, was taken over, and was ended, where that is so. */
function peopleOf(trigger: AlertTrigger) {
  return {
    person: acted.includes(trigger) || trigger === 'personal notification' ? ada : null,
    acknowledgedBy: trigger === 'acknowledge' ? ada : null,
    resolvedBy: trigger === 'resolve' ? ada : null,
  }
}

/** The event data of contract grafana-oncall 3.3, with what is ours. */
function alertData(trigger: AlertTrigger, integrationId: string, { now, baseUrl, isMarked }: Asked): JsonWithRaw {
  const startedAt = before(now, minutes(5))
  const { person, acknowledgedBy, resolvedBy } = peopleOf(trigger)
  const at = isoZ(now)
  return {
    event: { type: trigger, ...eventTime(trigger, now), ...particulars[trigger], ...(isMarked ? { test: true } : {}) },
    user: person === null ? null : brief(person),
    alert_group: {
      id: ids.alertGroup,
      integration_id: integrationId,
      team_id: null,
      route_id: ids.route,
      alerts_count: trigger === 'alert added' ? 2 : 1,
      state: stateAfter[trigger],
      created_at: isoZ(startedAt),
      resolved_at: resolvedBy === null ? null : at,
      resolved_by: resolvedBy?.id ?? null,
      acknowledged_at: acknowledgedBy === null ? null : at,
      acknowledged_by: acknowledgedBy?.id ?? null,
      labels: Object.entries(labels).map(([key, value]) => ({ key: { id: key, name: key }, value: { id: value, name: value } })),
      title,
      permalinks: { slack: null, slack_app: null, telegram: null, web: urlOf(baseUrl) },
      silenced_at: trigger === 'silence' ? at : null,
      last_alert: { id: ids.alert, alert_group_id: ids.alertGroup, created_at: isoZ(startedAt), payload },
      urgency: 'high',
      assigned_to: assignee,
    },
    alert_group_id: ids.alertGroup,
    alert_payload: payload,
    integration: { id: integrationId, type: 'formatted_webhook', name: 'Example - Formatted webhook', team: null },
    notified_users: [brief(ada)],
    users_to_be_notified: [brief(ben)],
    alert_group_acknowledged_by: acknowledgedBy === null ? null : brief(acknowledgedBy),
    alert_group_resolved_by: resolvedBy === null ? null : brief(resolvedBy),
  }
}

/** Some say no time; that is the contract's form. */
function eventTime(trigger: AlertTrigger, now: Instant): Readonly<Record<string, JsonWithRaw>> {
  if (trigger === 'unsilence' || trigger === 'unresolve' || trigger === 'unacknowledge') return {}
  const time = isoOffset(trigger === 'alert group created' ? before(now, minutes(5)) : now)
  return trigger === 'silence' ? { time, until: isoOffset(after(now, hours(1))) } : { time }
}

const assignee = { id: ids.chain, type: 'escalation_chain' }

/** What some events say of themselves beside the time. */
const particulars: Readonly<Partial<Record<AlertTrigger, Readonly<Record<string, JsonWithRaw>>>>> = {
  'personal notification': { user: { phone: '+49 30 123456' }, important: true },
  'alert added': { alerts_added: 1 },
  reassigned: { from: assignee, to: assignee },
  escalated: { level: 2, escalation_chain_id: ids.chain, recipients: [brief(ben)] },
  'notification failed': {
    recipient: brief(ada),
    channel: 'email',
    important: true,
    reason: 'Given up after 17 attempts. No answer (timeout): no answer in time',
  },
}

const urlOf = (baseUrl: string): string => `${baseUrl}/alert-groups/${ids.alertGroup}`

function alertReport(trigger: AlertTrigger, integrationId: string, { now, baseUrl, webhook }: Asked): AlertReport {
  const startedAt = isoZ(before(now, minutes(5)))
  const { person, acknowledgedBy, resolvedBy } = peopleOf(trigger)
  const chain = { id: ids.chain, name: 'Example chain' }
  return {
    organization: { id: webhook.organizationId, name: 'Example' },
    integration: {
      id: integrationId,
      name: 'Example',
      type: 'formatted_webhook',
      type_title: 'Formatted webhook',
      created_at: startedAt,
    },
    service: null,
    team: null,
    escalation_chain: chain,
    alert_group: {
      id: ids.alertGroup,
      title,
      message: payload.message,
      url: urlOf(baseUrl),
      source_link: payload.link_to_upstream_details,
      grouping_key: payload.alert_uid,
      urgency: 'high',
      labels,
      state: stateAfter[trigger],
      alerts_count: trigger === 'alert added' ? 2 : 1,
      created_at: startedAt,
      acknowledged_at: acknowledgedBy === null ? null : isoZ(now),
      resolved_at: resolvedBy === null ? null : isoZ(now),
    },
    assigned_to: { type: 'escalation_chain', ...chain },
    person,
    acknowledged_by: acknowledgedBy,
    resolved_by: resolvedBy,
    notified: [ada],
    first_to_page: ben,
  }
}
