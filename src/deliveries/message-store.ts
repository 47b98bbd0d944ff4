import { sql } from 'kysely'
import { byteaArray } from '../db/binary-array.ts'
import { known } from '../lib/check.ts'
import { asId, type MessageId, type OrganizationId } from '../lib/ids.ts'
import { toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { Delivery, FaultyRequest, NewDelivery, SealedHttp, SealedMail, StoredMessage } from './delivery.ts'
import { groupedText } from './store.ts'

/** What is loaded at once is so many bytes, or one message more. */
const loadedBytesMax = 8 * 1024 * 1024

/**
 * The bytes of deliveries, null where nothing is rendered yet. A delivery that was taken back since it was read, or got
 * another attempt, is missing: this is the last look before the request leaves. So is what comes after 8 MiB of bytes.
 */
export async function messagesOfWaiting(
  db: Sql,
  deliveries: readonly Delivery[],
): Promise<ReadonlyMap<number, StoredMessage | null>> {
  const answer = await sql<MessageRow & { readonly delivery_id: number }>`
    select delivery_id, kind, method, target, headers_sealed, headers_shown_sealed, body, body_sealed, request_trigger
    from (
      select d.id as delivery_id, m.*, coalesce(octet_length(m.body), octet_length(m.body_sealed), 0) as bytes,
        sum(coalesce(octet_length(m.body), octet_length(m.body_sealed), 0)) over (order by held.number) as walked
      from unnest(${deliveries.map((delivery) => delivery.id)}::bigint[],
        ${deliveries.map((delivery) => delivery.attempt)}::smallint[]) with ordinality as held (id, attempt, number)
      join deliveries d on d.id = held.id and d.attempt = held.attempt
      left join messages m on m.organization_id = d.organization_id and m.id = d.message_id and m.at = d.message_at
        and m.kind <> 'faulty') as loaded
    where walked - bytes < ${loadedBytesMax}::int`.execute(db)
  return new Map(answer.rows.map((row) => [row.delivery_id, messageOf(row)]))
}

type NewMessage = {
  readonly delivery: Pick<Delivery, 'organizationId' | 'messageId' | 'messageAt' | 'groupedSequences'>
  readonly message: SealedHttp | FaultyRequest
}

/**
 * Keeps rendered requests and returns the ids of those that were new: of two nodes that render, the first decides the bytes.
 * What could not be made before gives way to what can.
 */
export async function insertMessages(tx: Tx, rendered: readonly NewMessage[]): Promise<ReadonlySet<MessageId>> {
  const answer = await sql<{ readonly id: string }>`
    insert into messages (organization_id, id, at, grouped_sequences, kind, method, target, headers_sealed, headers_shown_sealed,
      body, request_trigger)
    select organization_id, id, at, grouped_sequences::bigint[], kind, method, target, headers_sealed, headers_shown_sealed,
      body, request_trigger
    from unnest(
      ${rendered.map(({ delivery }) => delivery.organizationId)}::text[],
      ${rendered.map(({ delivery }) => delivery.messageId)}::uuid[],
      ${rendered.map(({ delivery }) => toDate(delivery.messageAt))}::timestamptz[],
      ${rendered.map(({ delivery }) => groupedText(delivery))}::text[],
      ${rendered.map(({ message }) => message.kind)}::text[],
      ${rendered.map(({ message }) => message.method)}::text[],
      ${rendered.map(({ message }) => message.target)}::text[],
      ${byteaArray(rendered.map(({ message }) => message.headersSealed))}::bytea[],
      ${byteaArray(rendered.map(({ message }) => message.headersShownSealed))}::bytea[],
      ${byteaArray(rendered.map(({ message }) => message.body))}::bytea[],
      ${rendered.map(({ message }) => message.requestTrigger)}::text[])
      as new (organization_id, id, at, grouped_sequences, kind, method, target, headers_sealed, headers_shown_sealed, body, request_trigger)
    on conflict (organization_id, id, at) do update set
      kind = excluded.kind, method = excluded.method, target = excluded.target, headers_sealed = excluded.headers_sealed,
      headers_shown_sealed = excluded.headers_shown_sealed, body = excluded.body, request_trigger = excluded.request_trigger
      where messages.kind = 'faulty'
    returning id`.execute(tx.sql)
  return new Set(answer.rows.map((row) => asId<MessageId>(row.id)))
}

/** Keeps mails that were made by the slice that sends them. */
export async function insertMails(tx: Tx, mails: readonly (NewDelivery & { readonly message: SealedMail })[]): Promise<void> {
  await sql`
    insert into messages (organization_id, id, at, kind, target, body_sealed, subject_id)
    select organization_id, id, at, 'mail', target, body_sealed, subject_id from unnest(
      ${mails.map((mail) => mail.organizationId)}::text[],
      ${mails.map((mail) => mail.messageId)}::uuid[],
      ${mails.map((mail) => toDate(mail.messageAt))}::timestamptz[],
      ${mails.map((mail) => mail.message.target)}::text[],
      ${byteaArray(mails.map((mail) => mail.message.bodySealed))}::bytea[],
      ${mails.map((mail) => mail.subjectId)}::text[])
      as new (organization_id, id, at, target, body_sealed, subject_id)`.execute(tx.sql)
}

/** Deletes the mails about a subject. None of them may still wait to leave. */
export async function deleteMailsAbout(tx: Tx, organizationId: OrganizationId, subjectId: string): Promise<void> {
  await tx.sql.deleteFrom('messages').where('organization_id', '=', organizationId).where('subject_id', '=', subjectId).execute()
}

type MessageRow = {
  /** All null when there is no message. */
  readonly kind: string | null
  readonly method: string | null
  readonly target: string | null
  readonly headers_sealed: Buffer | null
  readonly headers_shown_sealed: Buffer | null
  readonly body: Buffer | null
  readonly body_sealed: Buffer | null
  readonly request_trigger: string | null
}

function messageOf(row: MessageRow): StoredMessage | null {
  if (row.kind === null || row.target === null) return null
  if (row.kind === 'mail') return { kind: 'mail', target: row.target, bodySealed: known(row.body_sealed, 'a mail has a body') }
  return {
    kind: 'http',
    method: row.method ?? 'POST',
    target: row.target,
    headersSealed: row.headers_sealed,
    headersShownSealed: row.headers_shown_sealed,
    body: row.body,
    requestTrigger: row.request_trigger ?? '',
  }
}
