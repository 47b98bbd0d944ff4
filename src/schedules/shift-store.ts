import { sql } from 'kysely'
import { lockExisting } from '../db/existing.ts'
import { countRows, oldestFirst, withNameAndTeam } from '../db/listing.ts'
import { jsonbText } from '../lib/json.ts'
import { asId, type OrganizationId, type ScheduleId, type ShiftId, type TeamId } from '../lib/ids.ts'
import type { NamedFilter, Window } from '../lib/listing.ts'
import { fromDate, type Instant, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { TimeWindow } from './engine/schedule.ts'
import type { OnCallShift, ShiftFields } from './shift.ts'
import { fieldsOf, recordOf } from './shift-record.ts'

type Key = { readonly organizationId: OrganizationId; readonly id: ShiftId }

/** A shift and, for an override of a calendar schedule, the schedule that it belongs to. */
export type StoredShift = { readonly shift: OnCallShift; readonly ownerId: ScheduleId | null }

/** What a row of a shift says; `shift` is null when this program cannot read it. */
export type ShiftReading = Omit<StoredShift, 'shift'> & {
  readonly id: ShiftId
  readonly name: string | null
  readonly shift: OnCallShift | null
}

/** With its first version, which answers for any past instant. */
export async function insertShift(tx: Tx, organizationId: OrganizationId, { shift, ownerId }: StoredShift): Promise<void> {
  const { id } = shift
  await tx.sql
    .insertInto('shifts')
    .values({ organization_id: organizationId, id, created_at: toDate(tx.now) })
    .execute()
  await insertVersion(tx, { organizationId, id }, { ...valuesOf(shift), schedule_id: ownerId, valid_from: null })
}

/** From now on the shift is as given; before, it stays what it was. The shift is locked. */
export async function writeShiftVersion(tx: Tx, organizationId: OrganizationId, { shift, ownerId }: StoredShift): Promise<void> {
  const key = { organizationId, id: shift.id }
  const values = { ...valuesOf(shift), schedule_id: ownerId }
  if (await closeVersion(tx, key)) await insertVersion(tx, key, { ...values, valid_from: toDate(tx.now) })
  else await currentVersion(tx, key).set(values).execute()
}

/** False: the current version began in this very instant, or, by another node's clock, later. */
async function closeVersion(tx: Tx, key: Key): Promise<boolean> {
  const result = await currentVersion(tx, key)
    .set({ valid_to: toDate(tx.now) })
    .where(({ or, eb }) => or([eb('valid_from', 'is', null), eb('valid_from', '<', toDate(tx.now))]))
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

/** Readers do not see it any more; what it covered until now stays on record. */
export async function markShiftDeleted(tx: Tx, key: Key): Promise<void> {
  await tx.sql
    .updateTable('shifts')
    .set({ deleted_at: toDate(tx.now) })
    .where('organization_id', '=', key.organizationId)
    .where('id', '=', key.id)
    .execute()
  await currentVersion(tx, key)
    .set({ valid_to: sql`greatest(${toDate(tx.now)}::timestamptz, valid_from + interval '1 millisecond')` })
    .execute()
}

function currentVersion(tx: Tx, { organizationId, id }: Key) {
  return tx.sql
    .updateTable('shift_versions')
    .where('organization_id', '=', organizationId)
    .where('shift_id', '=', id)
    .where('valid_to', 'is', null)
}

type VersionValues = ReturnType<typeof valuesOf> & { readonly schedule_id: ScheduleId | null; readonly valid_from: Date | null }

async function insertVersion(tx: Tx, { organizationId, id }: Key, values: VersionValues): Promise<void> {
  await tx.sql
    .insertInto('shift_versions')
    .values({ organization_id: organizationId, shift_id: id, ...values })
    .execute()
}

function valuesOf(fields: ShiftFields) {
  const { name, teamId, definition } = recordOf(fields)
  return { name, team_id: teamId, definition: jsonbText(definition) }
}

/** The shift, which nobody else changes before the commit; or null. */
export async function lockShift(tx: Tx, key: Key): Promise<ShiftReading | null> {
  return (await lockExisting(tx, 'shifts', key)) ? findShift(tx.sql, key) : null
}

export async function findShift(db: Sql, { organizationId, id }: Key): Promise<ShiftReading | null> {
  const row = await shifts(db, organizationId, {}).select(columns).where('shifts.id', '=', id).executeTakeFirst()
  return row === undefined ? null : readingOf(row)
}

export type ShiftFilter = NamedFilter & { readonly scheduleId?: ScheduleId | undefined }

export function countShifts(db: Sql, organizationId: OrganizationId, filter: ShiftFilter): Promise<number> {
  return countRows(shifts(db, organizationId, filter))
}

/** Oldest first; without those that this program cannot read. */
export async function listShifts(
  db: Sql,
  organizationId: OrganizationId,
  { filter, ...window }: Window & { readonly filter: ShiftFilter },
): Promise<readonly StoredShift[]> {
  const rows = await oldestFirst(shifts(db, organizationId, filter).select(columns), 'shifts', window).execute()
  return rows.map(readingOf).filter(isReadable)
}

/** Those of the shifts that exist, in no order; they stay until the commit. */
export async function keepShifts(
  tx: Tx,
  organizationId: OrganizationId,
  ids: readonly ShiftId[],
): Promise<readonly ShiftReading[]> {
  await sql`
    select id from shifts where organization_id = ${organizationId} and id = any(${[...ids]}::text[]) and deleted_at is null
    order by id for share`.execute(tx.sql)
  return readingsOf(tx.sql, organizationId, ids)
}

/** Those of the shifts that exist and that this program can read, in no order. */
export async function shiftsOf(
  db: Sql,
  organizationId: OrganizationId,
  ids: readonly ShiftId[],
): Promise<readonly OnCallShift[]> {
  return (await readingsOf(db, organizationId, ids)).flatMap(({ shift }) => shift ?? [])
}

async function readingsOf(db: Sql, organizationId: OrganizationId, ids: readonly ShiftId[]): Promise<readonly ShiftReading[]> {
  const rows = await shifts(db, organizationId, {})
    .select(columns)
    .where(sql<boolean>`shifts.id = any(${[...ids]}::text[])`)
    .execute()
  return rows.map(readingOf)
}

function shifts(db: Sql, organizationId: OrganizationId, { scheduleId, ...filter }: ShiftFilter) {
  const query = db
    .selectFrom('shifts')
    .innerJoin('shift_versions as version', (join) =>
      join
        .onRef('version.organization_id', '=', 'shifts.organization_id')
        .onRef('version.shift_id', '=', 'shifts.id')
        .on('version.valid_to', 'is', null),
    )
    .where('shifts.organization_id', '=', organizationId)
    .where('shifts.deleted_at', 'is', null)
  const kept = withNameAndTeam(query, 'version', filter)
  if (scheduleId === undefined) return kept
  // Both sides name the same table: only then does PostgreSQL find them by indexes.
  return kept.where(sql<boolean>`(version.schedule_id = ${scheduleId} or version.shift_id = any(array(
    select unnest(holder.shift_ids) from schedule_versions holder
    where holder.organization_id = ${organizationId} and holder.schedule_id = ${scheduleId} and holder.valid_to is null)))`)
}

const columns = ['shifts.id', 'version.name', 'version.team_id', 'version.schedule_id', 'version.definition'] as const

type ShiftRow = {
  readonly id: string
  readonly name: string | null
  readonly team_id: string | null
  readonly schedule_id: string | null
  readonly definition: unknown
}

function readingOf(row: ShiftRow): ShiftReading {
  const id = asId<ShiftId>(row.id)
  const teamId = row.team_id === null ? null : asId<TeamId>(row.team_id)
  const fields = fieldsOf({ name: row.name, teamId, definition: row.definition })
  return {
    id,
    name: row.name,
    shift: fields === null ? null : { ...fields, id },
    ownerId: row.schedule_id === null ? null : asId<ScheduleId>(row.schedule_id),
  }
}

export const isReadable = <Reading extends { readonly shift: OnCallShift | null }>(
  reading: Reading,
): reading is Reading & { readonly shift: OnCallShift } => reading.shift !== null

// On call ----------------------------------------------------------------------------------------------------------------

/** A version of a shift that held during a window. */
export type ShiftEra = ShiftReading & {
  readonly createdAt: Instant
  readonly from: Instant | null
  readonly to: Instant | null
}

type Question = TimeWindow & {
  readonly organizationId: OrganizationId
  readonly ids: readonly ShiftId[]
  readonly ownerIds: readonly ScheduleId[]
}

/** What the shifts with these ids or of these owners said during a window; the instant of its end counts as inside. */
export async function shiftErasOf(
  db: Sql,
  { organizationId, ids, ownerIds, startAt, endAt }: Question,
): Promise<readonly ShiftEra[]> {
  const answer = await sql<ShiftEraRow>`
    select version.shift_id as id, version.name, version.team_id, version.schedule_id, version.definition, shift.created_at,
      version.valid_from, version.valid_to
    from shift_versions version
    join shifts shift on shift.organization_id = version.organization_id and shift.id = version.shift_id
    where version.organization_id = ${organizationId}
      and (version.shift_id = any(${[...ids]}::text[]) or version.schedule_id = any(${[...ownerIds]}::text[]))
      and (version.valid_from is null or version.valid_from <= ${toDate(endAt)})
      and (version.valid_to is null or version.valid_to > ${toDate(startAt)})
    order by version.shift_id, version.valid_from nulls first`.execute(db)
  return answer.rows.map((row) => ({
    ...readingOf(row),
    createdAt: fromDate(row.created_at),
    from: row.valid_from === null ? null : fromDate(row.valid_from),
    to: row.valid_to === null ? null : fromDate(row.valid_to),
  }))
}

type ShiftEraRow = ShiftRow & {
  readonly created_at: Date
  readonly valid_from: Date | null
  readonly valid_to: Date | null
}
