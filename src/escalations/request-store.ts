import { sql } from 'kysely'
import * as upward from '../db/rows-upward.ts'
import { jsonbText } from '../lib/json.ts'
import { type AlertGroupId, asId, newUuid, type OrganizationId } from '../lib/ids.ts'
import { type Instant, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { EscalationRequest, EscalationRequestKey } from './run.ts'

export async function insertRequest(
  tx: Tx,
  { organizationId, subjectId, request }: EscalationRequest,
  shard: number,
): Promise<void> {
  await tx.sql
    .insertInto('escalation_requests')
    .values({
      organization_id: organizationId,
      id: newUuid(tx.now, tx.random.bytes),
      shard,
      subject_id: subjectId,
      request: jsonbText(request),
      due_at: toDate(tx.now),
    })
    .execute()
}

/** The keys of the requests that are due, the oldest first. */
export function dueRequests(
  db: Sql,
  shards: readonly number[],
  { now, limit }: { readonly now: Instant; readonly limit: number },
): Promise<readonly EscalationRequestKey[]> {
  return upward.dueRows(db, 'escalation_requests', { shards, now, limit })
}

/** When the next requests come due; null when there are none. */
export function nextRequestAt(db: Sql, shards: readonly number[]): Promise<Instant | null> {
  return upward.nextRowAt(db, 'escalation_requests', shards)
}

/** Takes a request away; null when it is gone already. */
export async function takeRequest(tx: Tx, key: EscalationRequestKey): Promise<EscalationRequest | null> {
  const answer = await sql<RequestRow>`
    delete from escalation_requests where organization_id = ${key.organizationId} and id = ${key.id}
    returning subject_id, request`.execute(tx.sql)
  const row = answer.rows[0]
  return row === undefined ? null : requestOf(key.organizationId, row)
}

export function postponeRequest(tx: Tx, key: EscalationRequestKey, dueAt: Instant): Promise<void> {
  return upward.postponeRow(tx, 'escalation_requests', { ...key, dueAt })
}

/** Takes back what runs about these subjects have asked for and nobody has done yet, the oldest first. */
export async function withdrawRequests(
  tx: Tx,
  organizationId: OrganizationId,
  subjectIds: readonly AlertGroupId[],
): Promise<readonly EscalationRequest[]> {
  const answer = await sql<RequestRow>`
    with withdrawn as (
      delete from escalation_requests
      where organization_id = ${organizationId} and subject_id = any(${[...subjectIds]}::text[])
      returning id, subject_id, request
    )
    select subject_id, request from withdrawn order by id`.execute(tx.sql)
  return answer.rows.map((row) => requestOf(organizationId, row))
}

type RequestRow = { readonly subject_id: string; readonly request: unknown }

const requestOf = (organizationId: OrganizationId, row: RequestRow): EscalationRequest => ({
  organizationId,
  subjectId: asId<AlertGroupId>(row.subject_id),
  request: row.request as EscalationRequest['request'],
})
