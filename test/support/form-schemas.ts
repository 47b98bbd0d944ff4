import { Type } from 'typebox'

/** What other products' documents say of their webhooks' bodies; strict, so that nothing is said that they do not know. */
const object = <Properties extends Parameters<typeof Type.Object>[0]>(properties: Properties) =>
  Type.Object(properties, { additionalProperties: false })
const orNull = (schema: object) => Type.Unsafe({ anyOf: [schema, { type: 'null' }] })
const words = (...all: readonly string[]) => Type.Union(all.map((word) => Type.Literal(word)))
const instant = Type.String({ pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$` })
const text = Type.String()
const named = object({ id: text, name: text })

// Squadcast --------------------------------------------------------------------------------------------------------------

const assigneeType = words('escalationpolicy', 'user', 'squad')

export const squadcast = object({
  version: Type.Literal('v2'),
  event: object({
    id: text,
    type: words('incident.triggered', 'incident.reassigned', 'incident.acknowledged', 'incident.resolved'),
    resource: Type.Literal('incident'),
    timestamp: instant,
  }),
  data: object({
    resource_data: object({
      id: text,
      message: text,
      description: text,
      url: text,
      alert_source: object({ id: text, type: text, short_name: text }),
      service: object({ id: text, name: text, slug: text }),
      request_id: Type.Optional(text),
      status: words('triggered', 'acknowledged', 'resolved'),
      created_at: instant,
      assigned_to: orNull(object({ id: text, name: text, type: assigneeType, assigned_at: instant })),
      tags: orNull(Type.Record(text, object({ value: text, color: text }))),
      event_payload: Type.Unknown(),
      timeline: Type.Array(
        object({
          action: words('triggered', 'reassigned', 'acknowledged', 'resolved'),
          assigned_to: words('escalationpolicy', 'user', 'squad', ''),
          name: text,
          time: instant,
        }),
      ),
      event_count: Type.Integer(),
      owner: object({ id: text, name: text, type: Type.Literal('team') }),
    }),
    resource_type: Type.Literal('incident'),
    organization: named,
    team: named,
  }),
})

// Zenduty ----------------------------------------------------------------------------------------------------------------

export const zenduty = object({
  payload: object({
    event_type: words('triggered', 'acknowledged', 'resolved'),
    incident: object({
      summary: text,
      incident_number: Type.Integer(),
      creation_date: instant,
      status: Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3)]),
      unique_id: text,
      title: text,
      incident_key: text,
      service: object({
        name: text,
        creation_date: instant,
        summary: text,
        description: text,
        unique_id: text,
        auto_resolve_timeout: Type.Integer(),
        created_by: orNull(text),
        team_priority: orNull(text),
        task_template: orNull(text),
        acknowledgement_timeout: Type.Integer(),
        status: Type.Integer(),
        escalation_policy: orNull(text),
        team: orNull(text),
        sla: orNull(text),
        collation_time: Type.Integer(),
        collation: Type.Integer(),
      }),
      urgency: Type.Union([Type.Literal(0), Type.Literal(1)]),
      merged_with: Type.Null(),
      assigned_to: orNull(object({ username: text, first_name: text, last_name: text, email: text })),
      resolved_date: orNull(instant),
      acknowledged_date: orNull(instant),
      context_window_start: instant,
      context_window_end: instant,
    }),
  }),
})

const zendutyPerson = orNull(object({ username: text, first_name: text, last_name: text }))

export const zendutyOnCall = object({
  event_type: Type.Literal('oncall_change'),
  transitions: Type.Record(
    text,
    Type.Record(
      text,
      Type.Array(
        object({
          schedule_id: text,
          schedule_name: text,
          team_id: orNull(text),
          team_name: text,
          previous_user: zendutyPerson,
          new_user: zendutyPerson,
          transition_time: Type.String({ pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$` }),
          layer_type: words('layer', 'override'),
          layer_name: text,
          time_zone: text,
          escalation_policies: Type.Array(object({ ep_id: text, ep_name: text })),
        }),
      ),
    ),
  ),
})

// incident.io ------------------------------------------------------------------------------------------------------------

const slimAlert = {
  alert_group_ids: Type.Optional(Type.Array(text)),
  alert_source_id: text,
  created_at: instant,
  deduplication_key: text,
  description: Type.Optional(text),
  id: text,
  resolved_at: Type.Optional(instant),
  source_url: Type.Optional(text),
  status: words('firing', 'resolved'),
  title: text,
  updated_at: instant,
}

