import { type Actor, personOf } from '../accounts/actor.ts'
import { audit, holdUser, managesUsers, peopleByIds } from '../accounts/commands.ts'
import { known } from '../lib/check.ts'
import { accepted, type Body } from '../lib/fields.ts'
import type { UserId } from '../lib/ids.ts'
import { forbidden, invalidField, notFound } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import type { Sql, Tx } from '../ports.ts'
import { findWebhook, webhooksEvenDeleted } from '../webhooks/commands.ts'
import { type PersonalWebhook, pageTrigger } from './personal-webhook.ts'
import { parsePersonalWebhook } from './personal-webhook-input.ts'
import * as store from './personal-webhook-store.ts'
import type { Whom } from './telling-commands.ts'

/** What a person has chosen. Rejects, as not found, who has chosen none; only admins see that of others. */
export async function personalWebhookOf(db: Sql, actor: Actor, userId: UserId): Promise<PersonalWebhook> {
  const { organizationId } = actor
  const user = (await peopleByIds(db, organizationId, [userId])).get(userId)
  if (user?.active !== true) throw notFound()
  requireOwn(actor, userId)
  const [chosen] = await store.findPersonalWebhooks(db, [{ organizationId, userId }])
  if (chosen === undefined) throw notFound()
  return chosen
}

type Choice = { readonly userId: UserId; readonly body: Body }

/** Chooses by which webhook a person is paged, from the next page on. Only admins do so for others. */
export async function choosePersonalWebhook(tx: Tx, actor: Actor, { userId, body }: Choice): Promise<PersonalWebhook> {
  const { organizationId } = actor
  await requireUser(tx, actor, userId)
  const { webhookId, context } = accepted(parsePersonalWebhook(body))
  const webhook = await findWebhook(tx.sql, organizationId, webhookId)
  if (webhook === null) throw invalidField('webhook', 'Object does not exist')
  if (!webhook.triggerTypes.includes(pageTrigger))
    throw invalidField('webhook', `This webhook does not have the trigger "${pageTrigger}".`)
  const chosen = { organizationId, userId, webhookId, context }
  await store.keepPersonalWebhook(tx, chosen)
  await audit(tx, actor, { action: 'personal webhook set', subjectId: userId, details: { webhook_id: webhookId } })
  return chosen
}

/** Takes the choice back. Rejects, as not found, where there is none. */
export async function forgetPersonalWebhook(tx: Tx, actor: Actor, userId: UserId): Promise<void> {
  await requireUser(tx, actor, userId)
  if (!(await store.deletePersonalWebhook(tx, { organizationId: actor.organizationId, userId }))) throw notFound()
  await audit(tx, actor, { action: 'personal webhook removed', subjectId: userId })
}

async function requireUser(tx: Tx, actor: Actor, userId: UserId): Promise<void> {
  if ((await holdUser(tx, actor.organizationId, userId)) === null) throw notFound()
  requireOwn(actor, userId)
}

/** How somebody is woken is for them to say and to know, and for whoever manages users. */
function requireOwn(actor: Actor, userId: UserId): void {
  if (personOf(actor) !== userId && !managesUsers(actor)) throw forbidden()
}

/** By what a person can be paged now, or why not, as a sentence for people. */
export type Chosen = Result<Pick<PersonalWebhook, 'webhookId' | 'context'>, string>

/** Looks up by which webhooks people can be paged now. */
export async function chosenWebhooks(tx: Tx, people: readonly Whom[]): Promise<(whom: Whom) => Chosen> {
  if (people.length === 0) return () => no(none)
  const chosen = await store.findPersonalWebhooks(tx.sql, people)
  const webhooks = await webhooksEvenDeleted(
    tx.sql,
    chosen.map(({ organizationId, webhookId: id }) => ({ organizationId, id })),
  )
  return ({ organizationId, userId }) => {
    const own = chosen.find((one) => one.organizationId === organizationId && one.userId === userId)
    if (own === undefined) return no(none)
    const { triggerTypes, enabled } = known(
      webhooks.find(({ id }) => id === own.webhookId),
      'a chosen webhook is stored',
    )
    if (!enabled) return no(off)
    return triggerTypes.includes(pageTrigger)
      ? ok(own)
      : no('The webhook that this person chose is not for personal notifications any more')
  }
}

const none = 'This person has chosen no webhook'
const off = 'The webhook that this person chose was switched off or deleted'
