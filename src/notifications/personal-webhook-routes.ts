import { Type } from 'typebox'
import { type Actor, personOf } from '../accounts/actor.ts'
import type { App } from '../http/app.ts'
import { lenientInput } from '../http/lenient.ts'
import { noContent } from '../http/schema.ts'
import { asId, type UserId } from '../lib/ids.ts'
import { storable } from '../lib/json.ts'
import { notFound } from '../lib/rejection.ts'
import type { Ports } from '../ports.ts'
import { type PersonalWebhook, pageTrigger } from './personal-webhook.ts'
import { choosePersonalWebhook, forgetPersonalWebhook, personalWebhookOf } from './personal-webhook-commands.ts'

const path = '/api/v1/users/:ownerId/personal_webhook/'
const tags = ['users']
const params = Type.Object({ ownerId: Type.String({ description: 'The id of a user, or `current`.' }) })

const read = { permission: 'user-settings:read' } as const
const write = { permission: 'user-settings:write' } as const

const PersonalWebhookShape = Type.Object({ webhook: Type.String(), context: Type.Unknown() })

const PersonalWebhookBody = lenientInput({
  webhook: `The id of a webhook with the trigger \`${pageTrigger}\`. Required.`,
  context: 'Any JSON, which the webhook sees as `event.user`; an empty object when missing.',
})

/** The API of the webhooks by which people are paged. */
export function personalWebhookRoutes(app: App, { db }: { readonly db: Ports['db'] }): void {
  app.get(
    path,
    {
      config: read,
      schema: { summary: 'Show by which webhook a user is paged', tags, params, response: { 200: PersonalWebhookShape } },
    },
    async ({ actor, params: { ownerId } }) => shown(await personalWebhookOf(db.sql, actor, idOf(actor, ownerId))),
  )

  app.put(
    path,
    {
      config: write,
      schema: {
        summary: 'Choose by which webhook a user is paged',
        tags,
        params,
        body: PersonalWebhookBody,
        response: { 200: PersonalWebhookShape },
      },
    },
    async ({ actor, params: { ownerId }, body }) => {
      const choice = { userId: idOf(actor, ownerId), body }
      return shown(await db.tx('choose personal webhook', (tx) => choosePersonalWebhook(tx, actor, choice)))
    },
  )

  app.delete(
    path,
    {
      config: write,
      schema: { summary: 'Page a user by no webhook any more', tags, params, response: { 204: noContent } },
    },
    async ({ actor, params: { ownerId } }, reply) => {
      await db.tx('forget personal webhook', (tx) => forgetPersonalWebhook(tx, actor, idOf(actor, ownerId)))
      return reply.code(204).send(null)
    },
  )
}

/** Rejects, as not found, a machine that means itself. */
function idOf(actor: Actor, given: string): UserId {
  if (given !== 'current') return asId<UserId>(storable(given))
  const own = personOf(actor)
  if (own === null) throw notFound()
  return own
}

const shown = ({ webhookId, context }: PersonalWebhook): { webhook: string; context: unknown } => ({
  webhook: webhookId,
  context: JSON.parse(context),
})
