import { sql } from 'kysely'
import type { NodeId } from '../lib/ids.ts'
import { type Instant, toDate } from '../lib/time.ts'
import type { Tx } from '../ports.ts'

export type Lease = { readonly nodeId: NodeId; readonly until: Instant }

/** Says that this node lives. */
export async function markSeen(tx: Tx, nodeId: NodeId, now: Instant): Promise<void> {
  const seenAt = toDate(now)
  await tx.sql
    .insertInto('nodes')
    .values({ id: nodeId, seen_at: seenAt })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ seen_at: seenAt }))
    .execute()
}

/** Counts the nodes that have been seen since. */
export async function countLivingNodes(tx: Tx, seenSince: Instant): Promise<number> {
  const row = await tx.sql
    .selectFrom('nodes')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('seen_at', '>=', toDate(seenSince))
    .executeTakeFirstOrThrow()
  return row.count
}

/** Forgets nodes that have not been seen since. One that stalls within its own transaction is left alone: nobody waits for it. */
export async function forgetDeadNodes(tx: Tx, seenSince: Instant): Promise<void> {
  await sql`
    delete from nodes where id in (
      select id from nodes where seen_at < ${toDate(seenSince)} for update skip locked)`.execute(tx.sql)
}

/** Renews this node's leases and returns their shards. One that has ended is still its own while nobody else has taken it. */
export async function renewLeases(tx: Tx, { nodeId, until }: Lease): Promise<readonly number[]> {
  const rows = await tx.sql
    .updateTable('shards')
    .set({ leased_until: toDate(until) })
    .where('owner_id', '=', nodeId)
    .returning('shard')
    .execute()
  return rows.map((row) => row.shard)
}

type Taking = Lease & {
  readonly count: number
  /** Null: leases that have ended are left to their owners. */
  readonly endedBy: Instant | null
}

/** Takes up to `count` shards that nobody owns, or whose lease had ended by an instant. */
export async function takeFreeShards(tx: Tx, { nodeId, until, count, endedBy }: Taking): Promise<readonly number[]> {
  const latest = endedBy === null ? null : toDate(endedBy)
  const answer = await sql<{ shard: number }>`
    update shards set owner_id = ${nodeId}, leased_until = ${toDate(until)}
    where shard in (
      select shard from shards
      where owner_id is null or leased_until is null or leased_until <= ${latest}::timestamptz
      order by shard limit ${count}
      for update skip locked)
    returning shard`.execute(tx.sql)
  return answer.rows.map((row) => row.shard)
}

/** Takes every shard, whoever held it: for the embedded database, whose lock proves that there is no other node. */
export async function takeAllShards(tx: Tx, { nodeId, until }: Lease): Promise<readonly number[]> {
  const rows = await tx.sql
    .updateTable('shards')
    .set({ owner_id: nodeId, leased_until: toDate(until) })
    .returning('shard')
    .execute()
  return rows.map((row) => row.shard)
}

/** Gives shards back at once, so that another node need not wait for the lease to end. */
export async function releaseShards(tx: Tx, nodeId: NodeId, shards: readonly number[]): Promise<void> {
  await sql`update shards set owner_id = null, leased_until = null
    where owner_id = ${nodeId} and shard = any(${[...shards]}::smallint[])`.execute(tx.sql)
}

export async function forgetNode(tx: Tx, nodeId: NodeId): Promise<void> {
  await tx.sql.deleteFrom('nodes').where('id', '=', nodeId).execute()
}
