import { sql } from 'kysely'
import type { OrganizationId } from '../../lib/ids.ts'
import { fromDate, type Instant, toDate } from '../../lib/time.ts'
import type { Sql } from '../../ports.ts'
import { lanes } from '../delivery.ts'
import { type EndedRow, endedOf } from '../records/ended-store.ts'
import type { EndedDelivery } from './replay.ts'

/** Which deliveries of a webhook are meant: of events from `since` to before `until`, that ended until `endedUntil`. */
export type EndedRange = {
  readonly organizationId: OrganizationId
  readonly ownerId: string
  readonly since: Instant
  readonly until: Instant
  /** `failed`: what is dead and was not sent again; `all`: also what was delivered. */
  readonly only: 'failed' | 'all'
  readonly endedUntil: Instant
}

/** How far a walk through what has ended has come. */
type EndedCursor = { readonly at: Instant; readonly id: number }

/** What was looked at, up to the cursor, and what of it is meant; null: there is nothing more. */
export type EndedSlice = { readonly ended: readonly EndedDelivery[]; readonly cursor: EndedCursor } | null

/**
 * The next that have ended, in the order in which they did. So many rows are looked at, however few of them are meant, so that
 * each step of a long walk is short. Each message is there once: what was sent again stands for itself when only failures are
 * meant, and else its first delivery does.
 */
export async function endedAfter(db: Sql, range: EndedRange, { cursor, limit }: Step): Promise<EndedSlice> {
  const answer = await sql<SliceRow>`
    select found.*, e.owner_id, e.url, m.grouped_sequences as sent_sequences
    from (${walked(range, { cursor, limit })} order by at, id limit ${limit}::int) found
    join endpoints e on e.organization_id = ${range.organizationId} and e.id = found.endpoint_id
    left join messages m on found.is_meant and found.state = 'delivered'
      and m.organization_id = ${range.organizationId} and m.id = found.message_id and m.at = found.message_at
    order by found.at, found.id`.execute(db)
  const last = answer.rows.at(-1)
  if (last === undefined) return null
  const meant = answer.rows.filter((row) => row.is_meant)
  return {
    ended: meant.map((row) =>
      endedOf(range.organizationId, { ...row, grouped_sequences: row.grouped_sequences ?? row.sent_sequences }),
    ),
    cursor: { at: fromDate(last.at), id: last.id },
  }
}

/** How many are meant; null: there are too many rows to look at. */
export async function countEnded(db: Sql, range: EndedRange, rowsMax: number): Promise<number | null> {
  const from = { at: range.since, id: 0 }
  const answer = await sql<{ readonly meant: number; readonly looked: number }>`
    select count(*) filter (where is_meant)::int as meant, count(*)::int as looked
    from (select is_meant from (${walked(range, { cursor: from, limit: rowsMax })}) as found limit ${rowsMax}::int) as counted`.execute(
    db,
  )
  const row = answer.rows[0]
  return row === undefined || row.looked >= rowsMax ? null : row.meant
}

type Step = { readonly cursor: EndedCursor; readonly limit: number }

/** Along the index of each endpoint that the webhook has or had. */
function walked(range: EndedRange, { cursor, limit }: Step) {
  const { organizationId, ownerId, since, until, only, endedUntil } = range
  const isMeant = sql`message_at >= ${toDate(since)}::timestamptz and message_at < ${toDate(until)}::timestamptz
    and event_sequence is not null`
  const isAhead = sql`at >= ${toDate(cursor.at)}::timestamptz and at <= ${toDate(endedUntil)}::timestamptz
    and (at, delivery_id) > (${toDate(cursor.at)}::timestamptz, ${cursor.id}::bigint)`
  const first = only === 'all' ? sql`lane <> ${lanes.replay}::smallint` : sql`replayed_at is null`
  const dead = sql`
    select delivery_id as id, 'dead' as state, lane, endpoint_id, message_id, message_at, event_sequence, grouped_sequences, subject_id,
      at, state = 'dead' and ${first} and ${isMeant} as is_meant
    from dead_deliveries d
    where d.organization_id = e.organization_id and d.endpoint_id = e.id and ${isAhead}
    order by at, delivery_id limit ${limit}::int`
  const delivered = sql`
    select delivery_id as id, 'delivered' as state, lane, endpoint_id, message_id, message_at, event_sequence, null::bigint[] as grouped_sequences,
      subject_id, at, outcome = 'success' and ${first} and ${isMeant} as is_meant
    from attempts a
    where a.organization_id = e.organization_id and a.endpoint_id = e.id and ${isAhead}
    order by at, delivery_id limit ${limit}::int`
  const both = only === 'all' ? sql`(${dead}) union all (${delivered})` : dead
  return sql`
    select own.* from endpoints e cross join lateral (${both}) own
    where e.organization_id = ${organizationId} and e.kind = 'webhook' and e.owner_id = ${ownerId}`
}

type SliceRow = EndedRow & {
  readonly at: Date
  readonly is_meant: boolean
  readonly sent_sequences: readonly string[] | null
}
