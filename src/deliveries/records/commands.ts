import type { Vault } from '../../accounts/secret.ts'
import type { OrganizationId } from '../../lib/ids.ts'
import type { Window } from '../../lib/listing.ts'
import type { Sql } from '../../ports.ts'
import type { DeliveryRecord, RecordedAttempt, RecordFilter } from './record.ts'
import * as rows from './row-store.ts'
import * as store from './store.ts'
import { sentHeaders } from '../sending/request-headers.ts'
import { openHeaders, openShownHeaders } from '../sealing.ts'

/** Of each answer a list shows this much, so that it stays small however many attempts there were; one delivery shows all that is stored. */
const listedAnswerBytes = 1024
const storedAnswerBytes = 16 * 1024

type Found = { readonly organizationId: OrganizationId; readonly vault: Vault }

/** The deliveries of a webhook, at most 10,000: first what waits, as it comes due, then what has ended, the last first. */
export async function recordsOf(
  db: Sql,
  { ownerId, ...found }: Found & { readonly ownerId: string },
  wanted: Window & { readonly filter: RecordFilter },
): Promise<readonly DeliveryRecord[]> {
  const ids = await store.recordIds(db, { ...found, ownerId }, wanted)
  return recordsById(db, found, { ids, answerBytesMax: listedAnswerBytes })
}

export const countRecordsOf = store.countRecords

/** A delivery of a webhook; null: the organization has none of the id, or it is past its time. */
export async function findRecord(db: Sql, found: Found, id: number): Promise<DeliveryRecord | null> {
  const [record] = await recordsById(db, found, { ids: [id], answerBytesMax: storedAnswerBytes })
  return record ?? null
}

type Read = { readonly ids: readonly number[]; readonly answerBytesMax: number }

/** In the order of the ids; one that nobody knows any more is missing. */
async function recordsById(db: Sql, { organizationId, vault }: Found, read: Read): Promise<readonly DeliveryRecord[]> {
  if (read.ids.length === 0) return []
  const wanted = { organizationId, ...read }
  const sealed = new Map((await rows.recordRows(db, wanted)).map((row) => [row.id, row]))
  const attempts = await rows.attemptsOfRecords(db, wanted)
  return read.ids.flatMap((id) => {
    const row = sealed.get(id)
    return row === undefined ? [] : [{ ...opened(vault, row), attempts: made(row, attempts.get(id) ?? []) }]
  })
}

/** What was tried after the row was read is not told of yet, since the row says nothing of it. */
const made = ({ dueNumber }: rows.SealedRecord, attempts: readonly RecordedAttempt[]): readonly RecordedAttempt[] =>
  attempts.filter(({ number }) => dueNumber === null || number < dueNumber)

function opened(vault: Vault, { request, ...row }: rows.SealedRecord) {
  if (request === null) return { ...row, request }
  const { method, target, body, isFaulty, headersSealed } = request
  const { messageId: id } = row
  const headers = isFaulty
    ? openShownHeaders(vault, id, headersSealed)
    : sentHeaders({ id, method, target, headers: openHeaders(vault, id, headersSealed), bodyBytes: body?.bytes ?? null })
  return { ...row, request: { method, target, body, headers } }
}
