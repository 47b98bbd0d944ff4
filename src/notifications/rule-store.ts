import { sql } from 'kysely'
import { countRows } from '../db/listing.ts'
import { moveRows } from '../db/order.ts'
import { known } from '../lib/check.ts'
import { asId, type NotificationRuleId, type OrganizationId, type UserId } from '../lib/ids.ts'
import type { Window } from '../lib/listing.ts'
import type { Placed } from '../lib/order.ts'
import { seconds, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import { type NotificationRule, type PersonalSteps, type RuleList, rulesMax, type Step, stepTypes } from './rule.ts'

type Key = Pick<NotificationRule, 'organizationId' | 'id'>

export async function insertRule(tx: Tx, rule: NotificationRule): Promise<void> {
  await tx.sql
    .insertInto('notification_rules')
    .values({
      organization_id: rule.organizationId,
      id: rule.id,
      user_id: rule.userId,
      important: rule.important,
      position: rule.position,
      ...columnsOf(rule.step),
      created_at: toDate(tx.now),
    })
    .execute()
}

export async function updateRule(tx: Tx, { organizationId, id, step }: Key & Pick<NotificationRule, 'step'>): Promise<void> {
  await tx.sql
    .updateTable('notification_rules')
    .set(columnsOf(step))
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .execute()
}

/** The others keep their positions, so a gap stays. */
export async function deleteRule(tx: Tx, { organizationId, id }: Key): Promise<void> {
  await tx.sql.deleteFrom('notification_rules').where('organization_id', '=', organizationId).where('id', '=', id).execute()
}

export function moveRules(tx: Tx, organizationId: OrganizationId, moves: readonly Placed<NotificationRuleId>[]): Promise<void> {
  return moveRows(tx, 'notification_rules', { organizationId, moves })
}

/** Where the rules of a list stand; their person is locked. */
export async function placesOf(
  tx: Tx,
  { organizationId, userId, important }: RuleList,
): Promise<readonly Placed<NotificationRuleId>[]> {
  const rows = await tx.sql
    .selectFrom('notification_rules')
    .select(['id', 'position'])
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .where('important', '=', important)
    .orderBy('position')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({ id: asId<NotificationRuleId>(row.id), position: row.position }))
}

export async function findRule(
  db: Sql,
  organizationId: OrganizationId,
  id: NotificationRuleId,
): Promise<NotificationRule | null> {
  const row = await rules(db, organizationId, {}).select(columns).where('rule.id', '=', id).executeTakeFirst()
  return row === undefined ? null : ruleOf(row)
}

export type RuleFilter = { readonly userId?: UserId | undefined; readonly important?: boolean | undefined }

export function countRules(db: Sql, organizationId: OrganizationId, filter: RuleFilter): Promise<number> {
  return countRows(rules(db, organizationId, filter))
}

/** By person, oldest first; the usual list before the important one; each in its order. */
export async function listRules(
  db: Sql,
  organizationId: OrganizationId,
  { filter, limit, offset }: Window & { readonly filter: RuleFilter },
): Promise<readonly NotificationRule[]> {
  const rows = await rules(db, organizationId, filter)
    .select(columns)
    .orderBy('person.created_at')
    .orderBy('person.id')
    .orderBy('rule.important')
    .orderBy('rule.position')
    .orderBy('rule.id')
    .limit(limit)
    .offset(offset)
    .execute()
  return rows.map(ruleOf)
}

/** The rules of people who are still there. Types that only a newer version knows are not shown. */
function rules(db: Sql, organizationId: OrganizationId, { userId, important }: RuleFilter) {
  let query = db
    .selectFrom('notification_rules as rule')
    .innerJoin('users as person', (join) =>
      join.onRef('person.organization_id', '=', 'rule.organization_id').onRef('person.id', '=', 'rule.user_id'),
    )
    .where('rule.organization_id', '=', organizationId)
    .where('person.deactivated_at', 'is', null)
    .where('rule.type', 'in', stepTypes)
  if (userId !== undefined) query = query.where('rule.user_id', '=', userId)
  if (important !== undefined) query = query.where('rule.important', '=', important)
  return query
}

const columns = [
  'rule.organization_id',
  'rule.id',
  'rule.user_id',
  'rule.important',
  'rule.position',
  'rule.type',
  'rule.duration_seconds',
] as const

/** What each person wants for a page, in the order of the people. Rules of a type that only a newer version knows are passed over. */
export async function stepsOfPeople(
  tx: Tx,
  people: readonly Pick<RuleList, 'organizationId' | 'userId'>[],
): Promise<readonly PersonalSteps[]> {
  const answer = await sql<StepRow & { readonly person: number; readonly important: boolean }>`
    select wanted.person, rule.important, rule.type, rule.duration_seconds
    from unnest(${people.map((each) => each.organizationId)}::text[], ${people.map((each) => each.userId)}::text[])
      with ordinality as wanted (organization_id, user_id, person)
    cross join lateral (
      select important, position, id, type, duration_seconds from notification_rules r
      where r.organization_id = wanted.organization_id and r.user_id = wanted.user_id
      order by important, position, id limit ${2 * rulesMax}::int) rule
    order by wanted.person, rule.important, rule.position, rule.id`.execute(tx.sql)
  const found = Map.groupBy(answer.rows, (row) => row.person)
  return people.map((_, index) => {
    const own = found.get(index + 1) ?? []
    const listOf = (important: boolean) => own.filter((row) => row.important === important).flatMap((row) => stepOf(row) ?? [])
    return { usual: listOf(false), important: listOf(true) }
  })
}

type StepRow = { readonly type: string; readonly duration_seconds: number | null }

type RuleRow = StepRow & {
  readonly organization_id: string
  readonly id: string
  readonly user_id: string
  readonly important: boolean
  readonly position: number
}

function ruleOf(row: RuleRow): NotificationRule {
  return {
    organizationId: asId<OrganizationId>(row.organization_id),
    id: asId<NotificationRuleId>(row.id),
    userId: asId<UserId>(row.user_id),
    important: row.important,
    position: row.position,
    step: known(stepOf(row), 'only rules of a known type are selected'),
  }
}

/** Null for a type that only a newer version knows. */
function stepOf(row: StepRow): Step | null {
  const type = stepTypes.find((each) => each === row.type)
  switch (type) {
    case 'wait':
      return { type, durationMs: seconds(known(row.duration_seconds, 'a rule that waits says how long')) }
    case 'email':
    case 'webhook':
      return { type }
    case undefined:
      return null
  }
}

function columnsOf(step: Step) {
  return { type: step.type, duration_seconds: step.type === 'wait' ? step.durationMs / 1000 : null }
}
