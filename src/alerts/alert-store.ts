import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { byteaArray } from '../db/binary-array.ts'
import { type AlertGroupId, type AlertId, asId, type OrganizationId } from '../lib/ids.ts'
import type { Window } from '../lib/listing.ts'
import { fromDate, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { Alert, AlertGroup } from './alert-group.ts'

export type StoredAlert = Alert & { readonly organizationId: OrganizationId; readonly number: number }

export async function insertAlerts(tx: Tx, alerts: readonly StoredAlert[]): Promise<void> {
  await sql`
    insert into alerts (organization_id, id, received_at, alert_group_id, number, payload, truncated)
    select organization_id, id, received_at, alert_group_id, number, payload, truncated from ${alertTable(alerts)}`.execute(
    tx.sql,
  )
}

/** One per group: the newest. */
export async function saveLatestAlerts(tx: Tx, alerts: readonly StoredAlert[]): Promise<void> {
  await sql`
    insert into latest_alerts (organization_id, id, received_at, alert_group_id, payload, truncated)
    select organization_id, id, received_at, alert_group_id, payload, truncated from ${alertTable(alerts)}
    on conflict (organization_id, alert_group_id) do update
      set id = excluded.id, received_at = excluded.received_at, payload = excluded.payload, truncated = excluded.truncated`.execute(
    tx.sql,
  )
}

function alertTable(alerts: readonly StoredAlert[]) {
  return sql`unnest(
    ${alerts.map((alert) => alert.organizationId)}::text[],
    ${alerts.map((alert) => alert.id)}::text[],
    ${alerts.map((alert) => toDate(alert.receivedAt))}::timestamptz[],
    ${alerts.map((alert) => alert.alertGroupId)}::text[],
    ${alerts.map((alert) => alert.number)}::bigint[],
    ${byteaArray(alerts.map((alert) => alert.payload.json))}::bytea[],
    ${alerts.map((alert) => alert.payload.truncated)}::boolean[]
  ) as a (organization_id, id, received_at, alert_group_id, number, payload, truncated)`
}

/** The alert that opened the group; null when its payload is past its days. */
export async function findFirstAlert(
  db: Sql,
  group: Pick<AlertGroup, 'organizationId' | 'id' | 'startedAt'>,
): Promise<Alert | null> {
  const row = await db
    .selectFrom('alerts')
    .selectAll()
    .where('organization_id', '=', group.organizationId)
    .where('alert_group_id', '=', group.id)
    .where('received_at', '=', toDate(group.startedAt))
    .orderBy('number')
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? null : alertOf(row)
}

/** The newest alerts of groups for a list: of a payload only the first 64 KiB, which then counts as truncated. */
export async function findLatestAlertsCut(
  db: Sql,
  organizationId: OrganizationId,
  groupIds: readonly AlertGroupId[],
): Promise<ReadonlyMap<AlertGroupId, Alert>> {
  const answer = await sql<AlertRow>`
    select id, alert_group_id, received_at, substring(payload from 1 for ${listedPayloadMax}::int) as payload,
      truncated or octet_length(payload) > ${listedPayloadMax} as truncated
    from latest_alerts
    where organization_id = ${organizationId} and alert_group_id = any(${[...groupIds]}::text[])`.execute(db)
  return new Map(answer.rows.map((row) => [asId<AlertGroupId>(row.alert_group_id), alertOf(row)]))
}

/** How much of a payload lists show, in bytes. */
const listedPayloadMax = 64 * 1024

export async function findLatestAlerts(
  db: Sql,
  organizationId: OrganizationId,
  groupIds: readonly AlertGroupId[],
): Promise<ReadonlyMap<AlertGroupId, Alert>> {
  const rows = await db
    .selectFrom('latest_alerts')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where(sql<SqlBool>`alert_group_id = any(${[...groupIds]}::text[])`)
    .execute()
  return new Map(rows.map((row) => [asId<AlertGroupId>(row.alert_group_id), alertOf(row)]))
}

/** Takes the payloads of a group away, and with them what it said. */
export async function wipeAlerts(tx: Tx, organizationId: OrganizationId, id: AlertGroupId): Promise<void> {
  const blank = { payload: Buffer.from('""'), truncated: false }
  for (const table of ['alerts', 'latest_alerts'] as const) {
    await tx.sql
      .updateTable(table)
      .set(blank)
      .where('organization_id', '=', organizationId)
      .where('alert_group_id', '=', id)
      .execute()
  }
}

// Lists --------------------------------------------------------------------------------------------------------------

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

type AlertRow = {
  readonly id: string
  readonly alert_group_id: string
  readonly received_at: Date
  readonly payload: Buffer
  readonly truncated: boolean
}

function alertOf(row: AlertRow): Alert {
  return {
    id: asId<AlertId>(row.id),
    alertGroupId: asId<AlertGroupId>(row.alert_group_id),
    receivedAt: fromDate(row.received_at),
    payload: { json: row.payload, truncated: row.truncated },
  }
}
