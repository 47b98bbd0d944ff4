import { sql } from 'kysely'
import { known } from '../lib/check.ts'
import type { MessageId } from '../lib/ids.ts'
import { before, days, fromDate, parseInstant, toDate } from '../lib/time.ts'
import type { Sql } from '../ports.ts'
import type { Person } from '../webhooks/person.ts'
import type { ReportedAssignee } from '../webhooks/alert-report.ts'
import { type History, type HistoryKey, historyMax, type PastEvent, pastEventTypes } from '../webhooks/history.ts'

/** What happened to alert groups until the events of messages, as far as it is stored and was not wiped. */
export async function historiesOf(db: Sql, wanted: readonly HistoryKey[]): Promise<ReadonlyMap<MessageId, History>> {
  if (wanted.length === 0) return new Map()
  const answer = await sql<PastRow>`
    select distinct on (number, sequence) number, sequence, at, id, type, report->'person' as person,
      report->'assigned_to' as assigned_to, report->'acknowledged_by' as acknowledged_by,
      report->'alert_group'->>'state' as state, report->'alert_group'->>'grouping_key' as grouping_key
    from unnest(
      ${wanted.map((key) => key.organizationId)}::text[], ${wanted.map((key) => key.alertGroupId)}::text[],
      ${wanted.map((key) => toDate(lookedFrom(key)))}::timestamptz[], ${wanted.map((key) => toDate(key.at))}::timestamptz[],
      ${wanted.map((key) => key.sequence)}::bigint[])
      with ordinality as wanted (organization_id, alert_group_id, looked_from, looked_to, last_sequence, number)
    cross join lateral (
      (select ${past} and events.at >= wanted.looked_from order by events.at, events.sequence limit 1)
      union all
      (select ${past} order by events.at desc limit ${historyMax}::int)) as past
    where sequence <= last_sequence
    order by number, sequence`.execute(db)
  const histories = Map.groupBy(answer.rows, ({ number }) => number)
  return new Map(wanted.map(({ messageId }, index) => [messageId, (histories.get(index + 1) ?? []).map(pastEventOf)]))
}

/**
 * From both ends along the index, so that a group that was turned thousands of times costs no more: with a lower bound for the
 * newest, or one more condition, PostgreSQL expects so few rows that it reads and sorts them all.
 */
const past = sql`events.sequence, events.at, events.id, events.type, events.report from events
  where events.organization_id = wanted.organization_id and events.alert_group_id = wanted.alert_group_id
    and events.at <= wanted.looked_to and events.type = any(${[...pastEventTypes]}::text[]) and events.report is not null`

/** Spares PostgreSQL the older partitions. A clock may step back, and nodes' clocks differ, so it is not cut close. */
const lookedFrom = ({ startedAt }: HistoryKey) => before(known(parseInstant(startedAt), 'a report has instants'), days(1))

type PastRow = {
  readonly number: number
  readonly sequence: number
  readonly at: Date
  readonly id: string
  readonly type: string
  readonly person: unknown
  readonly assigned_to: unknown
  readonly acknowledged_by: unknown
  readonly state: string
  readonly grouping_key: string | null
}

const pastEventOf = (row: PastRow): PastEvent => ({
  id: row.id,
  type: row.type as PastEvent['type'],
  sequence: row.sequence,
  at: fromDate(row.at),
  state: row.state as PastEvent['state'],
  groupingKey: row.grouping_key,
  person: row.person as Person | null,
  assigned_to: row.assigned_to as ReportedAssignee | null,
  acknowledged_by: row.acknowledged_by as Person | null,
})
