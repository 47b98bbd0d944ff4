import { sql } from 'kysely'
import { jsonbArray, textArray } from '../db/binary-array.ts'
import { type Excerpt, excerptLimits } from '../lib/excerpt.ts'
import { jsonbText } from '../lib/json.ts'
import { type AlertGroupId, asId, type EventId, type OrganizationId } from '../lib/ids.ts'
import { before, days, fromDate, toDate, type Instant } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import { type AlertReport, readAlertReport } from '../webhooks/alert-report.ts'
import type { EventType } from './catalogue.ts'
import { type Event, type EventKey, type RecordedEvent, wipedData } from './event.ts'

/** Takes the next `count` sequences of an organization and returns the first. Other transactions of the organization wait from here to the commit. */
export async function takeSequences(tx: Tx, organizationId: OrganizationId, count: number): Promise<number> {
  const row = await tx.sql
    .updateTable('organizations')
    .set((expression) => ({ event_sequence: expression('event_sequence', '+', count) }))
    .where('id', '=', organizationId)
    .returning('event_sequence')
    .executeTakeFirstOrThrow()
  return row.event_sequence - count + 1
}

export async function insertEvents(tx: Tx, events: readonly RecordedEvent[]): Promise<void> {
  await sql`
    insert into events (organization_id, sequence, at, id, type, actor, alert_group_id, data, report)
    select * from unnest(
      ${events.map((event) => event.organizationId)}::text[],
      ${events.map((event) => event.sequence)}::bigint[],
      ${events.map((event) => toDate(event.at))}::timestamptz[],
      ${events.map((event) => event.id)}::uuid[],
      ${events.map((event) => event.type)}::text[],
      ${jsonbArray(events.map((event) => jsonbText(event.actor)))}::jsonb[],
      ${events.map((event) => event.alertGroupId)}::text[],
      ${textArray(events.map((event) => event.data))}::text[],
      ${jsonbArray(events.map((event) => (event.report === null ? null : jsonbText(event.report))))}::jsonb[])`.execute(tx.sql)
}

/** How much data one page of events carries, but for a single event that is longer. */
const pageBytesMax = 8 * 1024 * 1024

/** The events after a sequence, oldest first: at most `limit` and about 8 MiB of data, and at least one when there is any. */
export async function eventsAfter(
  db: Sql,
  organizationId: OrganizationId,
  range: { after: number; limit: number },
): Promise<readonly Event[]> {
  const answer = await sql<EventRow>`
    select organization_id, sequence, at, id, type, actor, alert_group_id, data from (
      select *, row_number() over in_order as number, sum(octet_length(data)) over in_order as bytes
      from (select * from events where organization_id = ${organizationId} and sequence > ${range.after}
        order by sequence limit ${range.limit}) as page
      window in_order as (order by sequence rows unbounded preceding)) as counted
    where number = 1 or bytes <= ${pageBytesMax}
    order by sequence`.execute(db)
  return answer.rows.map(eventOf)
}

/** One event with all that is stored of it; null when there is none. */
export async function findEvent(db: Sql, organizationId: OrganizationId, sequence: number): Promise<RecordedEvent | null> {
  const row = await db
    .selectFrom('events')
    .select(['organization_id', 'sequence', 'at', 'id', 'type', 'actor', 'alert_group_id', 'data', 'report'])
    .where('organization_id', '=', organizationId)
    .where('sequence', '=', sequence)
    .executeTakeFirst()
  return row === undefined ? null : { ...eventOf(row), report: readAlertReport(row.report) }
}

/** Longer data is shown cut where whole stories are told. In characters. */
const toldDataMax = 64 * 1024

/**
 * What happened to an alert group since it opened, oldest first, at most `limit` and about 8 MiB of data. Data of more
 * than 64 KiB is cut and becomes `{"truncated": true, "text": …}`; whole it is among the organization's events.
 */
export async function eventsOfAlertGroup(
  db: Sql,
  group: { readonly organizationId: OrganizationId; readonly id: AlertGroupId; readonly startedAt: Instant },
  limit: number,
): Promise<readonly Event[]> {
  const answer = await sql<EventRow & { readonly is_cut: boolean }>`
    select organization_id, sequence, at, id, type, actor, alert_group_id, left(data, ${toldDataMax}::int) as data,
      octet_length(data) > ${toldDataMax} as is_cut
    from (
      select *, sum(least(octet_length(data), ${toldDataMax})) over (order by sequence rows unbounded preceding) as bytes
      from (select * from events
        where organization_id = ${group.organizationId} and alert_group_id = ${group.id} and at >= ${toDate(lookedFrom(group))}
        order by sequence limit ${limit}) as page) as counted
    where bytes <= ${pageBytesMax}
    order by sequence`.execute(db)
  return answer.rows.map((row) => eventOf(row.is_cut ? { ...row, data: jsonbText({ truncated: true, text: row.data }) } : row))
}

/** The events that a message tells of. */
export type MessageKeys = readonly EventKey[]

type ToldEvent = EventKey & {
  readonly id: EventId
  readonly type: EventType
  /** The place of its message, from 0. */
  readonly index: number
  /** Null where it is too much, and for a key that comes again. */
  readonly data: string | null
  /** There with the data, where the event has one. */
  readonly report: AlertReport | null
  readonly isWithin: boolean
}

/**
 * What the events of messages said, in the order of their keys, as long as the messages before are less than `bytesMax`
 * together; a key that comes again counts again. What is not stored is missing.
 */
