import { type Static, Type } from 'typebox'
import { teamFilter } from '../accounts/team-commands.ts'
import { readTimeline } from '../events/commands.ts'
import { eventDocument, EventShape } from '../events/document.ts'
import { lenientInput } from '../http/lenient.ts'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import { choice, noContent, nullable } from '../http/schema.ts'
import type { App } from '../http/app.ts'
import { writeJson, written } from '../http/written.ts'
import { accepted } from '../lib/fields.ts'
import { type AlertGroupId, asId } from '../lib/ids.ts'
import { isObject, type JsonWithRaw, storable } from '../lib/json.ts'
import { invalid } from '../lib/rejection.ts'
import { urgencies } from '../notifications/urgency.ts'
import type { Database } from '../ports.ts'
import type { AlertSettings } from './settings.ts'
import type { Alert } from './alert-group.ts'
import { findLatestAlerts, findLatestAlertsCut } from './alert-store.ts'
import { act, findAlertGroup, listAlertGroups, removeAlertGroup } from './commands.ts'
import { alertGroupDocument } from './document.ts'
import { reassign } from './reassign-commands.ts'
import { filterOf, silenceOf } from './query.ts'
import { AlertShape } from './alert-routes.ts'
import { alertGroupActions, alertGroupStates } from './state.ts'
import type { ListedGroup } from './list-store.ts'

const read = { permission: 'alert-groups:read' } as const
const write = { permission: 'alert-groups:write' } as const
const tags = ['alert groups']
const timelineMax = 1000

/** The API of alert groups (contract grafana-oncall 4.10). */
export function alertGroupRoutes(app: App, { db, settings }: { readonly db: Database; readonly settings: AlertSettings }): void {
  app.get(
    '/api/v1/alert_groups/',
    {
      config: read,
      schema: {
        summary: 'List alert groups',
        description:
          'A payload of more than 64 KiB is shown cut, as `{"truncated": true, "text": …}`; the alert group alone shows it whole.',
        tags,
        querystring: AlertGroupQuery,
        response: { 200: written(pageOf(AlertGroupShape)) },
      },
    },
    async (request, reply) => {
      const { organizationId } = request.actor
      const filter = accepted(filterOf(request.query))
      const teamId = await teamFilter(db.sql, organizationId, request.query.team_id)
      const listing = listAlertGroups(db.sql, organizationId, { ...filter, teamId })
      const page = await paginate(request, { pageSize: 50, listing, show: (group) => group })
      const ids = page.results.map(({ id }) => id)
      const latest = await findLatestAlertsCut(db.sql, organizationId, ids)
      const results = page.results.map((group) => documentOf(group, { settings, latest }))
      return writeJson(reply, { ...page, results })
    },
  )

  app.get(
    '/api/v1/alert_groups/:alertGroupId/',
    {
      config: read,
      schema: { summary: 'Show an alert group', tags, params: AlertGroupParams, response: { 200: written(AlertGroupShape) } },
    },
    async (request, reply) => {
      const { organizationId } = request.actor
      const group = await findAlertGroup(db.sql, organizationId, idOf(request.params))
      const latest = await findLatestAlerts(db.sql, organizationId, [group.id])
      return writeJson(reply, documentOf(group, { settings, latest }))
    },
  )

  app.get(
    '/api/v1/alert_groups/:alertGroupId/timeline/',
    {
      config: read,
      schema: {
        summary: 'Show what happened to an alert group, oldest first',
        description: `At most the first ${timelineMax} events and about 8 MiB. Data of more than 64 KiB is shown cut; \`/events/\` has it whole.`,
        tags,
        params: AlertGroupParams,
        response: { 200: written(Type.Object({ results: Type.Array(EventShape) })) },
      },
    },
    async (request, reply) => {
      const group = await findAlertGroup(db.sql, request.actor.organizationId, idOf(request.params))
      const events = await readTimeline(db.sql, group, timelineMax)
      return writeJson(reply, { results: events.map(eventDocument) })
    },
  )

  actionRoutes(app, db, settings)
  reassignRoute(app, db, settings)
  removalRoute(app, db)
}

function actionRoutes(app: App, db: Database, settings: AlertSettings): void {
  for (const action of alertGroupActions) {
    app.post(
      `/api/v1/alert_groups/:alertGroupId/${action}/`,
      {
        config: write,
        schema: {
          summary: `${action.slice(0, 1).toUpperCase()}${action.slice(1)} an alert group`,
          tags,
          params: AlertGroupParams,
          ...(action === 'silence' ? { body: SilenceBody } : {}),
          response: { 200: Type.Unsafe<Buffer>({ description: 'Done; no body.' }) },
        },
      },
      async (request, reply) => {
        const id = idOf(request.params)
        const silence = action === 'silence' ? silenceOf(isObject(request.body) ? request.body : {}) : null
        if (silence?.ok === false) throw invalid(silence.reason)
        const silenceFor = silence === null ? {} : { silenceFor: silence.value }
        await db.tx(`${action} alert group`, (tx) => act(tx, settings, { actor: request.actor, id, action, ...silenceFor }))
        return reply.type('application/json').send(Buffer.alloc(0))
      },
    )
  }
}

