import { sql } from 'kysely'
import { asId, type EndpointId, type MessageId, type OrganizationId } from '../../lib/ids.ts'
import { fromDate } from '../../lib/time.ts'
import type { Sql } from '../../ports.ts'
import type { Lane } from '../delivery.ts'
import type { EndedDelivery } from '../replays/replay.ts'

/** A delivery of the organization that was delivered or is dead; null: there is none, or it goes on, or it was skipped. */
export async function findEnded(db: Sql, organizationId: OrganizationId, id: number): Promise<EndedDelivery | null> {
  const answer = await sql<EndedRow>`
    select ended.*, e.owner_id, e.url
    from (
      select a.delivery_id as id, 'delivered' as state, a.lane, a.endpoint_id, a.message_id, a.message_at, a.event_sequence,
        m.grouped_sequences, a.subject_id
      from attempts a
      left join messages m on m.organization_id = a.organization_id and m.id = a.message_id and m.at = a.message_at
      where a.organization_id = ${organizationId} and a.delivery_id = ${id}::bigint and a.outcome = 'success'
      union all
      select delivery_id, state, lane, endpoint_id, message_id, message_at, event_sequence, grouped_sequences, subject_id
      from dead_deliveries
      where organization_id = ${organizationId} and delivery_id = ${id}::bigint and state = 'dead') ended
    join endpoints e on e.organization_id = ${organizationId} and e.id = ended.endpoint_id and e.kind = 'webhook'
    limit 1`.execute(db)
  const row = answer.rows[0]
  return row === undefined ? null : endedOf(organizationId, row)
}

/** What is read of every delivery of a webhook, whatever became of it. */
export type DeliveryColumns = {
  readonly id: number
  readonly lane: number
  readonly endpoint_id: string
  readonly owner_id: string
  readonly url: string | null
  readonly message_id: string
  readonly message_at: Date
  readonly event_sequence: number | null
  readonly subject_id: string | null
}

export const columnsOf = (organizationId: OrganizationId, row: DeliveryColumns) => ({
  organizationId,
  id: row.id,
  lane: row.lane as Lane,
  endpoint: { id: asId<EndpointId>(row.endpoint_id), ownerId: row.owner_id, url: row.url },
  messageId: asId<MessageId>(row.message_id),
  messageAt: fromDate(row.message_at),
  eventSequence: row.event_sequence,
  subjectId: row.subject_id,
})

export type EndedRow = DeliveryColumns & {
  readonly state: string
  readonly grouped_sequences: readonly string[] | null
}

export const endedOf = (organizationId: OrganizationId, row: EndedRow): EndedDelivery => ({
  ...columnsOf(organizationId, row),
  state: row.state as EndedDelivery['state'],
  groupedSequences: row.grouped_sequences?.map(Number) ?? null,
})
