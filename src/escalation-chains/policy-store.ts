import { sql } from 'kysely'
import { countRows } from '../db/listing.ts'
import { moveRows } from '../db/order.ts'
import { check } from '../lib/check.ts'
import {
  asId,
  type EscalationChainId,
  type EscalationPolicyId,
  type OrganizationId,
  type ScheduleId,
  type UserId,
  type WebhookId,
} from '../lib/ids.ts'
import type { Window } from '../lib/listing.ts'
import type { Placed } from '../lib/order.ts'
import { seconds, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { EscalationPolicy, PolicyDefinition } from './policy.ts'
import { stepTypes } from './step.ts'

type Key = Pick<EscalationPolicy, 'organizationId' | 'id'>

export async function insertPolicy(tx: Tx, policy: EscalationPolicy): Promise<void> {
  await tx.sql
    .insertInto('escalation_policies')
    .values({
      organization_id: policy.organizationId,
      id: policy.id,
      escalation_chain_id: policy.chainId,
      position: policy.position,
      ...columnsOf(policy.definition),
      created_at: toDate(tx.now),
    })
    .execute()
}

/** The chains with a step that pages who is on call, by schedule; each once, in order of their names. */
export async function chainsOfSchedules(
  db: Sql,
  organizationId: OrganizationId,
  scheduleIds: readonly ScheduleId[],
): Promise<ReadonlyMap<ScheduleId, readonly { readonly id: EscalationChainId; readonly name: string }[]>> {
  const answer = await sql<{ readonly schedule_id: string; readonly id: string; readonly name: string }>`
    select distinct policy.notify_on_call_from_schedule as schedule_id, chain.id, chain.name
    from escalation_policies policy
    join escalation_chains chain on chain.organization_id = policy.organization_id and chain.id = policy.escalation_chain_id
    where policy.organization_id = ${organizationId} and policy.notify_on_call_from_schedule = any(${[...scheduleIds]}::text[])
    order by 1, chain.name, chain.id`.execute(db)
  const found = Map.groupBy(answer.rows, (row) => asId<ScheduleId>(row.schedule_id))
  return new Map(
    [...found].map(([id, rows]) => [id, rows.map((row) => ({ id: asId<EscalationChainId>(row.id), name: row.name }))]),
  )
}

export async function updatePolicy(
  tx: Tx,
  { organizationId, id, definition }: Key & Pick<EscalationPolicy, 'definition'>,
): Promise<void> {
  await tx.sql
    .updateTable('escalation_policies')
    .set(columnsOf(definition))
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .execute()
}

/** The others keep their positions, so a gap stays. */
export async function deletePolicy(tx: Tx, { organizationId, id }: Key): Promise<void> {
  await tx.sql.deleteFrom('escalation_policies').where('organization_id', '=', organizationId).where('id', '=', id).execute()
}

export function movePolicies(
  tx: Tx,
  organizationId: OrganizationId,
  moves: readonly Placed<EscalationPolicyId>[],
): Promise<void> {
  return moveRows(tx, 'escalation_policies', { organizationId, moves })
}

/** Where the steps of a chain stand; the chain is locked. */
export async function placesOf(
  tx: Tx,
  organizationId: OrganizationId,
  chainId: EscalationChainId,
): Promise<readonly Placed<EscalationPolicyId>[]> {
  const rows = await tx.sql
    .selectFrom('escalation_policies')
    .select(['id', 'position'])
    .where('organization_id', '=', organizationId)
    .where('escalation_chain_id', '=', chainId)
    .orderBy('position')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({ id: asId<EscalationPolicyId>(row.id), position: row.position }))
}

export async function findPolicy(
  db: Sql,
  organizationId: OrganizationId,
  id: EscalationPolicyId,
): Promise<EscalationPolicy | null> {
  const row = await policies(db, organizationId).select(columns).where('policy.id', '=', id).executeTakeFirst()
  return row === undefined ? null : policyOf(row)
}

export function countPolicies(db: Sql, organizationId: OrganizationId, chainId: EscalationChainId | undefined): Promise<number> {
  const query = policies(db, organizationId)
  return countRows(chainId === undefined ? query : query.where('policy.escalation_chain_id', '=', chainId))
}

