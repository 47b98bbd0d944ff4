import { sql } from 'kysely'
import { type Excerpt, excerptLimits } from '../../lib/excerpt.ts'
import { instantOfUuid, type OrganizationId } from '../../lib/ids.ts'
import { fromDate, ms } from '../../lib/time.ts'
import type { Sql } from '../../ports.ts'
import { type PhaseColumns, phasesOf } from '../attempt-store.ts'
import { lanes } from '../delivery.ts'
import { columnsOf, type DeliveryColumns } from './ended-store.ts'
import type { DeliveryRecord, RecordedAttempt, RecordedRequest } from './record.ts'

type Wanted = { readonly organizationId: OrganizationId; readonly ids: readonly number[] }

/** A record as it is stored, without its attempts. */
export type SealedRecord = Omit<DeliveryRecord, 'attempts' | 'request'> & {
  readonly request: SealedRequest | null
}

type SealedRequest = Omit<RecordedRequest, 'headers'> & {
  /** It could not be made: the headers are as the response log shows them. */
  readonly isFaulty: boolean
  readonly headersSealed: Uint8Array | null
}

/** A look into the index for each delivery; "offset" keeps the planner from reading a whole day instead, if that is small. */
const attemptsOf = ({ organizationId, ids }: Wanted) => sql`
  unnest(${[...ids]}::bigint[]) as asked (id)
  cross join lateral (select * from attempts where organization_id = ${organizationId} and delivery_id = asked.id offset 0) attempts`

/**
 * The deliveries of webhooks by their ids, in no order; what the organization does not have is missing. Of their bodies, those that
 * are long, or beyond what a list may hold, are read only in part.
 */
export async function recordRows(db: Sql, { organizationId, ids }: Wanted): Promise<readonly SealedRecord[]> {
  const { wholeBytesMax, listBytesMax, beginningMax } = excerptLimits
  const answer = await sql<RecordRow>`
    with wanted as (
      select id, 'waiting' as state, lane, endpoint_id, message_id, message_at, event_sequence, grouped_sequences, subject_id,
        due_at as at, last_status, null as reason, null::timestamptz as replayed_at, attempt as due_number
      from deliveries
      where organization_id = ${organizationId} and id = any(${[...ids]}::bigint[])
      union all
      select delivery_id, 'delivered', lane, endpoint_id, message_id, message_at, event_sequence, null, subject_id, at, status,
        null, null, null
      from ${attemptsOf({ organizationId, ids })}
      where outcome = 'success'
      union all
      select delivery_id, state, lane, endpoint_id, message_id, message_at, event_sequence, grouped_sequences, subject_id, at,
        last_status, reason, replayed_at, null
      from dead_deliveries
      where organization_id = ${organizationId} and delivery_id = any(${[...ids]}::bigint[])
    )
    select wanted.*, coalesce(wanted.grouped_sequences, m.grouped_sequences) as all_sequences, e.owner_id, e.url, e.paused_until,
      m.method, m.target, m.kind = 'faulty' as is_faulty,
      case m.kind when 'faulty' then m.headers_shown_sealed else m.headers_sealed end as headers_sealed, octet_length(m.body) as body_bytes,
      case when octet_length(m.body) <= ${wholeBytesMax}::int
        and sum(least(octet_length(m.body), ${wholeBytesMax}::int)) over (order by wanted.id desc) <= ${listBytesMax}::int
        then m.body else substring(m.body from 1 for ${4 * beginningMax}::int) end as body
    from wanted
    join endpoints e on e.organization_id = ${organizationId} and e.id = wanted.endpoint_id and e.kind = 'webhook'
    left join messages m on m.organization_id = ${organizationId} and m.id = wanted.message_id and m.at = wanted.message_at`.execute(
    db,
  )
  return answer.rows.map((row) => recordOf(organizationId, row))
}

/** The attempts of deliveries, by their ids, the oldest first; of each answer so many bytes at most. */
export async function attemptsOfRecords(
  db: Sql,
  { organizationId, ids, answerBytesMax }: Wanted & { readonly answerBytesMax: number },
): Promise<ReadonlyMap<number, readonly RecordedAttempt[]>> {
  const answer = await sql<AttemptRow>`
    select delivery_id, attempts.id, at, number, outcome, status, detail, response_headers, response_truncated, is_signed, address, duration_ms,
      dns_ms, connect_ms, tls_ms, first_byte_ms,
      octet_length(response_body) as body_bytes, substring(response_body from 1 for ${answerBytesMax}::int) as body
    from ${attemptsOf({ organizationId, ids })}
    order by at, attempts.id`.execute(db)
  const byDelivery = Map.groupBy(answer.rows, (row) => row.delivery_id)
  return new Map([...byDelivery].map(([id, rows]) => [id, rows.map(attemptOf)]))
}

type BodyRow = { readonly body: Buffer | null; readonly body_bytes: number | null }

type RecordRow = BodyRow &
  DeliveryColumns & {
    readonly state: string
    readonly all_sequences: readonly string[] | null
    readonly at: Date
    readonly paused_until: Date | null
    readonly last_status: number | null
    readonly reason: string | null
    readonly replayed_at: Date | null
    readonly due_number: number | null
    readonly method: string | null
    readonly target: string | null
    readonly is_faulty: boolean | null
    readonly headers_sealed: Buffer | null
  }

function recordOf(organizationId: OrganizationId, row: RecordRow): SealedRecord {
  return {
    ...columnsOf(organizationId, row),
    state: row.state as SealedRecord['state'],
    groupedSequences: row.all_sequences?.map(Number) ?? null,
    at: fromDate(instantOf(row)),
    lastStatus: row.last_status,
    reason: row.reason,
    replayedAt: row.replayed_at === null ? null : fromDate(row.replayed_at),
    request: requestOf(row),
    dueNumber: row.due_number,
  }
}

/** Only pages leave while their URL is left alone. */
function instantOf({ state, lane, at, paused_until: pausedUntil }: RecordRow): Date {
  const isHeld = state === 'waiting' && lane !== lanes.page && pausedUntil !== null && pausedUntil > at
  return isHeld ? pausedUntil : at
}

function requestOf({
  method,
  target,
  is_faulty: isFaulty,
  headers_sealed: headersSealed,
  ...row
}: RecordRow): SealedRequest | null {
  if (method === null || target === null) return null
  return { method, target, isFaulty: isFaulty === true, headersSealed, body: excerptOf(row) }
}

type AttemptRow = BodyRow &
  PhaseColumns & {
    readonly delivery_id: number
    readonly id: string
    readonly at: Date
    readonly number: number
    readonly outcome: string
    readonly status: number | null
    readonly detail: string | null
    readonly response_headers: unknown
    readonly response_truncated: boolean
    readonly is_signed: boolean | null
    readonly address: string | null
    readonly duration_ms: number
  }

const attemptOf = (row: AttemptRow): RecordedAttempt => ({
  id: row.id,
  startedAt: instantOfUuid(row.id),
  at: fromDate(row.at),
  number: row.number,
  isSigned: row.is_signed,
  outcome: row.outcome as RecordedAttempt['outcome'],
  status: row.status,
  detail: row.detail,
  responseHeaders: row.response_headers as RecordedAttempt['responseHeaders'],
  responseBody: excerptOf(row),
  responseTruncated: row.response_truncated,
  address: row.address,
  phases: phasesOf(row),
  durationMs: ms(row.duration_ms),
})

const excerptOf = ({ body, body_bytes: bytes }: BodyRow): Excerpt | null =>
  body === null || bytes === null ? null : { text: body.toString('utf8'), bytes, isWhole: body.length === bytes }
