import { sql } from 'kysely'
import { asId, newUuid, type OrganizationId, type UserId } from '../lib/ids.ts'
import { shardOf } from '../lib/shard.ts'
import { fromDate, type Instant, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { PendingPresence, PresenceChange } from './presence.ts'

type NewPresence = {
  readonly organizationId: OrganizationId
  readonly id: UserId
  /** Null: it is as it was; names or reminders are others. */
  readonly isPresent: boolean | null
}

export async function insertPresenceChange(tx: Tx, { organizationId, id, isPresent }: NewPresence): Promise<void> {
  await tx.sql
    .insertInto('presence_changes')
    .values({
      organization_id: organizationId,
      id: newUuid(tx.now, tx.random.bytes),
      shard: shardOf(organizationId),
      user_id: id,
      at: toDate(tx.now),
      present: isPresent,
      pending: true,
    })
    .execute()
}

/** What nobody has taken yet, oldest first. */
export async function pendingPresence(
  db: Sql,
  { shards, limit }: { readonly shards: readonly number[]; readonly limit: number },
): Promise<readonly PendingPresence[]> {
  const rows = await db
    .selectFrom('presence_changes')
    .select(['organization_id', 'id', 'user_id'])
    .where('pending', '=', true)
    .where(sql<boolean>`shard = any(${[...shards]}::smallint[])`)
    .orderBy('at')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    organizationId: asId<OrganizationId>(row.organization_id),
    id: row.id,
    userId: asId<UserId>(row.user_id),
  }))
}

export async function markPresenceTaken(tx: Tx, organizationId: OrganizationId, ids: readonly string[]): Promise<void> {
  await sql`
    update presence_changes set pending = false
    where organization_id = ${organizationId} and id = any(${[...ids]}::uuid[])`.execute(tx.sql)
}

/** What became of people's presence after an instant, oldest first. */
export async function presenceChangesAfter(
  db: Sql,
  organizationId: OrganizationId,
  { userIds, after }: { readonly userIds: readonly UserId[]; readonly after: Instant },
): Promise<readonly PresenceChange[]> {
  const rows = await db
    .selectFrom('presence_changes')
    .select(['user_id', 'at', 'present'])
    .where('organization_id', '=', organizationId)
    .where('present', 'is not', null)
    .where('at', '>', toDate(after))
    .where(sql<boolean>`user_id = any(${[...userIds]}::text[])`)
    .orderBy('at')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({ userId: asId<UserId>(row.user_id), at: fromDate(row.at), isPresent: row.present === true }))
}
