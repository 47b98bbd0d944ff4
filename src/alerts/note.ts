import { type Body, optional, type Reader, readFields, reference, required, text } from '../lib/fields.ts'
import { type AlertGroupId, asId, type OrganizationId, type ResolutionNoteId, type UserId } from '../lib/ids.ts'
import type { JsonWithRaw } from '../lib/json.ts'
import type { Refusal } from '../lib/rejection.ts'
import type { Result } from '../lib/result.ts'
import { type Instant, isoZ } from '../lib/time.ts'

/** What a person writes down about an alert group: what it was, and what helped. */
export type ResolutionNote = {
  readonly organizationId: OrganizationId
  readonly id: ResolutionNoteId
  readonly alertGroupId: AlertGroupId
  /** Null when no person wrote it. */
  readonly authorId: UserId | null
  readonly createdAt: Instant
  readonly text: string
}

const noteText: Reader<string> = text(100_000)

/** The body that adds a note (contract grafana-oncall 4.12). Whether the alert group exists is not known. */
export function parseNewNote(body: Body): Result<Pick<ResolutionNote, 'alertGroupId' | 'text'>, Refusal> {
  return readFields((take) => ({
    alertGroupId: asId<AlertGroupId>(take(required(body, 'alert_group_id', reference), '')),
    text: take(required(body, 'text', noteText), ''),
  }))
}

/** The body of a PUT, which must say the text. */
export function parseNote(body: Body): Result<{ readonly text: string }, Refusal> {
  return readFields((take) => ({ text: take(required(body, 'text', noteText), '') }))
}

/** The body of a PATCH; undefined keeps the text. */
export function parseNoteChange(body: Body): Result<{ readonly text: string | undefined }, Refusal> {
  return readFields((take) => ({ text: take(optional(body, 'text', noteText), undefined) }))
}

/** A note as the API and events show it. The contract's other sources, Slack and a mobile app, are not connected. */
export function noteDocument({ id, alertGroupId, authorId, createdAt, text: written }: ResolutionNote) {
  return {
    id,
    alert_group_id: alertGroupId,
    author: authorId,
    source: 'Web' as const,
    created_at: isoZ(createdAt),
    text: written,
  } satisfies Readonly<Record<string, JsonWithRaw>>
}
