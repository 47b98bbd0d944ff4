import { type RawBuilder, sql } from 'kysely'
import type { AlertGroupId, AlertId, OrganizationId } from '../lib/ids.ts'
import type { Window } from '../lib/listing.ts'
import type { Sql } from '../ports.ts'
import type { Alert } from './alert-group.ts'
import { alertOf, type AlertRow, listedPayloadMax } from './store.ts'

export type AlertFilter = {
  readonly id?: AlertId | undefined
  readonly alertGroupId?: AlertGroupId | undefined
  /** What the JSON of the payload holds, as it was sent; letters of ASCII in any case. */
  readonly search?: string | undefined
}

/** How far lists go back: so many alerts, and for a search so many bytes of payloads. */
const listedMax = 10_000
const searchedBytesMax = 32 * 1024 * 1024

export async function countAlerts(db: Sql, organizationId: OrganizationId, filter: AlertFilter): Promise<number> {
  const answer = await sql<{ count: number }>`
    select count(*) as count from (${found(organizationId, filter)}) a`.execute(db)
  return answer.rows[0]?.count ?? 0
}

/** The newest first. Of a payload only the first 64 KiB, which then counts as truncated. */
export async function listAlerts(
  db: Sql,
  organizationId: OrganizationId,
  { filter, limit, offset }: Window & { readonly filter: AlertFilter },
): Promise<readonly Alert[]> {
  const answer = await sql<AlertRow>`
    select id, alert_group_id, received_at, substring(payload from 1 for ${listedPayloadMax}::int) as payload,
      truncated or octet_length(payload) > ${listedPayloadMax} as truncated
    from (${found(organizationId, filter)}) a
    order by ${newestFirst}
    limit ${limit} offset ${offset}`.execute(db)
  return answer.rows.map(alertOf)
}

export async function findAlert(db: Sql, organizationId: OrganizationId, id: AlertId): Promise<Alert | null> {
  const answer = await sql<AlertRow>`${newest(organizationId, { id })}`.execute(db)
  const row = answer.rows[0]
  return row === undefined ? null : alertOf(row)
}

const newestFirst = sql`received_at desc, number desc, id desc`

/** Payloads are compared as bytes, since one that was cut may end inside a character. */
function found(organizationId: OrganizationId, filter: AlertFilter): RawBuilder<unknown> {
  const { search } = filter
  if (search === undefined) return newest(organizationId, filter)
  return sql`
    select * from (
      select n.*, sum(octet_length(payload)) over (order by ${newestFirst} rows unbounded preceding) as walked
      from (${newest(organizationId, filter)}) n
    ) w
    where walked - octet_length(payload) < ${searchedBytesMax}
      and position(${lowered(sql`${Buffer.from(search)}::bytea`)} in ${lowered(sql`payload`)}) > 0`
}

/** The collation "C" knows the letters of ASCII only, and is many times as fast as the others. */
const lowered = (bytes: RawBuilder<unknown>) => sql`lower(encode(${bytes}, 'escape') collate "C")`

/** Of a storm the newest alert is kept apart; the group knows it. */
function newest(organizationId: OrganizationId, { id, alertGroupId }: AlertFilter): RawBuilder<unknown> {
  const isIt = id === undefined ? sql`true` : sql`id = ${id}`
  const kept = sql`
    select id, alert_group_id, received_at, number, payload, truncated from alerts
    where organization_id = ${organizationId} and ${isIt}`
  if (alertGroupId === undefined) return sql`${kept} order by ${newestFirst} limit ${listedMax}`
  return sql`
    ${kept} and alert_group_id = ${alertGroupId}
    union all
    select id, alert_group_id, received_at, ${Number.MAX_SAFE_INTEGER}::bigint, payload, truncated from latest_alerts l
    where organization_id = ${organizationId} and ${isIt} and alert_group_id = ${alertGroupId}
      and not exists (select 1 from alerts a
        where a.organization_id = l.organization_id and a.id = l.id and a.received_at = l.received_at)`
}
