import { type Due, dueRuns, nextDueAt } from '../../db/due-runs.ts'
import { countRows } from '../../db/listing.ts'
import { asId, type OrganizationId, type ReplayId, type UserId, type WebhookId } from '../../lib/ids.ts'
import type { Window } from '../../lib/listing.ts'
import { shardOf } from '../../lib/shard.ts'
import { fromDate, type Instant, toDate } from '../../lib/time.ts'
import type { Sql, Tx } from '../../ports.ts'
import type { BulkReplay } from './replay.ts'
import type { WebhookKey } from '../webhook.ts'

export type ReplayKey = Pick<BulkReplay, 'organizationId' | 'id'>

/** Due at once. */
export async function insertReplay(tx: Tx, replay: BulkReplay): Promise<void> {
  await tx.sql
    .insertInto('webhook_replays')
    .values({
      organization_id: replay.organizationId,
      id: replay.id,
      webhook_id: replay.webhookId,
      shard: shardOf(replay.webhookId),
      user_id: replay.userId,
      since: toDate(replay.since),
      until: toDate(replay.until),
      wanted: replay.only,
      cancel_key: replay.cancelKey,
      created_at: toDate(replay.createdAt),
      due_at: toDate(replay.createdAt),
      ...progressOf(replay),
    })
    .execute()
}

/** Keeps how far a replay has come; it goes on at `dueAt`. */
export async function updateReplay(tx: Tx, replay: BulkReplay, dueAt: Instant): Promise<void> {
  await tx.sql
    .updateTable('webhook_replays')
    .set({ ...progressOf(replay), due_at: toDate(dueAt) })
    .where('organization_id', '=', replay.organizationId)
    .where('id', '=', replay.id)
    .where('state', '<>', 'cancelled')
    .execute()
}

/** Cancels what runs in all organizations. */
export async function cancelAll(tx: Tx, reason: string): Promise<void> {
  await tx.sql
    .updateTable('webhook_replays')
    .set({ state: 'cancelled', reason, ended_at: toDate(tx.now) })
    .where('state', '=', 'running')
    .execute()
}

/** Puts a replay off. */
export async function postponeReplay(tx: Tx, { organizationId, id }: ReplayKey, dueAt: Instant): Promise<void> {
  await tx.sql
    .updateTable('webhook_replays')
    .set({ due_at: toDate(dueAt) })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where('state', '=', 'running')
    .execute()
}

/** For a transaction that takes a slice of it or ends it: nobody else does until the commit. */
export async function lockReplay(tx: Tx, { organizationId, id }: ReplayKey): Promise<BulkReplay | null> {
  const row = await tx.sql
    .selectFrom('webhook_replays')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row === undefined ? null : replayOf(row)
}

export async function findReplay(db: Sql, webhook: WebhookKey, id: ReplayId): Promise<BulkReplay | null> {
  const row = await ofWebhook(db, webhook).selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : replayOf(row)
}

export const countReplays = (db: Sql, webhook: WebhookKey): Promise<number> => countRows(ofWebhook(db, webhook))

/** The newest first. */
export async function listReplays(db: Sql, webhook: WebhookKey, { limit, offset }: Window): Promise<readonly BulkReplay[]> {
  const rows = await ofWebhook(db, webhook)
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .offset(offset)
    .execute()
  return rows.map(replayOf)
}

/** The webhooks of an organization whose replays are running. */
export async function webhooksInReplay(tx: Tx, organizationId: OrganizationId): Promise<readonly WebhookId[]> {
  const rows = await tx.sql
    .selectFrom('webhook_replays')
    .select('webhook_id')
    .where('organization_id', '=', organizationId)
    .where('state', '=', 'running')
    .execute()
  return rows.map((row) => asId<WebhookId>(row.webhook_id))
}

/** Replays that are to go on, those that have waited longest first. */
export const dueReplays = (db: Sql, due: Due) => dueRuns<ReplayId>(db, 'webhook_replays', due)

/** When the next replay of the shards goes on; null: there is none. */
export const nextReplayAt = (db: Sql, shards: readonly number[]): Promise<Instant | null> =>
  nextDueAt(db, 'webhook_replays', shards)

const ofWebhook = (db: Sql, { organizationId, id }: WebhookKey) =>
  db.selectFrom('webhook_replays').where('organization_id', '=', organizationId).where('webhook_id', '=', id)

const progressOf = ({ state, reason, cursor, totalCount, counts, endedAt }: BulkReplay) => ({
  state,
  reason,
  cursor_at: toDate(cursor.at),
  cursor_id: cursor.id,
  total_count: totalCount,
  replayed_count: counts.owed,
  waiting_count: counts.waiting,
  forgotten_count: counts.forgotten,
  moved_count: counts.moved,
  disabled_count: counts.disabled,
  pages_count: counts.page,
  taken_back_count: counts.takenBack,
  ended_at: endedAt === null ? null : toDate(endedAt),
})

type ReplayRow = {
  readonly organization_id: string
  readonly id: string
  readonly webhook_id: string
  readonly user_id: string | null
  readonly since: Date
  readonly until: Date
  readonly wanted: string
  readonly state: string
  readonly reason: string | null
  readonly cursor_at: Date
  readonly cursor_id: number
  readonly total_count: number | null
  readonly replayed_count: number
  readonly waiting_count: number
  readonly forgotten_count: number
  readonly moved_count: number
  readonly disabled_count: number
  readonly pages_count: number
  readonly taken_back_count: number
  readonly cancel_key: string
  readonly created_at: Date
  readonly ended_at: Date | null
}

const replayOf = (row: ReplayRow): BulkReplay => ({
  organizationId: asId<OrganizationId>(row.organization_id),
  id: asId<ReplayId>(row.id),
  webhookId: asId<WebhookId>(row.webhook_id),
  userId: row.user_id === null ? null : asId<UserId>(row.user_id),
  since: fromDate(row.since),
  until: fromDate(row.until),
  only: row.wanted as BulkReplay['only'],
  state: row.state as BulkReplay['state'],
  reason: row.reason,
  cursor: { at: fromDate(row.cursor_at), id: row.cursor_id },
  totalCount: row.total_count,
  counts: {
    owed: row.replayed_count,
    waiting: row.waiting_count,
    forgotten: row.forgotten_count,
    moved: row.moved_count,
    disabled: row.disabled_count,
    page: row.pages_count,
    takenBack: row.taken_back_count,
  },
  cancelKey: row.cancel_key,
  createdAt: fromDate(row.created_at),
  endedAt: row.ended_at === null ? null : fromDate(row.ended_at),
})
