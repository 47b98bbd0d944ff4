import { sql } from 'kysely'
import { shardOf } from '../../lib/shard.ts'
import type { EndpointId, MessageId, OrganizationId } from '../../lib/ids.ts'
import { type Instant, toDate } from '../../lib/time.ts'
import type { Tx } from '../../ports.ts'
import { lanes } from '../delivery.ts'
import { wasMade } from '../attempt-store.ts'
import type { EndedDelivery } from './replay.ts'
import { groupedText } from '../store.ts'

export type Replay = {
  readonly ended: EndedDelivery
  /** Where to: that of its URL now, since the one of then may be closed. */
  readonly endpointId: EndpointId
  /** That of what had ended; another one for another receiver, for which the bytes are made anew. */
  readonly messageId: MessageId
  readonly expiresAt: Instant | null
  /** A UUID by which what waits can be taken back; null: it cannot. */
  readonly cancelKey: string | null
}

/**
 * Which of the replays have what they need: the bytes, or none that a receiver could have seen. Bytes are kept for as long as the
 * attempts to send them at least, so where there is neither, they never were. By the ids of what had ended.
 */
export async function sendableAgain(tx: Tx, replays: readonly Replay[]): Promise<ReadonlySet<number>> {
  const answer = await sql<{ readonly id: number }>`
    select wanted.id
    from unnest(
      ${replays.map(({ ended }) => ended.organizationId)}::text[],
      ${replays.map(({ ended }) => ended.id)}::bigint[],
      ${replays.map(({ ended }) => ended.messageId)}::uuid[],
      ${replays.map(({ ended }) => toDate(ended.messageAt))}::timestamptz[]) as wanted (organization_id, id, message_id, message_at)
    where exists (
      select from messages m
      where m.organization_id = wanted.organization_id and m.id = wanted.message_id and m.at = wanted.message_at)
    or not exists (
      select from attempts
      where organization_id = wanted.organization_id and delivery_id = wanted.id and ${wasMade})`.execute(tx.sql)
  return new Set(answer.rows.map((row) => row.id))
}

/**
 * Owes replays and returns the ids of the new deliveries by those of what had ended. What is being sent again already is
 * missing, also where it is among the replays twice.
 */
export async function insertReplays(tx: Tx, replays: readonly Replay[]): Promise<ReadonlyMap<number, number>> {
  // In the order in which they were owed first, which is that of the events.
  const sorted = replays.toSorted((a, b) => a.ended.id - b.ended.id)
  const answer = await sql<{ readonly ended_id: number; readonly id: number }>`
    with wanted as (
      select * from unnest(
        ${sorted.map(({ ended }) => ended.id)}::bigint[],
        ${sorted.map(({ ended }) => ended.organizationId)}::text[],
        ${sorted.map(({ endpointId }) => endpointId)}::uuid[],
        ${sorted.map(({ endpointId }) => shardOf(endpointId))}::smallint[],
        ${sorted.map(({ messageId }) => messageId)}::uuid[],
        ${sorted.map(({ ended }) => toDate(ended.messageAt))}::timestamptz[],
        ${sorted.map(({ ended }) => ended.eventSequence)}::bigint[],
        ${sorted.map(({ ended }) => groupedText(ended))}::text[],
        ${sorted.map(({ ended }) => ended.subjectId)}::text[],
        ${sorted.map(({ cancelKey }) => cancelKey)}::uuid[],
        ${sorted.map(({ expiresAt }) => (expiresAt === null ? null : toDate(expiresAt)))}::timestamptz[]) with ordinality
        as wanted (ended_id, organization_id, endpoint_id, shard, message_id, message_at, event_sequence, grouped_sequences,
          subject_id, cancel_key, expires_at, number)
    ), owed as (
      insert into deliveries (organization_id, endpoint_id, shard, lane, attempt, due_at, message_id, message_at, event_sequence,
        grouped_sequences, subject_id, cancel_key, expires_at)
      select organization_id, endpoint_id, shard, ${lanes.replay}::smallint, 1, ${toDate(tx.now)}::timestamptz, message_id,
        message_at, event_sequence, grouped_sequences::bigint[], subject_id, cancel_key, expires_at
      from wanted order by number
      on conflict (organization_id, message_id) where lane = ${sql.lit(lanes.replay)} do nothing
      returning organization_id, message_id, id
    )
    select min(wanted.ended_id) as ended_id, owed.id
    from owed join wanted on wanted.organization_id = owed.organization_id and wanted.message_id = owed.message_id
    group by owed.id`.execute(tx.sql)
  return new Map(answer.rows.map((row) => [row.ended_id, row.id]))
}

/** How many replays wait for the endpoints of an owner, or are under way; so many at most are counted. */
export async function countWaiting(
  tx: Tx,
  { organizationId, ownerId }: { readonly organizationId: OrganizationId; readonly ownerId: string },
  limit: number,
): Promise<number> {
  const answer = await sql<{ readonly count: number }>`
    select count(*)::int as count from (
      select from endpoints e
      join deliveries d on d.shard = e.shard and d.endpoint_id = e.id and d.lane = ${lanes.replay}
      where e.organization_id = ${organizationId} and e.kind = 'webhook' and e.owner_id = ${ownerId} and e.deleted_at is null
      limit ${limit}::int) as waiting`.execute(tx.sql)
  return answer.rows[0]?.count ?? 0
}

/** Notes of what is dead that it is owed again. */
export async function markReplayed(tx: Tx, ended: readonly EndedDelivery[]): Promise<void> {
  const sorted = ended.toSorted((a, b) => a.id - b.id)
  await sql`
    update dead_deliveries d set replayed_at = ${toDate(tx.now)}::timestamptz
    from unnest(
      ${sorted.map(({ organizationId }) => organizationId)}::text[],
      ${sorted.map(({ id }) => id)}::bigint[],
      ${sorted.map(({ messageAt }) => toDate(messageAt))}::timestamptz[]) as again (organization_id, id, message_at)
    where d.organization_id = again.organization_id and d.delivery_id = again.id and d.message_at = again.message_at`.execute(
    tx.sql,
  )
}