/** By chain, oldest first, then in the order of the steps. */
export async function listPolicies(
  db: Sql,
  organizationId: OrganizationId,
  { chainId, limit, offset }: Window & { readonly chainId: EscalationChainId | undefined },
): Promise<readonly EscalationPolicy[]> {
  const query = policies(db, organizationId)
    .innerJoin('escalation_chains as chain', (join) =>
      join.onRef('chain.organization_id', '=', 'policy.organization_id').onRef('chain.id', '=', 'policy.escalation_chain_id'),
    )
    .select(columns)
    .orderBy('chain.created_at')
    .orderBy('chain.id')
    .orderBy('policy.position')
    .orderBy('policy.id')
    .limit(limit)
    .offset(offset)
  const rows = await (chainId === undefined ? query : query.where('policy.escalation_chain_id', '=', chainId)).execute()
  return rows.map(policyOf)
}

/** All steps of these chains, each chain's in their order. */
export async function policiesOfChains(
  db: Sql,
  organizationId: OrganizationId,
  chainIds: readonly EscalationChainId[],
): Promise<readonly EscalationPolicy[]> {
  const rows = await policies(db, organizationId)
    .select(columns)
    .where(sql<boolean>`policy.escalation_chain_id = any(${[...chainIds]}::text[])`)
    .orderBy('policy.position')
    .orderBy('policy.id')
    .execute()
  return rows.map(policyOf)
}

// What was deleted keeps its row. A step that named a schedule names none then; a webhook it goes on naming (contract
// grafana-oncall 2.7).
function policies(db: Sql, organizationId: OrganizationId) {
  return db
    .selectFrom('escalation_policies as policy')
    .leftJoin('schedules as schedule', (join) =>
      join
        .onRef('schedule.organization_id', '=', 'policy.organization_id')
        .onRef('schedule.id', '=', 'policy.notify_on_call_from_schedule')
        .on('schedule.deleted_at', 'is', null),
    )
    .where('policy.organization_id', '=', organizationId)
}

const columns = [
  'policy.organization_id',
  'policy.id',
  'policy.escalation_chain_id',
  'policy.position',
  'policy.type',
  'policy.important',
  'policy.duration_seconds',
  'policy.persons_to_notify',
  'schedule.id as schedule_id',
  'policy.action_to_trigger',
] as const

type PolicyRow = {
  readonly organization_id: string
  readonly id: string
  readonly escalation_chain_id: string
  readonly position: number
  readonly type: string
  readonly important: boolean
  readonly duration_seconds: number | null
  readonly persons_to_notify: readonly string[]
  readonly schedule_id: string | null
  readonly action_to_trigger: string | null
}

function policyOf(row: PolicyRow): EscalationPolicy {
  return {
    organizationId: asId<OrganizationId>(row.organization_id),
    id: asId<EscalationPolicyId>(row.id),
    chainId: asId<EscalationChainId>(row.escalation_chain_id),
    position: row.position,
    definition: definitionOf(row),
  }
}

function definitionOf(row: PolicyRow): PolicyDefinition {
  const type = stepTypes.find((known) => known === row.type)
  check(type !== undefined, 'a stored step has a type that this program knows')
  switch (type) {
    case 'wait':
      return { type, durationMs: row.duration_seconds === null ? null : seconds(row.duration_seconds) }
    case 'notify_persons':
      return { type, userIds: row.persons_to_notify.map((id) => asId<UserId>(id)), important: row.important }
    case 'notify_on_call_from_schedule':
      return { type, scheduleId: row.schedule_id === null ? null : asId<ScheduleId>(row.schedule_id), important: row.important }
    case 'trigger_webhook':
      return { type, webhookId: row.action_to_trigger === null ? null : asId<WebhookId>(row.action_to_trigger) }
    case 'repeat_escalation':
    case 'resolve':
      return { type }
  }
}

/** Columns that belong to other types are empty. */
function columnsOf(definition: PolicyDefinition) {
  const { type } = definition
  return {
    type,
    important: 'important' in definition && definition.important,
    duration_seconds: type === 'wait' && definition.durationMs !== null ? definition.durationMs / 1000 : null,
    persons_to_notify: type === 'notify_persons' ? [...definition.userIds] : [],
    notify_on_call_from_schedule: type === 'notify_on_call_from_schedule' ? definition.scheduleId : null,
    action_to_trigger: type === 'trigger_webhook' ? definition.webhookId : null,
  }
}
