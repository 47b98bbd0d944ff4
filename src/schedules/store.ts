import { sql } from 'kysely'
import { idsThatExist, lockExisting, markDeleted } from '../db/existing.ts'
import { countRows, oldestFirst, withNameAndTeam } from '../db/listing.ts'
import { closeVersion } from '../db/versions.ts'
import { check } from '../lib/check.ts'
import { asId, type OrganizationId, type ScheduleId, type ShiftId, type TeamId } from '../lib/ids.ts'
import type { NamedFilter, Window } from '../lib/listing.ts'
import { toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { Schedule, ScheduleFields } from './schedule.ts'

type Key = { readonly organizationId: OrganizationId; readonly id: ScheduleId }

/** With its first version, which answers for any past instant. */
export async function insertSchedule(tx: Tx, organizationId: OrganizationId, schedule: Schedule): Promise<void> {
  const { id } = schedule
  await tx.sql
    .insertInto('schedules')
    .values({ organization_id: organizationId, id, created_at: toDate(tx.now) })
    .execute()
  await insertVersion(tx, { organizationId, id }, { ...valuesOf(schedule), valid_from: null })
}

/** From now on the schedule is as given; before, it stays what it was. The schedule is locked. */
export async function writeScheduleVersion(tx: Tx, organizationId: OrganizationId, schedule: Schedule): Promise<void> {
  const key = { organizationId, id: schedule.id }
  if (await closeVersion(tx, 'schedule_versions', key))
    await insertVersion(tx, key, { ...valuesOf(schedule), valid_from: toDate(tx.now) })
  else await currentVersion(tx, key).set(valuesOf(schedule)).execute()
}

/** Readers do not see it any more, and from now on nobody is on call there. */
export async function markScheduleDeleted(tx: Tx, key: Key): Promise<void> {
  await markDeleted(tx, 'schedules', key)
}

function currentVersion(tx: Tx, { organizationId, id }: Key) {
  return tx.sql
    .updateTable('schedule_versions')
    .where('organization_id', '=', organizationId)
    .where('schedule_id', '=', id)
    .where('valid_to', 'is', null)
}

type VersionValues = ReturnType<typeof valuesOf> & { readonly valid_from: Date | null }

async function insertVersion(tx: Tx, { organizationId, id }: Key, values: VersionValues): Promise<void> {
  await tx.sql
    .insertInto('schedule_versions')
    .values({ organization_id: organizationId, schedule_id: id, ...values })
    .execute()
}

const valuesOf = (fields: ScheduleFields) => ({
  name: fields.name,
  type: fields.type,
  team_id: fields.teamId,
  time_zone: fields.timeZone,
  shift_ids: [...fields.shiftIds],
  enable_web_overrides: fields.type === 'calendar' && fields.enableWebOverrides,
  ical_url_primary: fields.type === 'ical' ? fields.icalUrlPrimary : null,
  ical_url_overrides: fields.type === 'web' ? null : fields.icalUrlOverrides,
})

/** The schedule, which nobody else changes before the commit; or null. */
export async function lockSchedule(tx: Tx, key: Key): Promise<Schedule | null> {
  return (await lockExisting(tx, 'schedules', key)) ? findSchedule(tx.sql, key) : null
}

export async function findSchedule(db: Sql, { organizationId, id }: Key): Promise<Schedule | null> {
  const row = await schedules(db, organizationId, {}).select(columns).where('schedules.id', '=', id).executeTakeFirst()
  return row === undefined ? null : scheduleOf(row)
}

export async function scheduleExists(db: Sql, { organizationId, id }: Key): Promise<boolean> {
  const row = await db
    .selectFrom('schedules')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}

/** The ids among these that name a schedule of the organization. */
export function schedulesThatExist(
  db: Sql,
  organizationId: OrganizationId,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  return idsThatExist(db, 'schedules', { organizationId, ids })
}

export function countSchedules(db: Sql, organizationId: OrganizationId, filter: NamedFilter): Promise<number> {
  return countRows(schedules(db, organizationId, filter))
}

/** Oldest first. */
export async function listSchedules(
  db: Sql,
  organizationId: OrganizationId,
  { filter, ...window }: Window & { readonly filter: NamedFilter },
): Promise<readonly Schedule[]> {
  // The shifts are looked up for the schedules of the page alone, not for all that come before it.
  const page = oldestFirst(schedules(db, organizationId, filter).select('schedules.id'), 'schedules', window)
  const rows = await schedules(db, organizationId, {})
    .select(columns)
    .where('schedules.id', 'in', page)
    .orderBy('schedules.created_at')
    .orderBy('schedules.id')
    .execute()
  return rows.map(scheduleOf)
}

type Mentions = { readonly shiftIds: readonly ShiftId[]; readonly ownerIds: readonly ScheduleId[] }

/** The schedules that name any of the shifts, and those with the ids; web schedules first, then by age. */
export async function schedulesOfShifts(
  db: Sql,
  organizationId: OrganizationId,
  { shiftIds, ownerIds }: Mentions,
): Promise<readonly Schedule[]> {
  const rows = await schedules(db, organizationId, {})
    .select(columns)
    // Both sides name the same table: only then does PostgreSQL find them by indexes.
    .where(sql<boolean>`(version.shift_ids && ${[...shiftIds]}::text[] or version.schedule_id = any(${[...ownerIds]}::text[]))`)
    .orderBy(sql`version.type = 'web'`, 'desc')
    .orderBy('schedules.created_at')
    .orderBy('schedules.id')
    .execute()
  return rows.map(scheduleOf)
}

function schedules(db: Sql, organizationId: OrganizationId, filter: NamedFilter) {
  const query = db
    .selectFrom('schedules')
    .innerJoin('schedule_versions as version', (join) =>
      join
        .onRef('version.organization_id', '=', 'schedules.organization_id')
        .onRef('version.schedule_id', '=', 'schedules.id')
        .on('version.valid_to', 'is', null),
    )
    .where('schedules.organization_id', '=', organizationId)
    .where('schedules.deleted_at', 'is', null)
  return withNameAndTeam(query, 'version', filter)
}

// A version keeps the ids of shifts that were deleted since; who reads it now does not see them.
const columns = [
  'schedules.id',
  'version.name',
  'version.type',
  'version.team_id',
  'version.time_zone',
  'version.enable_web_overrides',
  'version.ical_url_primary',
  'version.ical_url_overrides',
  sql<string[]>`array(
    select shift.id from unnest(version.shift_ids) with ordinality as named (id, place)
    join shifts shift on shift.organization_id = version.organization_id and shift.id = named.id and shift.deleted_at is null
    order by named.place)`.as('shift_ids'),
] as const

type ScheduleRow = {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly team_id: string | null
  readonly time_zone: string | null
  readonly enable_web_overrides: boolean
  readonly ical_url_primary: string | null
  readonly ical_url_overrides: string | null
  readonly shift_ids: readonly string[]
}

function scheduleOf(row: ScheduleRow): Schedule {
  const { type, time_zone: timeZone, ical_url_primary: icalUrlPrimary, ical_url_overrides: icalUrlOverrides } = row
  const teamId = row.team_id === null ? null : asId<TeamId>(row.team_id)
  const named = { id: asId<ScheduleId>(row.id), name: row.name, teamId }
  if (type === 'ical') return { type, ...named, timeZone: null, shiftIds: [], icalUrlPrimary, icalUrlOverrides }
  check(timeZone !== null, 'web and calendar schedules have a time zone')
  check(type === 'web' || type === 'calendar', 'a stored schedule has a type that this program knows')
  const common = { ...named, timeZone, shiftIds: row.shift_ids.map((id) => asId<ShiftId>(id)) }
  if (type === 'web') return { type, ...common }
  return { type, ...common, enableWebOverrides: row.enable_web_overrides, icalUrlOverrides }
}
