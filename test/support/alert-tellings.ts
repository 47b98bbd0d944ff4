import { instant } from '../../src/lib/time.ts'
import type { AlertReport } from '../../src/webhooks/alert-report.ts'
import type { PastEvent } from '../../src/webhooks/history.ts'
import type { Person } from '../../src/webhooks/person.ts'
import type { AlertTelling } from '../../src/webhooks/presets/telling.ts'
import type { Trigger } from '../../src/webhooks/trigger.ts'

export const ann: Person = {
  id: 'UANNAAAAAAAAA',
  username: 'ann',
  name: 'Ann Archer',
  first_name: 'Ann',
  last_name: 'Archer',
  email: 'ann@example.com',
  role: 'admin',
  slack_user_id: 'U02AYNF2XJM',
}

export const bob: Person = {
  id: 'UBOBAAAAAAAAA',
  username: 'bob',
  name: 'Bob Baker',
  first_name: 'Bob',
  last_name: 'Baker',
  email: 'bob@example.com',
  role: 'editor',
  slack_user_id: null,
}

const chain = { id: 'FCHAIN1111111', name: 'Critical' }
const team = { id: 'THARBOUR11111', name: 'Harbour' }

/** The alert group as it opened. */
export const opened: AlertReport = {
  organization: { id: 'OACMEAAAAAAAA', name: 'Acme Shipping' },
  integration: {
    id: 'CCRANES111111',
    name: 'Crane watch',
    type: 'formatted_webhook',
    type_title: 'Formatted webhook',
    created_at: '2026-01-01T12:00:00Z',
  },
  service: { id: 'SVCRANES11111', name: 'Quay cranes', team_id: team.id, created_at: '2026-01-01T11:00:00.500000Z' },
  team,
  escalation_chain: chain,
  alert_group: {
    id: 'ICRANE7AAAAAA',
    title: 'Crane 7 stands still',
    message: 'No power on the hoist',
    url: 'https://bell.example/alert-groups/ICRANE7AAAAAA',
    source_link: 'https://cranes.example/7',
    grouping_key: 'crane-7',
    urgency: 'high',
    labels: { severity: 'critical', quay: 'north' },
    state: 'firing',
    alerts_count: 1,
    created_at: '2026-04-01T07:00:00.110000Z',
    acknowledged_at: null,
    resolved_at: null,
  },
  assigned_to: { type: 'escalation_chain', ...chain },
  person: null,
  acknowledged_by: null,
  resolved_by: null,
  notified: [],
  first_to_page: ann,
}

type Step = { readonly type: PastEvent['type']; readonly trigger: Trigger; readonly at: number; readonly report: AlertReport }

const later = (before: AlertReport, change: Partial<AlertReport>, group: Partial<AlertReport['alert_group']>): AlertReport => ({
  ...before,
  ...change,
  alert_group: { ...before.alert_group, grouping_key: null, ...group },
})

const acknowledged = later(
  opened,
  { person: ann, acknowledged_by: ann, notified: [ann] },
  { state: 'acknowledged', alerts_count: 3, acknowledged_at: '2026-04-01T07:05:00.250000Z' },
)
const resolved = later(
  acknowledged,
  { person: bob, resolved_by: bob },
  { state: 'resolved', resolved_at: '2026-04-01T07:20:00Z' },
)

/** It opens, Ann acknowledges it, and Bob resolves it. */
const story: readonly Step[] = [
  { type: 'alert_group.created', trigger: 'alert group created', at: Date.UTC(2026, 3, 1, 7, 0, 0, 110), report: opened },
  { type: 'alert_group.acknowledged', trigger: 'acknowledge', at: Date.UTC(2026, 3, 1, 7, 5, 0, 250), report: acknowledged },
  { type: 'alert_group.resolved', trigger: 'resolve', at: Date.UTC(2026, 3, 1, 7, 20), report: resolved },
]

/** An event of a story, with what happened before. */
export function tellingOf(steps: readonly Step[]): AlertTelling {
  const history = steps.map(({ type, at, report }, index): PastEvent => {
    const { person, assigned_to, acknowledged_by, alert_group } = report
    const common = { id: idAt(index), type, sequence: 41 + index, at: instant(at), state: alert_group.state }
    return { ...common, groupingKey: alert_group.grouping_key, person, assigned_to, acknowledged_by }
  })
  const last = steps.at(-1)
  const past = history.at(-1)
  if (last === undefined || past === undefined) throw new Error('a story has steps')
  const { id, type, sequence, at } = past
  const data = '{"event":{},"alert_payload":{"crane":7,"volts":0.50}}'
  return { event: { id, type, sequence, at, trigger: last.trigger, data, report: last.report }, report: last.report, history }
}

const idAt = (index: number): string => `019d4800-0000-7000-8000-00000000000${index}`

export const openedTelling = tellingOf(story.slice(0, 1))
export const acknowledgedTelling = tellingOf(story.slice(0, 2))
export const resolvedTelling = tellingOf(story)

const [opening] = story
/** It opens, and Bob hands it to a team. */
export const reassignedTelling = tellingOf([
  ...(opening === undefined ? [] : [opening]),
  {
    type: 'alert_group.reassigned',
    trigger: 'reassigned',
    at: Date.UTC(2026, 3, 1, 7, 4, 0, 500),
    report: later(opened, { person: bob, assigned_to: { type: 'team', ...team } }, {}),
  },
])
