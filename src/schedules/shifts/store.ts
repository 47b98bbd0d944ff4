import { sql } from 'kysely'
import { lockExisting } from '../../db/existing.ts'
import { countRows, oldestFirst, withNameAndTeam } from '../../db/listing.ts'
import { asId, type OrganizationId, type ScheduleId, type ShiftId, type TeamId } from '../../lib/ids.ts'
import type { NamedFilter, Window } from '../../lib/listing.ts'
import type { Sql, Tx } from '../../ports.ts'
import { insertPart, writePartVersion } from '../part-store.ts'
import { partRecord } from '../part-record.ts'
import type { OnCallShift } from './shift.ts'
import { fieldsOf } from './record.ts'

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
export function insertShift(tx: Tx, organizationId: OrganizationId, { shift, ownerId }: StoredShift): Promise<void> {
  const record = partRecord({ kind: 'shift', shift })
  return insertPart(tx, { organizationId, id: shift.id }, { ...record, ownerId, kind: 'shift', from: null })
}

/** From now on the shift is as given; before, it stays what it was. The shift is locked. */
export function writeShiftVersion(tx: Tx, organizationId: OrganizationId, { shift, ownerId }: StoredShift): Promise<void> {
  return writePartVersion(tx, { organizationId, id: shift.id }, { ...partRecord({ kind: 'shift', shift }), ownerId })
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
    select id from shifts
    where organization_id = ${organizationId} and id = any(${[...ids]}::text[]) and kind = 'shift' and deleted_at is null
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
    .where('shifts.kind', '=', 'shift')
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