function reassignRoute(app: App, db: Database, settings: AlertSettings): void {
  app.post(
    '/api/v1/alert_groups/:alertGroupId/reassign/',
    {
      config: write,
      schema: {
        summary: 'Hand an alert group over',
        description:
          'To exactly one of a user, a team and an escalation chain. Who was paged before is left alone, and the new one is paged at once; an acknowledged or silenced group fires again.',
        tags,
        params: AlertGroupParams,
        body: ReassignBody,
        response: { 200: Type.Unsafe<Buffer>({ description: 'Done; no body.' }) },
      },
    },
    async (request, reply) => {
      const reassignment = { actor: request.actor, id: idOf(request.params), body: request.body }
      await db.tx('reassign alert group', (tx) => reassign(tx, settings, reassignment))
      return reply.type('application/json').send(Buffer.alloc(0))
    },
  )
}

/** Its errors are bare JSON texts, as upstream answers them. */
function removalRoute(app: App, db: Database): void {
  app.delete(
    '/api/v1/alert_groups/:alertGroupId/',
    {
      config: write,
      schema: {
        summary: 'Wipe or delete an alert group',
        description: 'The body may say `{"mode": "wipe"}` (the default: what it said is blanked) or `{"mode": "delete"}`.',
        tags,
        params: AlertGroupParams,
        response: { 204: noContent, 400: written(Type.String()) },
      },
    },
    async (request, reply) => {
      const { body = {} } = request
      if (!isObject(body)) return reply.code(400).send(writeJson(reply, 'A dict with a `mode` key is expected'))
      const { mode = 'wipe' } = body
      if (mode !== 'wipe' && mode !== 'delete') return reply.code(400).send(writeJson(reply, 'Invalid mode'))
      const removal = { actor: request.actor, id: idOf(request.params), mode } as const
      await db.tx(`${mode} alert group`, (tx) => removeAlertGroup(tx, removal))
      return reply.code(204).send(null)
    },
  )
}

type Shown = { readonly settings: AlertSettings; readonly latest: ReadonlyMap<AlertGroupId, Alert> }

function documentOf(group: ListedGroup, { settings, latest }: Shown): JsonWithRaw {
  return alertGroupDocument(group, {
    baseUrl: settings.baseUrl,
    teamId: group.teamId,
    chainId: group.chainId,
    lastAlert: latest.get(group.id) ?? null,
  })
}

const AlertGroupParams = Type.Object({ alertGroupId: Type.String() })

const idOf = ({ alertGroupId }: Static<typeof AlertGroupParams>): AlertGroupId => asId<AlertGroupId>(storable(alertGroupId))

const AlertGroupQuery = Type.Object({
  ...pageQuery,
  id: Type.Optional(Type.String()),
  integration_id: Type.Optional(Type.String()),
  route_id: Type.Optional(Type.String()),
  team_id: Type.Optional(Type.String({ description: '`null` for integrations without a team.' })),
  state: Type.Optional(Type.String({ description: '`new`, `acknowledged`, `resolved` or `silenced`.' })),
  started_at: Type.Optional(Type.String({ description: 'A range in UTC: `2024-01-01T00:00:00_2024-01-31T23:59:59`.' })),
  label: Type.Optional(Type.Array(Type.String(), { description: '`key:value`; repeatable up to 20 times: all must be there.' })),
})

const ReassignBody = lenientInput({
  user: 'Id of a user, who is paged by their notification rules.',
  team: 'Id of a team: its escalation chain, or else all of its members.',
  escalation_chain: 'Id of an escalation chain, which begins with its first step.',
})

const AssigneeShape = Type.Object({ type: choice(['user', 'team', 'escalation_chain']), id: Type.String() })

const SilenceBody = Type.Object({
  delay: Type.Optional(Type.Unsafe<unknown>({ description: 'Seconds; -1 or 0 until somebody ends it. Required.' })),
})

const NameShape = Type.Object({ id: Type.String(), name: Type.String() })

const AlertGroupShape = Type.Object({
  id: Type.String(),
  integration_id: Type.String(),
  team_id: nullable(Type.String()),
  route_id: nullable(Type.String()),
  alerts_count: Type.Integer(),
  state: choice(alertGroupStates),
  created_at: Type.String({ format: 'date-time' }),
  resolved_at: nullable(Type.String({ format: 'date-time' })),
  resolved_by: nullable(Type.String()),
  acknowledged_at: nullable(Type.String({ format: 'date-time' })),
  acknowledged_by: nullable(Type.String()),
  labels: Type.Array(Type.Object({ key: NameShape, value: NameShape })),
  title: Type.String(),
  permalinks: Type.Object({
    slack: Type.Null(),
    slack_app: Type.Null(),
    telegram: Type.Null(),
    web: Type.String(),
  }),
  silenced_at: nullable(Type.String({ format: 'date-time' })),
  last_alert: nullable(AlertShape),
  urgency: choice(urgencies),
  assigned_to: nullable(AssigneeShape),
})