const alert = object({
  ...slimAlert,
  attributes: Type.Array(
    object({
      attribute: object({ array: Type.Boolean(), id: text, name: text, required: Type.Boolean(), type: text }),
      value: Type.Optional(object({ label: text, literal: text })),
    }),
  ),
})

const user = object({
  email: Type.Optional(text),
  id: text,
  name: text,
  role: words('viewer', 'responder', 'administrator', 'owner', 'unset'),
  slack_user_id: Type.Optional(text),
})

const status = words(
  ...['pending', 'triggered', 'acked', 'resolved', 'expired', 'cancelled', 'snoozed', 'delayed', 'pending_repeat'],
)

const escalation = object({
  created_at: instant,
  creator: object({ alert: Type.Optional(object({ id: text, title: text })) }),
  description: text,
  escalation_path_id: Type.Optional(text),
  events: Type.Array(
    object({
      event: words('triggered', 'acked', 'resolved'),
      id: text,
      occurred_at: instant,
      users: Type.Optional(Type.Array(user)),
    }),
  ),
  id: text,
  priority: object({ name: text }),
  related_alerts: Type.Array(object(slimAlert)),
  related_incidents: Type.Array(Type.Never()),
  status,
  title: text,
  updated_at: instant,
})

const enveloped = (type: string, data: ReturnType<typeof object>) => object({ event_type: Type.Literal(type), [type]: data })

export const incidentIo = Type.Union([
  enveloped(
    'schedule.shift_change_v1',
    object({
      current_users: Type.Array(user),
      previous_users: Type.Array(user),
      schedule: object({
        created_at: instant,
        id: text,
        name: text,
        team_ids: Type.Array(text),
        timezone: text,
        updated_at: instant,
      }),
    }),
  ),
  enveloped('public_alert.alert_created_v1', alert),
  enveloped('public_alert.alert_resolved_v1', alert),
  enveloped('public_escalation.escalation_created_v1', escalation),
  enveloped(
    'public_escalation.escalation_status_updated_v1',
    object({
      actor: Type.Optional(object({ user: Type.Optional(user) })),
      escalation,
      new_status: status,
      previous_status: Type.Optional(status),
    }),
  ),
])

// Grafana OnCall ---------------------------------------------------------------------------------------------------------

const shortPerson = orNull(object({ id: text, username: text, email: text }))
const offsetInstant = Type.String({ pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$` })

export const grafanaOnCall = object({
  event: object({ type: text, time: Type.Optional(offsetInstant), until: Type.Optional(orNull(offsetInstant)) }),
  user: shortPerson,
  alert_group: Type.Object({
    id: text,
    integration_id: text,
    team_id: orNull(text),
    route_id: orNull(text),
    alerts_count: Type.Integer(),
    state: words('firing', 'acknowledged', 'silenced', 'resolved'),
    created_at: instant,
    resolved_at: orNull(instant),
    resolved_by: orNull(text),
    acknowledged_at: orNull(instant),
    acknowledged_by: orNull(text),
    labels: Type.Array(object({ key: named, value: named })),
    title: text,
    permalinks: object({ slack: Type.Null(), slack_app: Type.Null(), telegram: Type.Null(), web: text }),
    silenced_at: orNull(instant),
    last_alert: orNull(object({ id: text, alert_group_id: text, created_at: instant, payload: Type.Unknown() })),
  }),
  alert_group_id: text,
  alert_payload: Type.Unknown(),
  integration: object({ id: text, type: text, name: text, team: orNull(text) }),
  notified_users: Type.Array(shortPerson),
  users_to_be_notified: Type.Array(shortPerson),
  alert_group_acknowledged_by: shortPerson,
  alert_group_resolved_by: shortPerson,
  responses: Type.Optional(Type.Record(text, Type.Unknown())),
})

// CloudEvents ------------------------------------------------------------------------------------------------------------

export const cloudEvent = object({
  specversion: Type.Literal('1.0'),
  id: Type.String({ minLength: 1 }),
  source: Type.String({ format: 'uri', minLength: 1 }),
  type: Type.String({ minLength: 1 }),
  subject: Type.Optional(Type.String({ minLength: 1 })),
  time: instant,
  datacontenttype: Type.Literal('application/json'),
  sequence: Type.String({ minLength: 1 }),
  data: Type.Unknown(),
})