export async function eventDataWithin(
  db: Sql,
  messages: readonly MessageKeys[],
  bytesMax: number,
): Promise<readonly ToldEvent[]> {
  const answer = await sql<ToldRow>`
    select message, organization_id, sequence, at, id, type, is_within, case when is_within and is_first then data end as data,
      case when is_within and is_first then report end as report
    from (
      select number, message, organization_id, sequence, at, id, type, data, report,
        coalesce(sum(octet_length(data)) over (order by message groups between unbounded preceding and 1 preceding), 0)
          < ${bytesMax}::int as is_within,
        row_number() over (partition by organization_id, sequence order by number) = 1 as is_first
      from events join ${keyTable(messages)} using (organization_id, sequence, at)) as found
    order by number`.execute(db)
  return answer.rows.map((row) => ({
    ...keyOf(row),
    type: row.type as EventType,
    index: row.message,
    isWithin: row.is_within,
    data: row.data,
    id: asId<EventId>(row.id),
    report: readAlertReport(row.report),
  }))
}

/** What an event is; `isKept`: what it said was not wiped. */
export type EventKind = EventKey & { readonly type: EventType; readonly isKept: boolean }

/** What the events of the keys are; what is not stored any more is missing. */
export async function eventKinds(db: Sql, keys: readonly EventKey[]): Promise<readonly EventKind[]> {
  const answer = await sql<KeyRow & { readonly type: string; readonly is_kept: boolean }>`
    select organization_id, sequence, at, type, data <> ${wipedData} as is_kept
    from events join ${keyTable([keys])} using (organization_id, sequence, at)`.execute(db)
  return answer.rows.map((row) => ({ ...keyOf(row), type: row.type as EventType, isKept: row.is_kept }))
}

type EventExcerpt = EventKey & {
  readonly type: EventType
  /** The place of its message, from 0. */
  readonly index: number
  readonly excerpt: Excerpt
}

/**
 * What the events of messages said, for a list: a long text, and any beyond the first 4 MiB, never leaves the database whole,
 * and only that of a message's first event leaves its beginning there.
 */
export async function eventExcerpts(db: Sql, messages: readonly MessageKeys[]): Promise<readonly EventExcerpt[]> {
  const { wholeBytesMax, listBytesMax, beginningMax } = excerptLimits
  const answer = await sql<ExcerptRow>`
    select message, organization_id, sequence, at, type, bytes, is_whole,
      case when is_whole then data when is_first then left(data, ${beginningMax}::int) else '' end as text
    from (
      select number, message, organization_id, sequence, at, type, data, octet_length(data) as bytes,
        row_number() over (partition by message order by number) = 1 as is_first,
        octet_length(data) <= ${wholeBytesMax}::int
          and sum(least(octet_length(data), ${wholeBytesMax}::int)) over (order by at desc, organization_id, sequence desc)
            <= ${listBytesMax}::int as is_whole
      from events join ${keyTable(messages)} using (organization_id, sequence, at)) as found
    order by number`.execute(db)
  return answer.rows.map((row) => ({
    ...keyOf(row),
    type: row.type as EventType,
    index: row.message,
    excerpt: { text: row.text, bytes: row.bytes, isWhole: row.is_whole },
  }))
}

/** Keys by the place of their message, and by their own place among all of them. */
function keyTable(messages: readonly MessageKeys[]) {
  const keys = messages.flatMap((own, message) => own.map((key) => ({ ...key, message })))
  return sql`
    unnest(${keys.map((key) => key.message)}::int[], ${keys.map((key) => key.organizationId)}::text[],
      ${keys.map((key) => key.sequence)}::bigint[], ${keys.map((key) => toDate(key.at))}::timestamptz[])
      with ordinality as wanted (message, organization_id, sequence, at, number)`
}

/** Takes away what the events of an alert group said. */
export async function blankEvents(
  tx: Tx,
  organizationId: OrganizationId,
  group: { readonly id: AlertGroupId; readonly startedAt: Instant },
): Promise<void> {
  await tx.sql
    .updateTable('events')
    .set({ data: wipedData, report: null })
    .where('organization_id', '=', organizationId)
    .where('alert_group_id', '=', group.id)
    .where('at', '>=', toDate(lookedFrom(group)))
    .execute()
}

/** Spares PostgreSQL the older partitions. A clock may step back, and nodes' clocks differ, so it is not cut close. */
const lookedFrom = ({ startedAt }: { readonly startedAt: Instant }): Instant => before(startedAt, days(1))

type EventRow = {
  readonly organization_id: string
  readonly sequence: number
  readonly at: Date
  readonly id: string
  readonly type: string
  readonly actor: unknown
  readonly alert_group_id: string | null
  readonly data: string
}

type KeyRow = Pick<EventRow, 'organization_id' | 'sequence' | 'at'>

type MessageRow = KeyRow & { readonly message: number; readonly type: string }

type ToldRow = MessageRow & {
  readonly id: string
  readonly is_within: boolean
  readonly data: string | null
  readonly report: unknown
}

type ExcerptRow = MessageRow & {
  readonly text: string
  readonly bytes: number
  readonly is_whole: boolean
}

const keyOf = (row: KeyRow): EventKey => ({
  organizationId: asId<OrganizationId>(row.organization_id),
  sequence: row.sequence,
  at: fromDate(row.at),
})

function eventOf(row: EventRow): Event {
  return {
    organizationId: asId<OrganizationId>(row.organization_id),
    sequence: row.sequence,
    id: asId<EventId>(row.id),
    type: row.type as EventType,
    at: fromDate(row.at),
    actor: row.actor,
    alertGroupId: row.alert_group_id === null ? null : asId<AlertGroupId>(row.alert_group_id),
    data: row.data,
  }
}
