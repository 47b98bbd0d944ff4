import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { asId, type OrganizationId, type ScheduleId } from '../../lib/ids.ts'
import { shardOf } from '../../lib/shard.ts'
import { fromDate, type Instant, toDate } from '../../lib/time.ts'
import type { Sql, Tx } from '../../ports.ts'
import type { CalendarKey, CalendarRole, CalendarStatus } from './calendar.ts'

/** What is known of a calendar's file. */
export type Calendar = CalendarKey & {
  readonly url: string | null
  readonly etag: string | null
  readonly lastModified: string | null
  readonly hasContent: boolean
  readonly expandedAt: Instant | null
  /** The first and the last time that it failed since it was well; null: it is. */
  readonly failing: { readonly since: Instant; readonly lastAt: Instant } | null
}

/** The calendar has this URL from now on, and is to be fetched at once. The last good copy holds until then, also one of another URL. */
export async function followUrl(tx: Tx, key: CalendarKey, url: string): Promise<void> {
  const now = toDate(tx.now)
  await sql`
    insert into calendars (organization_id, schedule_id, role, shard, url, due_at)
    values (${key.organizationId}, ${key.scheduleId}, ${key.role}, ${shardOf(key.organizationId)}, ${url}, ${now})
    on conflict (organization_id, schedule_id, role) do update
    set url = excluded.url, due_at = excluded.due_at, etag = null, last_modified = null, refreshed_at = null, failed_at = null,
      failing_since = null, error = null`.execute(tx.sql)
}

/** The calendar's file is uploaded from now on; what it has stays until then. */
export async function awaitUpload(tx: Tx, { organizationId, scheduleId, role }: CalendarKey): Promise<void> {
  await sql`
    insert into calendars (organization_id, schedule_id, role, shard, url, due_at)
    values (${organizationId}, ${scheduleId}, ${role}, ${shardOf(organizationId)}, null, null)
    on conflict (organization_id, schedule_id, role) do update
    set url = null, etag = null, last_modified = null, failed_at = null, failing_since = null, error = null`.execute(tx.sql)
}

/** Nobody looks at the calendar any more, and its file is forgotten. */
export async function dropCalendar(tx: Tx, { organizationId, scheduleId, role }: CalendarKey): Promise<void> {
  await sql`
    update calendars
    set url = null, due_at = null, content = null, content_digest = null, etag = null, last_modified = null, problems = '{}',
      refreshed_at = null, failed_at = null, failing_since = null, error = null
    where organization_id = ${organizationId} and schedule_id = ${scheduleId} and role = ${role}`.execute(tx.sql)
}

/** The calendar, which nobody else changes before the commit; null: there is none. */
export async function lockCalendar(tx: Tx, { organizationId, scheduleId, role }: CalendarKey): Promise<Calendar | null> {
  const answer = await sql<CalendarRow>`
    select ${calendarColumns} from calendars
    where organization_id = ${organizationId} and schedule_id = ${scheduleId} and role = ${role}
    for no key update`.execute(tx.sql)
  return answer.rows.map(calendarOf)[0] ?? null
}

const calendarColumns = sql`
  organization_id, schedule_id, role, url, etag, last_modified, content is not null as has_content, expanded_at,
  failing_since, failed_at`

type CalendarRow = {
  readonly organization_id: string
  readonly schedule_id: string
  readonly role: CalendarRole
  readonly url: string | null
  readonly etag: string | null
  readonly last_modified: string | null
  readonly has_content: boolean
  readonly expanded_at: Date | null
  readonly failing_since: Date | null
  readonly failed_at: Date | null
}

const calendarOf = (row: CalendarRow): Calendar => ({
  organizationId: asId<OrganizationId>(row.organization_id),
  scheduleId: asId<ScheduleId>(row.schedule_id),
  role: row.role,
  url: row.url,
  etag: row.etag,
  lastModified: row.last_modified,
  hasContent: row.has_content,
  expandedAt: row.expanded_at === null ? null : fromDate(row.expanded_at),
  failing:
    row.failing_since === null || row.failed_at === null
      ? null
      : { since: fromDate(row.failing_since), lastAt: fromDate(row.failed_at) },
})

type Claim = { readonly shards: readonly number[]; readonly limit: number; readonly until: Instant }

/** Calendars that are due. They are put off at once, so that nobody else takes them; if this program ends now, they are taken then. */
export async function claimCalendars(tx: Tx, { shards, limit, until }: Claim): Promise<readonly Calendar[]> {
  const answer = await sql<CalendarRow>`
    with due as (
      select organization_id as owner, schedule_id as of, role as part from calendars
      where shard = any(${[...shards]}::smallint[]) and due_at <= ${toDate(tx.now)}
      order by due_at limit ${limit} for no key update skip locked
    )
    update calendars set due_at = ${toDate(until)}
    from due where organization_id = due.owner and schedule_id = due.of and role = due.part
    returning ${calendarColumns}`.execute(tx.sql)
  return answer.rows.map(calendarOf)
}

