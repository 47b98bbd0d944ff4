import type pg from 'pg'
import { makeVault, type Vault } from '../../src/accounts/secret.ts'
import { secretKey } from '../process.ts'
import { readScheduleFacts, type ScheduleFacts } from './schedule-facts.ts'

/** What the tables say in the end, as plain as possible. */
export type Facts = {
  readonly groups: readonly Group[]
  readonly alerts: readonly AlertRow[]
  readonly events: readonly EventRow[]
  readonly runs: readonly Run[]
  readonly messages: readonly Message[]
  readonly attempts: readonly Attempt[]
  readonly dead: readonly Dead[]
  readonly replays: readonly Replay[]
  readonly users: readonly { readonly id: string; readonly email: string }[]
  readonly schedule: ScheduleFacts
  /** What is still to be done, by table. */
  readonly pending: Readonly<Record<string, number>>
}

type Group = {
  readonly id: string
  readonly integration_id: string
  readonly state: string
  readonly alerts_count: number
}
export type AlertRow = { readonly id: string; readonly alert_group_id: string; readonly number: number; readonly payload: string }
export type EventRow = {
  readonly sequence: number
  readonly at: Date
  readonly type: string
  readonly alert_group_id: string | null
  readonly data: string
}
export type Step = {
  readonly policyId: string
  readonly type: string
  readonly durationMs?: number
  readonly userIds?: readonly string[]
}
export type Run = {
  readonly id: string
  readonly subject_id: string
  readonly steps: readonly Step[]
  readonly state: string
  readonly started_at: Date
}
export type Message = {
  readonly id: string
  readonly at: Date
  readonly kind: string
  readonly target: string
  readonly body: string
  /** All events that it tells of, where these are several. */
  readonly grouped_sequences: readonly number[] | null
}
export type Attempt = {
  readonly message_id: string
  readonly message_at: Date
  readonly delivery_id: string
  /** Sent again. */
  readonly is_replay: boolean
  readonly at: Date
  readonly number: number
  readonly outcome: string
  readonly status: number | null
  readonly event_sequence: number | null
  readonly kind: string
  readonly owner_id: string
  readonly endpoint_id: string
  readonly url: string
}
export type Dead = {
  readonly message_id: string
  readonly message_at: Date
  readonly delivery_id: string
  readonly is_replay: boolean
  readonly replayed_at: Date | null
  readonly endpoint_id: string
  readonly url: string
  readonly attempts_count: number
  readonly at: Date
  readonly grouped_sequences: readonly number[] | null
  readonly reason: string
  readonly event_sequence: number | null
  readonly kind: string
  readonly owner_id: string
}

/** The work of sending again. */
export type Replay = {
  readonly id: string
  readonly webhook_id: string
  readonly since: Date
  readonly until: Date
  readonly wanted: string
  readonly state: string
  readonly reason: string | null
  readonly total_count: number | null
  readonly replayed_count: number
  readonly waiting_count: number
  /** What could not be sent again. */
  readonly refused_count: number
  /** What was in line when it was cancelled. */
  readonly taken_back_count: number
  readonly created_at: Date
}

export async function readFacts(client: pg.Client): Promise<Facts> {
  const rows = async <Row extends pg.QueryResultRow>(text: string): Promise<readonly Row[]> =>
    (await client.query<Row>(text)).rows
  // It only opens, so it needs no randomness.
  const vault = makeVault({ secretKey, purpose: 'messages', random: { bytes: () => new Uint8Array() } })
  return {
    groups: await rows<Group>('select id, integration_id, state, alerts_count from alert_groups order by id'),
    alerts: await rows<AlertRow>(
      `select id, alert_group_id, number, convert_from(payload, 'utf8') as payload from alerts order by alert_group_id, number`,
    ),
    events: await rows<EventRow>('select sequence, at, type, alert_group_id, data from events order by sequence'),
    runs: await rows<Run>('select id, subject_id, steps, state, started_at from escalation_runs order by id'),
    messages: (
      await rows<StoredMessage>(
        `select id, at, kind, target, coalesce(body, '') as body, body_sealed, grouped_sequences::int[] from messages order by id`,
      )
    ).map((message) => messageOf(message, vault)),
    attempts: await rows<Attempt>(
      `select a.message_id, a.message_at, a.delivery_id::text, a.lane = 3 as is_replay, a.at, a.number, a.outcome, a.status,
        a.event_sequence, e.kind, e.owner_id, e.id as endpoint_id, coalesce(e.url, '') as url
      from attempts a join endpoints e on e.id = a.endpoint_id order by a.message_id, a.number, a.at`,
    ),
    dead: await rows<Dead>(
      `select d.message_id, d.message_at, d.delivery_id::text, d.lane = 3 as is_replay, d.replayed_at, d.attempts_count, d.at,
        d.grouped_sequences::int[], d.reason, d.event_sequence, e.kind, e.owner_id, e.id as endpoint_id, coalesce(e.url, '') as url
      from dead_deliveries d join endpoints e on e.id = d.endpoint_id order by d.message_id`,
    ),
    replays: await rows<Replay>(
      `select id, webhook_id, since, until, wanted, state, reason, total_count, replayed_count, waiting_count,
        forgotten_count + moved_count + disabled_count + pages_count as refused_count, taken_back_count, created_at
      from webhook_replays order by created_at, id`,
    ),
    users: await rows<{ id: string; email: string }>('select id, email from users'),
    schedule: await readScheduleFacts(client),
    pending: await readPending(client),
  }
}

type StoredMessage = Omit<Message, 'body'> & { readonly body: Buffer; readonly body_sealed: Buffer | null }

function messageOf({ body, body_sealed: sealed, ...message }: StoredMessage, vault: Vault): Message {
  return { ...message, body: sealed === null ? body.toString('utf8') : vault.open(sealed, `message ${message.id}`) }
}

export async function countEvents(client: pg.Client): Promise<number> {
  const answer = await client.query<{ readonly count: number }>('select count(*)::int as count from events')
  return answer.rows[0]?.count ?? 0
}

/** How much is still to be done. */
export async function countPending(client: pg.Client): Promise<number> {
  return Object.values(await readPending(client)).reduce((sum, count) => sum + count, 0)
}

async function readPending(client: pg.Client): Promise<Readonly<Record<string, number>>> {
  const answer = await client.query<Record<string, number>>(`select
    (select count(*) from deliveries) as deliveries,
    (select count(*) from delivery_results) as delivery_results,
    (select count(*) from escalation_requests) as escalation_requests,
    (select count(*) from escalation_runs where state = 'running') as escalation_runs,
    (select count(*) from notification_runs where state = 'running') as notification_runs,
    (select count(*) from alert_groups where silenced_until is not null) as silences,
    (select count(*) from alert_groups where tell_at is not null) as alerts_to_tell,
    (select count(*) from subject_news) as subject_news,
    (select count(*) from webhook_replays where state = 'running') as webhook_replays,
    (select count(*) from webhook_warnings) as webhook_warnings,
    (select count(*) from endpoints where ending_reason is not null) as closing_endpoints`)
  return answer.rows[0] ?? {}
}
