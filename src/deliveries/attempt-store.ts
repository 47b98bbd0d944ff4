import { sql } from 'kysely'
import { byteaArray, jsonbArray } from '../db/binary-array.ts'
import { known } from '../lib/check.ts'
import { type Excerpt, excerptLimits } from '../lib/excerpt.ts'
import { jsonbText } from '../lib/json.ts'
import { asId, type EndpointId, type MessageId, type OrganizationId } from '../lib/ids.ts'
import { fromDate, type Ms, ms, toDate } from '../lib/time.ts'
import type { Phases, Sql, Tx } from '../ports.ts'
import type { Attempt, SealedAttempt, Page, SubjectAnswer } from './attempt.ts'
import { unmadeDetail } from './conclusion.ts'
import type { Lane } from './delivery.ts'

/** Of attempts, those for which a request left, or at least had all that it needs to. */
export const wasMade = sql`(status is not null or detail <> ${sql.lit(unmadeDetail)})`

/** Logs attempts. One that is there already was logged by a commit that nobody heard of. */
export async function insertAttempts(tx: Tx, attempts: readonly Attempt[]): Promise<void> {
  await sql`
    insert into attempts (organization_id, id, at, delivery_id, lane, endpoint_id, message_id, message_at, event_sequence,
      subject_id, number, outcome, status, detail, response_headers, response_body, response_truncated, is_signed, address, duration_ms,
      dns_ms, connect_ms, tls_ms, first_byte_ms)
    select * from unnest(
      ${attempts.map((attempt) => attempt.organizationId)}::text[],
      ${attempts.map((attempt) => attempt.id)}::uuid[],
      ${attempts.map((attempt) => toDate(attempt.at))}::timestamptz[],
      ${attempts.map((attempt) => attempt.deliveryId)}::bigint[],
      ${attempts.map((attempt) => attempt.lane)}::smallint[],
      ${attempts.map((attempt) => attempt.endpointId)}::uuid[],
      ${attempts.map((attempt) => attempt.messageId)}::uuid[],
      ${attempts.map((attempt) => toDate(attempt.messageAt))}::timestamptz[],
      ${attempts.map((attempt) => attempt.eventSequence)}::bigint[],
      ${attempts.map((attempt) => attempt.subjectId)}::text[],
      ${attempts.map((attempt) => attempt.number)}::smallint[],
      ${attempts.map((attempt) => attempt.outcome)}::text[],
      ${attempts.map((attempt) => attempt.status)}::smallint[],
      ${attempts.map((attempt) => attempt.detail)}::text[],
      ${jsonbArray(attempts.map(({ responseHeaders }) => (responseHeaders === null ? null : jsonbText(responseHeaders))))}::jsonb[],
      ${byteaArray(attempts.map((attempt) => attempt.responseBody))}::bytea[],
      ${attempts.map((attempt) => attempt.responseTruncated)}::boolean[],
      ${attempts.map((attempt) => attempt.isSigned)}::boolean[],
      ${attempts.map((attempt) => attempt.address)}::text[],
      ${attempts.map((attempt) => attempt.durationMs)}::int[],
      ${attempts.map(({ phases }) => phases.dnsMs)}::smallint[],
      ${attempts.map(({ phases }) => phases.connectMs)}::smallint[],
      ${attempts.map(({ phases }) => phases.tlsMs)}::smallint[],
      ${attempts.map(({ phases }) => phases.firstByteMs)}::smallint[])
    on conflict do nothing`.execute(tx.sql)
}

type Owner = { readonly organizationId: OrganizationId; readonly ownerId: string }

/** The log goes back over so many attempts: beyond them each page would cost what all that was sent in a month costs. */
const reachMax = 10_000

/**
 * The attempts at all endpoints that an owner has or had, newest first. Bodies can be megabytes, and one node's memory is for
 * everybody, so that long ones never leave the database.
 */
export async function attemptsOfOwner(db: Sql, owner: Owner, page: Page): Promise<readonly SealedAttempt[]> {
  const { organizationId, ownerId } = owner
  const { wholeBytesMax, listBytesMax, beginningMax } = excerptLimits
  const limit = Math.max(Math.min(page.limit, reachMax - page.offset), 0)
  // Of each endpoint no more is read than the page could need, and messages only for what is on it. A character has at most
  // four bytes, so what is shown of a beginning never ends inside one.
  const answer = await sql<AttemptRow & MessageRow>`
    with page as (
      select newest.* from endpoints e
      cross join lateral (
        select * from attempts a where a.organization_id = e.organization_id and a.endpoint_id = e.id
        order by a.at desc, a.id desc limit ${page.offset + limit}) newest
      where e.organization_id = ${organizationId} and e.owner_id = ${ownerId}
      order by newest.at desc, newest.id desc limit ${limit} offset ${page.offset})
    select page.*, m.grouped_sequences, m.target, m.headers_shown_sealed, m.request_trigger, octet_length(m.body) as body_bytes,
      case when octet_length(m.body) <= ${wholeBytesMax}::int
        and sum(least(octet_length(m.body), ${wholeBytesMax}::int)) over (order by page.at desc, page.id desc) <= ${listBytesMax}::int
        then m.body else substring(m.body from 1 for ${4 * beginningMax}::int) end as body
    from page left join messages m
      on m.organization_id = page.organization_id and m.id = page.message_id and m.at = page.message_at
    order by page.at desc, page.id desc`.execute(db)
  return answer.rows.map((row) => ({
    ...attemptOf(row),
    groupedSequences: row.grouped_sequences?.map(Number) ?? null,
    message: messageOf(row),
  }))
}

