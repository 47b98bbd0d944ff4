import { sql } from 'kysely'
import { asId, type OrganizationId, type ScheduleId } from '../../lib/ids.ts'
import { partsOf } from '../../lib/parts.ts'
import { jsonbText } from '../../lib/json.ts'
import { fromDate, type Instant, toDate } from '../../lib/time.ts'
import type { Sql, Tx } from '../../ports.ts'
import type { TimeWindow } from '../engine/schedule.ts'
import type { CalendarStretch } from '../ical/stretches.ts'
import type { CalendarKey, CalendarRole } from './calendar.ts'
import type { StretchEra } from './layers.ts'

/** The digests of what a calendar says of the time after an instant. */
export async function currentDigests(
  tx: Tx,
  { organizationId, scheduleId, role }: CalendarKey,
  startAt: Instant,
): Promise<readonly string[]> {
  const answer = await sql<{ readonly digest: string }>`
    select digest from calendar_stretches
    where organization_id = ${organizationId} and schedule_id = ${scheduleId} and role = ${role}
      and end_at > ${toDate(startAt)} and valid_to is null`.execute(tx.sql)
  return answer.rows.map((row) => row.digest)
}

type Begun = { readonly stretches: ReadonlyMap<string, CalendarStretch>; readonly validFrom: Instant | null }

/** The calendar says this from now on, each by its digest; null: it has always said so. */
export async function beginStretches(tx: Tx, key: CalendarKey, { stretches, validFrom }: Begun): Promise<void> {
  for (const part of partsOf([...stretches], writtenAtOnce)) await insertStretches(tx, key, { stretches: part, validFrom })
}

/** So that the other work of this process gets its turn in between. */
const writtenAtOnce = 500

async function insertStretches(
  tx: Tx,
  { organizationId, scheduleId, role }: CalendarKey,
  { stretches, validFrom }: Omit<Begun, 'stretches'> & { readonly stretches: readonly (readonly [string, CalendarStretch])[] },
): Promise<void> {
  const rows = stretches.map(([digest, { startAt, endAt, uid, level, name, candidates }]) => ({
    digest,
    uid,
    start_at: toDate(startAt),
    end_at: toDate(endAt),
    level,
    name,
    candidates,
  }))
  await sql`
    insert into calendar_stretches (organization_id, schedule_id, role, digest, uid, start_at, end_at, level, name, candidates,
      created_at, valid_from)
    select ${organizationId}, ${scheduleId}, ${role}, digest, uid, start_at, end_at, level, name, candidates,
      ${toDate(tx.now)}, ${validFrom === null ? null : toDate(validFrom)}
    from jsonb_to_recordset(${jsonbText(rows)}::jsonb) as row (digest text, uid text, start_at timestamptz, end_at timestamptz,
      level integer, name text, candidates text[])
    on conflict (organization_id, schedule_id, role, digest, created_at) do update set valid_to = null`.execute(tx.sql)
}

/** The calendar does not say this any more. */
export async function endStretches(
  tx: Tx,
  { organizationId, scheduleId, role }: CalendarKey,
  digests: readonly string[],
): Promise<void> {
  await sql`
    update calendar_stretches set valid_to = ${toDate(tx.now)}
    where organization_id = ${organizationId} and schedule_id = ${scheduleId} and role = ${role}
      and digest = any(${[...digests]}::text[]) and valid_to is null`.execute(tx.sql)
}

/** The calendar says nothing of the time after now any more. */
export async function endAllStretches(tx: Tx, { organizationId, scheduleId, role }: CalendarKey): Promise<void> {
  await sql`
    update calendar_stretches set valid_to = ${toDate(tx.now)}
    where organization_id = ${organizationId} and schedule_id = ${scheduleId} and role = ${role}
      and end_at > ${toDate(tx.now)} and valid_to is null`.execute(tx.sql)
}

/** Forgets what was taken back before it began, some time ago: nobody was ever on call by it. */
export async function forgetStretches(
  tx: Tx,
  { organizationId, scheduleId, role }: CalendarKey,
  endedBefore: Instant,
): Promise<void> {
  await sql`
    delete from calendar_stretches
    where organization_id = ${organizationId} and schedule_id = ${scheduleId} and role = ${role}
      and end_at > ${toDate(endedBefore)} and valid_to <= ${toDate(endedBefore)} and start_at >= valid_to`.execute(tx.sql)
}

type Question = TimeWindow & {
  readonly organizationId: OrganizationId
  readonly scheduleIds: readonly ScheduleId[]
  /** What calendars said at this instant only; null: at any. */
  readonly heldAt: Instant | null
}

/** What calendars say, and said, about a window; the instant of its end counts as inside. */
export async function stretchErasOf(
  db: Sql,
  { organizationId, scheduleIds, startAt, endAt, heldAt }: Question,
): Promise<readonly (StretchEra & { readonly createdAt: Instant })[]> {
  const held =
    heldAt === null ? sql`true` : sql`created_at <= ${toDate(heldAt)} and (valid_to is null or valid_to > ${toDate(heldAt)})`
  const answer = await sql<StretchRow>`
    select schedule_id, role, uid, start_at, end_at, level, name, candidates, created_at, valid_from, valid_to
    from calendar_stretches
    where organization_id = ${organizationId} and schedule_id = any(${[...scheduleIds]}::text[])
      and end_at > ${toDate(startAt)} and start_at <= ${toDate(endAt)} and ${held}
    order by schedule_id, start_at, digest, created_at`.execute(db)
  return answer.rows.map((row) => ({
    scheduleId: asId<ScheduleId>(row.schedule_id),
    role: row.role,
    uid: row.uid,
    startAt: fromDate(row.start_at),
    endAt: fromDate(row.end_at),
    level: row.level,
    name: row.name,
    candidates: row.candidates,
    createdAt: fromDate(row.created_at),
    from: row.valid_from === null ? null : fromDate(row.valid_from),
    to: row.valid_to === null ? null : fromDate(row.valid_to),
  }))
}

type StretchRow = {
  readonly schedule_id: string
  readonly role: CalendarRole
  readonly uid: string
  readonly start_at: Date
  readonly end_at: Date
  readonly level: number
  readonly name: string
  readonly candidates: readonly string[]
  readonly created_at: Date
  readonly valid_from: Date | null
  readonly valid_to: Date | null
}

/** What an event is called, and whom it may mean. */
export type EventWords = { readonly name: string; readonly candidates: readonly string[] }

/** How the events of a schedule that go on or are to come name people, each once. */
export async function upcomingWords(
  db: Sql,
  { organizationId, scheduleId, now, limit }: Omit<CalendarKey, 'role'> & { readonly now: Instant; readonly limit: number },
): Promise<readonly EventWords[]> {
  const answer = await sql<EventWords>`
    select name, candidates from calendar_stretches
    where organization_id = ${organizationId} and schedule_id = ${scheduleId} and end_at > ${toDate(now)} and valid_to is null
    group by name, candidates order by min(start_at), name limit ${limit}`.execute(db)
  return answer.rows
}
