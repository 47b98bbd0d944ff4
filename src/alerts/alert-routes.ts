import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { paginate, pageOf, pageQuery } from '../http/pagination.ts'
import { writeJson, written } from '../http/written.ts'
import { filterId, filterText } from '../lib/fields.ts'
import { type AlertGroupId, type AlertId, asId } from '../lib/ids.ts'
import { storable } from '../lib/json.ts'
import type { Database } from '../ports.ts'
import { findAlert, listAlerts } from './alert-commands.ts'
import { alertDocument } from './document.ts'

const read = { permission: 'alert-groups:read' } as const
const tags = ['alerts']

export const AlertShape = Type.Object({
  id: Type.String(),
  alert_group_id: Type.String(),
  created_at: Type.String({ format: 'date-time' }),
  payload: Type.Unknown({ description: 'As the source sent it.' }),
})

const AlertQuery = Type.Object({
  ...pageQuery,
  id: Type.Optional(Type.String()),
  alert_group_id: Type.Optional(Type.String()),
  search: Type.Optional(
    Type.String({ description: 'What the JSON of the payload holds, as it was sent; letters of ASCII in any case.' }),
  ),
})

const AlertParams = Type.Object({ alertId: Type.String() })

/** The API of alerts (contract grafana-oncall 4.11). */
export function alertRoutes(app: App, db: Database): void {
  app.get(
    '/api/v1/alerts/',
    {
      config: read,
      schema: {
        summary: 'List alerts, the newest first',
        description:
          'At most the newest 10,000 alerts; `search` looks through the newest 32 MiB of their payloads. A payload of more than 64 KiB is shown cut, as `{"truncated": true, "text": …}`; the alert alone shows it whole.',
        tags,
        querystring: AlertQuery,
        response: { 200: written(pageOf(AlertShape)) },
      },
    },
    async (request, reply) => {
      const { id, alert_group_id: groupId, search } = request.query
      const filter = { id: filterId<AlertId>(id), alertGroupId: filterId<AlertGroupId>(groupId), search: filterText(search) }
      const listing = listAlerts(db.sql, request.actor.organizationId, filter)
      return writeJson(reply, await paginate(request, { pageSize: 50, listing, show: alertDocument }))
    },
  )

  app.get(
    '/api/v1/alerts/:alertId/',
    { config: read, schema: { summary: 'Show an alert', tags, params: AlertParams, response: { 200: written(AlertShape) } } },
    async (request, reply) => {
      const id = asId<AlertId>(storable(request.params.alertId))
      return writeJson(reply, alertDocument(await findAlert(db.sql, request.actor.organizationId, id)))
    },
  )
}