/** How many of them the log has. */
export async function countAttemptsOfOwner(db: Sql, { organizationId, ownerId }: Owner): Promise<number> {
  const answer = await sql<{ readonly count: number }>`
    select count(*)::int as count from (
      select from endpoints e cross join lateral (
        select from attempts where organization_id = e.organization_id and endpoint_id = e.id
        order by at desc limit ${reachMax}::int) a
      where e.organization_id = ${organizationId} and e.owner_id = ${ownerId}
      limit ${reachMax}::int) as counted`.execute(db)
  return known(answer.rows[0], 'a count is a row').count
}

/** How much is told of the answers about one subject: of so many owners, and so many bytes together. */
const answerLimits = { ownersMax: 100, bytesMax: 256 * 1024 } as const

/** So many attempts about one subject are looked at, the newest. */
const lookedAtMax = 1000

/**
 * What the endpoints of each webhook answered last about each subject, those that answered last before others within the limits.
 * Everything that is sent about a subject may hold all of it, so that it must not grow with the webhooks and with the attempts.
 */
export async function latestAnswersAbout(
  db: Sql,
  subjects: readonly { readonly organizationId: OrganizationId; readonly subjectId: string }[],
): Promise<readonly SubjectAnswer[]> {
  const { ownersMax, bytesMax } = answerLimits
  const answer = await sql<{
    readonly organization_id: string
    readonly subject_id: string
    readonly owner_id: string
    readonly response_body: Buffer | null
  }>`
    with lately as (
      select wanted.*, a.* from (select distinct * from unnest(
        ${subjects.map((subject) => subject.organizationId)}::text[],
        ${subjects.map((subject) => subject.subjectId)}::text[])) as wanted (organization_id, subject_id)
      cross join lateral (
        select id, at, endpoint_id, coalesce(octet_length(response_body), 0) as bytes from attempts
        where organization_id = wanted.organization_id and subject_id = wanted.subject_id
        order by at desc limit ${lookedAtMax}) a),
    latest as (
      select distinct on (l.organization_id, l.subject_id, e.owner_id) l.*, e.owner_id
      from lately l join endpoints e on e.organization_id = l.organization_id and e.id = l.endpoint_id and e.kind = 'webhook'
      order by l.organization_id, l.subject_id, e.owner_id, l.at desc, l.id desc),
    ranked as (
      select *, row_number() over newest as place, sum(bytes) over newest as bytes_until from latest
      window newest as (partition by organization_id, subject_id order by at desc, id desc))
    select ranked.organization_id, ranked.subject_id, ranked.owner_id, whole.response_body from ranked
    cross join lateral (
      select response_body from attempts
      where organization_id = ranked.organization_id and id = ranked.id and at = ranked.at limit 1) whole
    where place <= ${ownersMax} and bytes_until <= ${bytesMax}
    order by ranked.organization_id, ranked.subject_id, ranked.owner_id`.execute(db)
  return answer.rows.map((row) => ({
    organizationId: asId<OrganizationId>(row.organization_id),
    subjectId: row.subject_id,
    ownerId: row.owner_id,
    body: row.response_body,
  }))
}

type AttemptRow = {
  readonly organization_id: string
  readonly id: string
  readonly at: Date
  readonly delivery_id: number
  readonly lane: number
  readonly endpoint_id: string
  readonly message_id: string
  readonly message_at: Date
  readonly event_sequence: number | null
  readonly subject_id: string | null
  readonly number: number
  readonly outcome: string
  readonly status: number | null
  readonly detail: string | null
  readonly response_headers: unknown
  readonly response_body: Buffer | null
  readonly response_truncated: boolean
  readonly is_signed: boolean | null
  readonly address: string | null
  readonly duration_ms: number
} & PhaseColumns

export type PhaseColumns = {
  readonly dns_ms: number | null
  readonly connect_ms: number | null
  readonly tls_ms: number | null
  readonly first_byte_ms: number | null
}

export const phasesOf = (row: PhaseColumns): Phases => ({
  dnsMs: msOrNull(row.dns_ms),
  connectMs: msOrNull(row.connect_ms),
  tlsMs: msOrNull(row.tls_ms),
  firstByteMs: msOrNull(row.first_byte_ms),
})

const msOrNull = (value: number | null): Ms | null => (value === null ? null : ms(value))

function attemptOf(row: AttemptRow): Attempt {
  return {
    organizationId: asId<OrganizationId>(row.organization_id),
    id: row.id,
    at: fromDate(row.at),
    deliveryId: row.delivery_id,
    lane: row.lane as Lane,
    endpointId: asId<EndpointId>(row.endpoint_id),
    messageId: asId<MessageId>(row.message_id),
    messageAt: fromDate(row.message_at),
    eventSequence: row.event_sequence,
    subjectId: row.subject_id,
    number: row.number,
    isSigned: row.is_signed,
    outcome: row.outcome as Attempt['outcome'],
    status: row.status,
    detail: row.detail,
    responseHeaders: row.response_headers as Attempt['responseHeaders'],
    responseBody: row.response_body,
    responseTruncated: row.response_truncated,
    address: row.address,
    phases: phasesOf(row),
    durationMs: ms(row.duration_ms),
  }
}

type MessageRow = {
  readonly grouped_sequences: readonly string[] | null
  readonly target: string | null
  readonly headers_shown_sealed: Buffer | null
  readonly body: Buffer | null
  readonly body_bytes: number | null
  readonly request_trigger: string | null
}

function messageOf(row: MessageRow): SealedAttempt['message'] {
  if (row.target === null) return null
  return {
    target: row.target,
    headersShownSealed: row.headers_shown_sealed,
    body: excerptOf(row),
    requestTrigger: row.request_trigger,
  }
}

function excerptOf({ body, body_bytes: bytes }: MessageRow): Excerpt | null {
  return body === null || bytes === null ? null : { text: body.toString('utf8'), bytes, isWhole: body.length === bytes }
}
