import { sql } from 'kysely'
import { markDeleted } from '../db/existing.ts'
import { countRows, oldestFirst } from '../db/listing.ts'
import { closeVersion, endVersion } from '../db/versions.ts'
import { jsonbText } from '../lib/json.ts'
import { asId, type OrganizationId, type PartId, type ScheduleId, type TeamId } from '../lib/ids.ts'
import type { Window } from '../lib/listing.ts'
import { type Instant, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { Part, PartReading } from './part.ts'
import { partOf, type PartRecord } from './part-record.ts'

type Key = { readonly organizationId: OrganizationId; readonly id: PartId }
type Owned = PartRecord & { readonly ownerId: ScheduleId | null }

/** With its first version; the one without a beginning answers for any past instant. */
export async function insertPart(
  tx: Tx,
  key: Key,
  { kind, from, ...version }: Owned & { readonly kind: Part['kind']; readonly from: Instant | null },
): Promise<void> {
  await tx.sql
    .insertInto('shifts')
    .values({ organization_id: key.organizationId, id: key.id, kind, created_at: toDate(tx.now) })
    .execute()
  await insertVersion(tx, key, { ...valuesOf(version), valid_from: from === null ? null : toDate(from) })
}

/** From now on the part is as given; before, it stays what it was. It is locked, or its schedule is. */
export async function writePartVersion(tx: Tx, key: Key, version: Owned): Promise<void> {
  const values = valuesOf(version)
  if (await closeVersion(tx, 'shift_versions', key)) await insertVersion(tx, key, { ...values, valid_from: toDate(tx.now) })
  else await currentVersion(tx, key).set(values).execute()
}

/** Readers do not see it any more; what it covered until now stays on record. */
export async function markPartDeleted(tx: Tx, key: Key): Promise<void> {
  await markDeleted(tx, 'shifts', key)
  await endVersion(tx, 'shift_versions', key)
}

function currentVersion(tx: Tx, { organizationId, id }: Key) {
  return tx.sql
    .updateTable('shift_versions')
    .where('organization_id', '=', organizationId)
    .where('shift_id', '=', id)
    .where('valid_to', 'is', null)
}

type VersionValues = ReturnType<typeof valuesOf> & { readonly valid_from: Date | null }

async function insertVersion(tx: Tx, { organizationId, id }: Key, values: VersionValues): Promise<void> {
  await tx.sql
    .insertInto('shift_versions')
    .values({ organization_id: organizationId, shift_id: id, ...values })
    .execute()
}

const valuesOf = ({ name, teamId, ownerId, definition, stretch }: Owned) => ({
  name,
  team_id: teamId,
  schedule_id: ownerId,
  definition: jsonbText(definition),
  begins_at: stretch === null ? sql<Date>`'-infinity'` : toDate(stretch.startAt),
  ends_at: stretch === null ? sql<Date>`'infinity'` : toDate(stretch.endAt),
})

// Of one schedule ---------------------------------------------------------------------------------------------------------

/** The layers, or the overrides, of a schedule. */
export type Holding = {
  readonly organizationId: OrganizationId
  readonly scheduleId: ScheduleId
  readonly kind: 'layer' | 'override'
}

export async function findPart(db: Sql, holding: Holding, id: PartId): Promise<PartReading | null> {
  const row = await held(db, holding).select(columns).where('shifts.id', '=', id).executeTakeFirst()
  return row === undefined ? null : partReadingOf(row)
}

export function countParts(db: Sql, holding: Holding): Promise<number> {
  return countRows(held(db, holding))
}

/**
 * How many overrides of a schedule end after an instant: of all parts they alone are known to end. Of one table, since what was written just
 * now is in nobody's statistics, and a join could be read row by row.
 */
export function countOverridesEndingAfter(
  db: Sql,
  { organizationId, scheduleId, at }: Omit<Holding, 'kind'> & { readonly at: Instant },
): Promise<number> {
  const query = db
    .selectFrom('shift_versions')
    .where('organization_id', '=', organizationId)
    .where('schedule_id', '=', scheduleId)
    .where('ends_at', '>', toDate(at))
    .where('ends_at', '<', sql<Date>`'infinity'`)
    .where('valid_to', 'is', null)
  return countRows(query)
}

/** Oldest first. */
export async function listParts(
  db: Sql,
  { window, ...holding }: Holding & { readonly window: Window },
): Promise<readonly PartReading[]> {
  const rows = await oldestFirst(held(db, holding).select(columns), 'shifts', window).execute()
  return rows.map(partReadingOf)
}

/** As many as there are, in no order. */
export async function allParts(db: Sql, holding: Holding): Promise<readonly PartReading[]> {
  const rows = await held(db, holding).select(columns).execute()
  return rows.map(partReadingOf)
}

function held(db: Sql, { organizationId, scheduleId, kind }: Holding) {
  return db
    .selectFrom('shifts')
    .innerJoin('shift_versions as version', (join) =>
      join
        .onRef('version.organization_id', '=', 'shifts.organization_id')
        .onRef('version.shift_id', '=', 'shifts.id')
        .on('version.valid_to', 'is', null),
    )
    .innerJoin('schedules as owner', (join) =>
      join
        .onRef('owner.organization_id', '=', 'version.organization_id')
        .onRef('owner.id', '=', 'version.schedule_id')
        .on('owner.deleted_at', 'is', null),
    )
    .where('shifts.kind', '=', kind)
    .where('version.organization_id', '=', organizationId)
    .where('version.schedule_id', '=', scheduleId)
}

const columns = [
  'shifts.id',
  'shifts.kind',
  'version.name',
  'version.team_id',
  'version.schedule_id',
  'version.definition',
] as const

/** A part as a statement reads it. */
export type PartRow = {
  readonly id: string
  readonly kind: string
  readonly name: string | null
  readonly team_id: string | null
  readonly schedule_id: string | null
  readonly definition: unknown
}

/** What a row says of a part. */
export function partReadingOf(row: PartRow): PartReading {
  const id = asId<PartId>(row.id)
  const teamId = row.team_id === null ? null : asId<TeamId>(row.team_id)
  const { kind, name, definition } = row
  const ownerId = row.schedule_id === null ? null : asId<ScheduleId>(row.schedule_id)
  return { id, kind, name, teamId, ownerId, part: partOf({ id, kind, name, teamId, definition }) }
}
