import { type Address, run } from './address.ts'

export type Crowd = {
  /** Alert groups, each with two alerts, three events and a note; as many deliveries of one webhook that wait and that are dead, and three attempts. */
  readonly groupCount: number
  /** Of each thing that people set up. */
  readonly thingCount: number
}

/**
 * Makes many of the one of each thing that the first organization has: ids, names and times differ, the rest is copied. The
 * keys of integrations are sealed each for itself, so they are not copied; the alert groups are spread over those that there are.
 */
export async function multiply(address: Address, { groupCount, thingCount }: Crowd): Promise<void> {
  for (const table of things) await run(address, copies(table, thingCount))
  for (const table of history) await run(address, copies(table, groupCount * table.perGroup))
  for (const made of [waiting, dead]) await run(address, made(groupCount))
  await run(address, 'vacuum analyze')
}

type Table = {
  readonly name: string
  /** Which row is copied, in SQL. */
  readonly like?: string
  /** What differs, as expressions of `n`, which counts from 1. */
  readonly columns: Readonly<Record<string, string>>
}

const id = (prefix: string, number = 'n'): string =>
  `'${prefix}' || translate(upper(substr(md5('${prefix}' || (${number})), 1, 12)), '0', 'Z')`
const name = `'copy ' || n`
const digest = `'\\x' || md5(n::text) || md5('x' || n)`
const uuid = (kind: string, number = 'n'): string => `md5('${kind}' || (${number}))::uuid`

const things: readonly Table[] = [
  { name: 'teams', columns: { id: id('T'), name } },
  { name: 'services', columns: { id: id('SV'), name, team_id: id('T') } },
  { name: 'users', columns: { id: id('U'), username: name, email: `'copy' || n || '@copy.example'` } },
  { name: 'api_tokens', columns: { id: uuid('token'), digest } },
  { name: 'escalation_chains', columns: { id: id('F'), name, team_id: id('T') } },
  { name: 'escalation_policies', columns: { id: id('E'), escalation_chain_id: id('F') } },
  { name: 'notification_rules', columns: { id: id('N'), user_id: id('U') } },
  { name: 'schedules', columns: { id: id('S') } },
  { name: 'shifts', like: `kind = 'shift'`, columns: { id: id('O') } },
  {
    name: 'schedule_versions',
    like: 'valid_to is null',
    columns: { schedule_id: id('S'), name, team_id: id('T'), shift_ids: `jsonb_build_array(${id('O')})` },
  },
  {
    name: 'shift_versions',
    like: `valid_to is null and shift_id like 'O%'`,
    columns: { shift_id: id('O'), name, team_id: id('T') },
  },
  { name: 'shifts', like: `kind = 'override'`, columns: { id: id('OV') } },
  {
    name: 'shift_versions',
    like: `valid_to is null and shift_id like 'OV%'`,
    columns: { shift_id: id('OV'), name, schedule_id: id('S') },
  },
  { name: 'shift_swaps', columns: { id: id('SSR'), beneficiary_id: id('U') } },
  {
    name: 'shift_swap_versions',
    like: 'valid_to is null',
    columns: { swap_id: id('SSR'), schedule_id: id('S') },
  },
  { name: 'shifts', like: `kind = 'layer'`, columns: { id: id('LY') } },
  {
    name: 'shift_versions',
    like: `valid_to is null and shift_id like 'LY%'`,
    columns: { shift_id: id('LY'), name, schedule_id: id('S') },
  },
  { name: 'webhooks', columns: { id: id('WH'), name, team_id: id('T') } },
]

/** What happened is spread over the integrations that there are. */
const source = (column: string): string => `sources.${column}s[n % cardinality(sources.ids) + 1]`

const sources = `(select array_agg(id order by id) as ids, array_agg(integration_id order by id) as integration_ids
  from routes where is_default and organization_id = (select min(id) from organizations)) sources`

const startedAt = (number: string): string => `now() - (${number}) * interval '3 seconds'`

const history: readonly (Table & { readonly perGroup: number })[] = [
  {
    name: 'alert_groups',
    perGroup: 1,
    columns: {
      ...{ id: id('I'), integration_id: source('integration_id'), route_id: source('id'), grouping_hash: digest },
      labels: `jsonb_build_object('severity', case when n % 50 = 0 then 'critical' else 'info' end, 'host', 'host-' || n)`,
      ...{ state: `case when n % 20 = 0 then 'firing' else 'resolved' end`, started_at: startedAt('n') },
      resolved_at: `case when n % 20 = 0 then null else now() end`,
    },
  },
  {
    name: 'alerts',
    perGroup: 2,
    columns: {
      ...{ id: id('A'), alert_group_id: id('I', '(n + 1) / 2') },
      ...{ number: '2 - n % 2', received_at: startedAt('(n + 1) / 2') },
    },
  },
  {
    name: 'latest_alerts',
    perGroup: 1,
    columns: { id: id('A', '2 * n'), alert_group_id: id('I'), received_at: startedAt('n') },
  },
  {
    name: 'events',
    like: 'alert_group_id is not null',
    perGroup: 3,
    columns: { sequence: '1000 + n', id: uuid('event'), alert_group_id: id('I', '(n + 2) / 3'), at: startedAt('n / 3') },
  },
  {
    name: 'resolution_notes',
    perGroup: 1,
    columns: { id: id('M'), alert_group_id: id('I'), created_at: startedAt('n') },
  },
  {
    name: 'attempts',
    perGroup: 3,
    columns: {
      ...{ id: uuid('attempt'), at: startedAt('n / 3'), delivery_id: '1000000 + n', subject_id: id('I', '(n + 2) / 3') },
      outcome: `case when n % 3 = 0 then 'success' else 'retry' end`,
    },
  },
]

const delivered = `(select a.*, e.shard from attempts a join endpoints e on e.organization_id = a.organization_id and e.id = a.endpoint_id
  where a.outcome = 'success' order by a.organization_id, a.id limit 1) d`

/** Deliveries that wait for tomorrow, like one that was delivered. */
const waiting = (count: number): string => `
  insert into deliveries (organization_id, endpoint_id, shard, lane, attempt, due_at, message_id, message_at, event_sequence, subject_id)
  select organization_id, endpoint_id, shard, 2, 1, now() + interval '1 day' + n * interval '1 second', ${uuid('waiting')},
    message_at, event_sequence, ${id('I')}
  from ${delivered}, generate_series(1, ${count}) n`

/** Dead ones, like it too. */
const dead = (count: number): string => `
  insert into dead_deliveries (organization_id, delivery_id, state, message_id, message_at, endpoint_id, event_sequence, subject_id, lane,
    attempts_count, reason, at)
  select organization_id, 2000000 + n, 'dead', ${uuid('dead')}, message_at, endpoint_id, event_sequence, ${id('I')}, lane, 1, 'dead',
    ${startedAt('n')}
  from ${delivered}, generate_series(1, ${count}) n`

function copies({ name: table, like = 'true', columns }: Table, count: number): string {
  const changes = Object.entries(columns).map(([column, value]) => `'${column}', ${value}`)
  return `insert into ${table} select copy.*
    from (select * from ${table} where ${like} order by organization_id limit 1) t, generate_series(1, ${count}) n, ${sources},
      lateral jsonb_populate_record(null::${table}, to_jsonb(t) || jsonb_build_object(${changes.join(', ')})) copy`
}
