import { sql } from 'kysely'
import { jsonbArray } from '../db/binary-array.ts'
import { jsonbText } from '../lib/json.ts'
import { toDate } from '../lib/time.ts'
import type { Tx } from '../ports.ts'
import { type Conclusion, lastStatusOf } from './conclusion.ts'
import type { Delivery, Ending } from './delivery.ts'
import { groupedText } from './store.ts'

/**
 * Ends or puts off deliveries, each only if it still waits for the attempt that was made, and returns the ids of those
 * that were. All others had ended or moved on by other means.
 */
export async function settleDeliveries(tx: Tx, conclusions: readonly Conclusion[]): Promise<ReadonlySet<number>> {
  const sorted = conclusions.toSorted((a, b) => a.delivery.id - b.delivery.id)
  const dueAts = sorted.map(({ verdict }) => (verdict.kind === 'retry' ? toDate(verdict.dueAt) : null))
  const answer = await sql<{ readonly id: number }>`
    with ended as (
      select * from unnest(
        ${sorted.map(({ delivery }) => delivery.id)}::bigint[],
        ${sorted.map(({ delivery }) => delivery.attempt)}::smallint[],
        ${dueAts}::timestamptz[],
        ${sorted.map(lastStatusOf)}::smallint[]) as ended (id, attempt, due_at, last_status)
    ), deleted as (
      delete from deliveries d using ended
      where d.id = ended.id and d.attempt = ended.attempt and ended.due_at is null
      returning d.id
    ), put_off as (
      update deliveries d set attempt = d.attempt + 1, due_at = ended.due_at, last_status = ended.last_status from ended
      where d.id = ended.id and d.attempt = ended.attempt and ended.due_at is not null
      returning d.id
    )
    select id from deleted union all select id from put_off`.execute(tx.sql)
  return new Set(answer.rows.map((row) => row.id))
}

export type Ended = { readonly delivery: Delivery; readonly ending: Ending }
export type Unsent = {
  readonly delivery: Delivery
  readonly state: 'dead' | 'skipped'
  readonly reason: string
  readonly attemptsCount: number
  readonly lastStatus: number | null
}

/** What waited and is not to be sent any more. */
export const endedUnsent = (delivery: Delivery, reason: string): Unsent => ({
  delivery,
  state: 'dead',
  reason,
  attemptsCount: delivery.attempt - 1,
  lastStatus: delivery.lastStatus,
})

export async function insertDeadDeliveries(tx: Tx, dead: readonly Unsent[]): Promise<void> {
  await sql`
    insert into dead_deliveries (organization_id, delivery_id, state, message_id, message_at, endpoint_id, event_sequence,
      grouped_sequences, subject_id, lane, attempts_count, last_status, reason, at)
    select organization_id, delivery_id, state, message_id, message_at, endpoint_id, event_sequence, grouped_sequences::bigint[],
      subject_id, lane, attempts_count, last_status, reason, ${toDate(tx.now)}::timestamptz
    from unnest(
      ${dead.map(({ delivery }) => delivery.organizationId)}::text[],
      ${dead.map(({ delivery }) => delivery.id)}::bigint[],
      ${dead.map(({ state }) => state)}::text[],
      ${dead.map(({ delivery }) => delivery.messageId)}::uuid[],
      ${dead.map(({ delivery }) => toDate(delivery.messageAt))}::timestamptz[],
      ${dead.map(({ delivery }) => delivery.endpointId)}::uuid[],
      ${dead.map(({ delivery }) => delivery.eventSequence)}::bigint[],
      ${dead.map(({ delivery }) => groupedText(delivery))}::text[],
      ${dead.map(({ delivery }) => delivery.subjectId)}::text[],
      ${dead.map(({ delivery }) => delivery.lane)}::smallint[],
      ${dead.map(({ attemptsCount }) => attemptsCount)}::smallint[],
      ${dead.map(({ lastStatus }) => lastStatus)}::smallint[],
      ${dead.map(({ reason }) => reason)}::text[])
      as new (organization_id, delivery_id, state, message_id, message_at, endpoint_id, event_sequence, grouped_sequences,
        subject_id, lane, attempts_count, last_status, reason)
    on conflict do nothing`.execute(tx.sql)
}

export async function insertResults(tx: Tx, ended: readonly Ended[]): Promise<void> {
  await sql`
    insert into delivery_results (organization_id, shard, lane, endpoint_id, message_id, message_at, event_sequence,
      subject_id, cancel_key, result, at, due_at)
    select *, ${toDate(tx.now)}::timestamptz, ${toDate(tx.now)}::timestamptz from unnest(
      ${ended.map(({ delivery }) => delivery.organizationId)}::text[],
      ${ended.map(({ delivery }) => delivery.shard)}::smallint[],
      ${ended.map(({ delivery }) => delivery.lane)}::smallint[],
      ${ended.map(({ delivery }) => delivery.endpointId)}::uuid[],
      ${ended.map(({ delivery }) => delivery.messageId)}::uuid[],
      ${ended.map(({ delivery }) => toDate(delivery.messageAt))}::timestamptz[],
      ${ended.map(({ delivery }) => delivery.eventSequence)}::bigint[],
      ${ended.map(({ delivery }) => delivery.subjectId)}::text[],
      ${ended.map(({ delivery }) => delivery.cancelKey)}::uuid[],
      ${jsonbArray(ended.map(({ ending }) => jsonbText(ending)))}::jsonb[])`.execute(tx.sql)
}
