import { lockExisting, markDeleted } from '../../db/existing.ts'
import { countRows } from '../../db/listing.ts'
import { closeVersion, endVersion } from '../../db/versions.ts'
import { asId, type OrganizationId, type ScheduleId, type SwapId, type UserId } from '../../lib/ids.ts'
import type { Window } from '../../lib/listing.ts'
import { fromDate, type Instant, toDate } from '../../lib/time.ts'
import type { Sql, Tx } from '../../ports.ts'
import type { ShiftSwap, SwapFields } from './swap.ts'

type Key = { readonly organizationId: OrganizationId; readonly id: SwapId }

/** What a version says. */
type Version = SwapFields & Pick<ShiftSwap, 'benefactorId'>

/** With its first version, which holds from now on. */
export async function insertSwap(
  tx: Tx,
  key: Key,
  { beneficiaryId, ...version }: Version & Pick<ShiftSwap, 'beneficiaryId'>,
): Promise<void> {
  await tx.sql
    .insertInto('shift_swaps')
    .values({ organization_id: key.organizationId, id: key.id, beneficiary_id: beneficiaryId, created_at: toDate(tx.now) })
    .execute()
  await insertVersion(tx, key, version)
}

/** From now on the swap is as given; before, it stays what it was. It is locked. */
export async function writeSwapVersion(tx: Tx, key: Key, version: Version): Promise<void> {
  if (await closeVersion(tx, 'shift_swap_versions', key)) await insertVersion(tx, key, version)
  else await currentVersion(tx, key).set(valuesOf(version)).execute()
}

/** Readers do not see it any more; who was on call until now stays on record. */
export async function markSwapDeleted(tx: Tx, key: Key): Promise<void> {
  await markDeleted(tx, 'shift_swaps', key)
  await endVersion(tx, 'shift_swap_versions', key)
}

function currentVersion(tx: Tx, { organizationId, id }: Key) {
  return tx.sql
    .updateTable('shift_swap_versions')
    .where('organization_id', '=', organizationId)
    .where('swap_id', '=', id)
    .where('valid_to', 'is', null)
}

async function insertVersion(tx: Tx, { organizationId, id }: Key, version: Version): Promise<void> {
  await tx.sql
    .insertInto('shift_swap_versions')
    .values({ organization_id: organizationId, swap_id: id, valid_from: toDate(tx.now), ...valuesOf(version) })
    .execute()
}

const valuesOf = ({ scheduleId, benefactorId, description, startAt, endAt }: Version) => ({
  schedule_id: scheduleId,
  benefactor_id: benefactorId,
  description,
  starts_at: toDate(startAt),
  ends_at: toDate(endAt),
})

/** The swap, which nobody else changes before the commit; or null. */
export async function lockSwap(tx: Tx, key: Key): Promise<ShiftSwap | null> {
  return (await lockExisting(tx, 'shift_swaps', key)) ? findSwap(tx.sql, key) : null
}

export async function findSwap(db: Sql, { organizationId, id }: Key): Promise<ShiftSwap | null> {
  const row = await swaps(db, organizationId, {}).select(columns).where('swap.id', '=', id).executeTakeFirst()
  return row === undefined ? null : swapOf(row)
}

/** Undefined keeps everything. */
export type SwapFilter = {
  readonly scheduleId?: ScheduleId | undefined
  readonly beneficiaryId?: UserId | undefined
  readonly benefactorId?: UserId | undefined
  /** Only those that begin then or later. */
  readonly startingAt?: Instant | undefined
  /** Only those that somebody can take at this instant. */
  readonly openAt?: Instant | undefined
}

export function countSwaps(db: Sql, organizationId: OrganizationId, filter: SwapFilter): Promise<number> {
  return countRows(swaps(db, organizationId, filter))
}

/** How many swaps of a schedule end after an instant. Of one table, for the reason that the count of overrides has. */
export function countSwapsEndingAfter(
  db: Sql,
  organizationId: OrganizationId,
  { scheduleId, at }: { readonly scheduleId: ScheduleId; readonly at: Instant },
): Promise<number> {
  const query = db
    .selectFrom('shift_swap_versions')
    .where('organization_id', '=', organizationId)
    .where('schedule_id', '=', scheduleId)
    .where('ends_at', '>', toDate(at))
    .where('valid_to', 'is', null)
  return countRows(query)
}

/** In the order in which they begin. */
export async function listSwaps(
  db: Sql,
  organizationId: OrganizationId,
  { filter, limit, offset }: Window & { readonly filter: SwapFilter },
): Promise<readonly ShiftSwap[]> {
  const rows = await swaps(db, organizationId, filter)
    .select(columns)
    .orderBy('version.starts_at')
    .orderBy('version.swap_id')
    .limit(limit)
    .offset(offset)
    .execute()
  return rows.map(swapOf)
}

function swaps(db: Sql, organizationId: OrganizationId, filter: SwapFilter) {
  const { scheduleId, beneficiaryId, benefactorId, startingAt, openAt } = filter
  let query = db
    .selectFrom('shift_swap_versions as version')
    .innerJoin('shift_swaps as swap', (join) =>
      join.onRef('swap.organization_id', '=', 'version.organization_id').onRef('swap.id', '=', 'version.swap_id'),
    )
    .innerJoin('schedules as holder', (join) =>
      join
        .onRef('holder.organization_id', '=', 'version.organization_id')
        .onRef('holder.id', '=', 'version.schedule_id')
        .on('holder.deleted_at', 'is', null),
    )
    .where('version.organization_id', '=', organizationId)
    .where('version.valid_to', 'is', null)
  if (scheduleId !== undefined) query = query.where('version.schedule_id', '=', scheduleId)
  if (beneficiaryId !== undefined) query = query.where('swap.beneficiary_id', '=', beneficiaryId)
  if (benefactorId !== undefined) query = query.where('version.benefactor_id', '=', benefactorId)
  if (startingAt !== undefined) query = query.where('version.starts_at', '>=', toDate(startingAt))
  if (openAt !== undefined)
    query = query.where('version.starts_at', '>', toDate(openAt)).where('version.benefactor_id', 'is', null)
  return query
}

const columns = [
  'swap.id',
  'swap.beneficiary_id',
  'swap.created_at',
  'version.valid_from',
  'version.schedule_id',
  'version.benefactor_id',
  'version.description',
  'version.starts_at',
  'version.ends_at',
] as const

type SwapRow = {
  readonly id: string
  readonly beneficiary_id: string
  readonly created_at: Date
  readonly valid_from: Date
  readonly schedule_id: string
  readonly benefactor_id: string | null
  readonly description: string | null
  readonly starts_at: Date
  readonly ends_at: Date
}

const swapOf = (row: SwapRow): ShiftSwap => ({
  id: asId<SwapId>(row.id),
  beneficiaryId: asId<UserId>(row.beneficiary_id),
  createdAt: fromDate(row.created_at),
  updatedAt: fromDate(row.valid_from),
  scheduleId: asId<ScheduleId>(row.schedule_id),
  benefactorId: row.benefactor_id === null ? null : asId<UserId>(row.benefactor_id),
  description: row.description,
  startAt: fromDate(row.starts_at),
  endAt: fromDate(row.ends_at),
})
