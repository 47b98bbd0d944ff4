import { type Actor, personOf } from '../accounts/actor.ts'
import { audit, holdUser, managesUsers } from '../accounts/commands.ts'
import { accepted, type Body } from '../lib/fields.ts'
import { newPublicId, type NotificationRuleId, type UserId } from '../lib/ids.ts'
import type { Listing } from '../lib/listing.ts'
import { freeEnd, type Placement, rearranged } from '../lib/placement.ts'
import { forbidden, invalid, notFound } from '../lib/rejection.ts'
import type { Sql, Tx } from '../ports.ts'
import { type NotificationRule, type RuleList, rulesMax } from './rule.ts'
import { parseNewRule, parseRuleChange, typeNames } from './rule-input.ts'
import * as store from './rule-store.ts'

/** A rule of somebody of the actor's organization. */
export async function findRule(db: Sql, actor: Actor, id: NotificationRuleId): Promise<NotificationRule> {
  const rule = await store.findRule(db, actor.organizationId, id)
  if (rule === null) throw notFound()
  return rule
}

/** The rules of the actor's organization by person, list and position. */
export function listRules(db: Sql, { organizationId }: Actor, filter: store.RuleFilter): Listing<NotificationRule> {
  return {
    count: () => store.countRules(db, organizationId, filter),
    items: (window) => store.listRules(db, organizationId, { ...window, filter }),
  }
}

/** Adds a rule at the end of its list, then moves it to where it shall be. Only admins do so for others. */
export async function createRule(tx: Tx, actor: Actor, body: Body): Promise<NotificationRule> {
  const { organizationId } = actor
  const { userId, important, step, placement } = accepted(parseNewRule(body))
  if ((await holdUser(tx, organizationId, userId)) === null) throw invalid('User does not exist')
  requireOwn(actor, userId)
  const list: RuleList = { organizationId, userId, important }
  const id = newPublicId('N', tx.random.bytes)
  await store.insertRule(tx, { ...list, id, step, position: await makeEnd(tx, list) })
  if (placement !== null) await place(tx, { ...list, id }, placement)
  await audit(tx, actor, {
    action: 'notification rule created',
    subjectId: id,
    details: { user_id: userId, important, type: typeNames[step.type] },
  })
  return findRule(tx.sql, actor, id)
}

type Update = { readonly id: NotificationRuleId; readonly body: Body }

/** Changes what is given; another type begins without what belonged to the one before. Pages under way keep their steps. */
export async function updateRule(tx: Tx, actor: Actor, { id, body }: Update): Promise<NotificationRule> {
  const before = await lockRule(tx, actor, id)
  const { step, placement } = accepted(parseRuleChange(body, before.step))
  await store.updateRule(tx, { ...before, step })
  if (placement !== null) await place(tx, before, placement)
  await audit(tx, actor, {
    action: 'notification rule updated',
    subjectId: id,
    details: { user_id: before.userId, important: before.important, type: typeNames[step.type] },
  })
  return findRule(tx.sql, actor, id)
}

/** Removes a rule; the others keep their positions, and pages under way their steps. */
export async function deleteRule(tx: Tx, actor: Actor, id: NotificationRuleId): Promise<void> {
  const { organizationId, userId, important } = await lockRule(tx, actor, id)
  await store.deleteRule(tx, { organizationId, id })
  await audit(tx, actor, { action: 'notification rule deleted', subjectId: id, details: { user_id: userId, important } })
}

/** The person is what is locked, since moving one rule moves others. Read again, because it may have changed until then. */
async function lockRule(tx: Tx, actor: Actor, id: NotificationRuleId): Promise<NotificationRule> {
  const { userId } = await findRule(tx.sql, actor, id)
  requireOwn(actor, userId)
  await holdUser(tx, actor.organizationId, userId)
  return findRule(tx.sql, actor, id)
}

/** How somebody is woken is for them to say, and for whoever manages users. */
function requireOwn(actor: Actor, userId: UserId): void {
  if (personOf(actor) !== userId && !managesUsers(actor)) throw forbidden()
}

/** The position after all others, who close up where the database could not hold it. */
async function makeEnd(tx: Tx, list: RuleList): Promise<number> {
  const places = await store.placesOf(tx, list)
  if (places.length >= rulesMax) throw invalid(`A user has at most ${rulesMax} notification rules of each importance`)
  const { position, moves } = freeEnd(places)
  await store.moveRules(tx, list.organizationId, moves)
  return position
}

type Key = RuleList & Pick<NotificationRule, 'id'>

async function place(tx: Tx, { id, ...list }: Key, placement: Placement): Promise<void> {
  await store.moveRules(tx, list.organizationId, rearranged(await store.placesOf(tx, list), id, placement))
}