/** When the next calendar of the shards is due; null: none is. */
export async function nextCalendarDue(db: Sql, shards: readonly number[]): Promise<Instant | null> {
  const answer = await sql<{ readonly due_at: Date | null }>`
    select min(due_at) as due_at from calendars
    where shard = any(${[...shards]}::smallint[]) and due_at is not null`.execute(db)
  const dueAt = answer.rows[0]?.due_at ?? null
  return dueAt === null ? null : fromDate(dueAt)
}

/** The last copy of the file that could be read, with its digest; null: there is none. */
export async function contentOf(db: Sql, { organizationId, scheduleId, role }: CalendarKey): Promise<Uint8Array | null> {
  const answer = await sql<{ readonly content: Buffer | null }>`
    select content from calendars
    where organization_id = ${organizationId} and schedule_id = ${scheduleId} and role = ${role}`.execute(db)
  return answer.rows[0]?.content ?? null
}

/** Whether these bytes are the last copy of the file. */
export async function isContent(db: Sql, { organizationId, scheduleId, role }: CalendarKey, bytes: Uint8Array): Promise<boolean> {
  const answer = await sql`
    select from calendars
    where organization_id = ${organizationId} and schedule_id = ${scheduleId} and role = ${role}
      and content_digest = ${digestOf(bytes)}`.execute(db)
  return answer.rows.length > 0
}

const digestOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/** What a file says of itself, for the next time it is asked for. */
export type Validators = { readonly etag: string | null; readonly lastModified: string | null }

/** Keeps a file that could be read. */
export async function keepContent(
  tx: Tx,
  { organizationId, scheduleId, role }: CalendarKey,
  { content, problems }: { readonly content: Uint8Array; readonly problems: readonly string[] },
): Promise<void> {
  await sql`
    update calendars set content = ${content}, content_digest = ${digestOf(content)}, problems = ${[...problems]}::text[]
    where organization_id = ${organizationId} and schedule_id = ${scheduleId} and role = ${role}`.execute(tx.sql)
}

/** The stretches are made of the file as far as they are known today. */
export async function noteExpansion(tx: Tx, { organizationId, scheduleId, role }: CalendarKey): Promise<void> {
  await sql`
    update calendars set expanded_at = ${toDate(tx.now)}
    where organization_id = ${organizationId} and schedule_id = ${scheduleId} and role = ${role}`.execute(tx.sql)
}

type Success = { readonly validators: Validators; readonly dueAt: Instant }

export async function noteSuccess(
  tx: Tx,
  { organizationId, scheduleId, role }: CalendarKey,
  { validators, dueAt }: Success,
): Promise<void> {
  await sql`
    update calendars
    set refreshed_at = ${toDate(tx.now)}, failed_at = null, failing_since = null, error = null, etag = ${validators.etag},
      last_modified = ${validators.lastModified}, due_at = ${toDate(dueAt)}
    where organization_id = ${organizationId} and schedule_id = ${scheduleId} and role = ${role}`.execute(tx.sql)
}

export async function noteFailure(
  tx: Tx,
  { organizationId, scheduleId, role }: CalendarKey,
  { error, dueAt }: { readonly error: string; readonly dueAt: Instant },
): Promise<void> {
  await sql`
    update calendars set failed_at = ${toDate(tx.now)}, failing_since = coalesce(failing_since, ${toDate(tx.now)}), error = ${error}, due_at = ${toDate(dueAt)}
    where organization_id = ${organizationId} and schedule_id = ${scheduleId} and role = ${role}`.execute(tx.sql)
}

export async function statusesOf(
  db: Sql,
  organizationId: OrganizationId,
  scheduleIds: readonly ScheduleId[],
): Promise<readonly (CalendarStatus & Pick<CalendarKey, 'scheduleId' | 'role'>)[]> {
  const answer = await sql<StatusRow>`
    select schedule_id, role, refreshed_at, failed_at, error, problems from calendars
    where organization_id = ${organizationId} and schedule_id = any(${[...scheduleIds]}::text[])`.execute(db)
  return answer.rows.map((row) => ({
    scheduleId: asId<ScheduleId>(row.schedule_id),
    role: row.role,
    refreshedAt: row.refreshed_at === null ? null : fromDate(row.refreshed_at),
    failure: row.failed_at === null || row.error === null ? null : { at: fromDate(row.failed_at), error: row.error },
    problems: row.problems,
  }))
}

type StatusRow = {
  readonly schedule_id: string
  readonly role: CalendarRole
  readonly refreshed_at: Date | null
  readonly failed_at: Date | null
  readonly error: string | null
  readonly problems: readonly string[]
}
