import { type Static, Type } from 'typebox'
import type { Vault } from '../../accounts/secret.ts'
import { type DeliveryRecord, deliveryStates, type RecordFilter, statusClasses } from '../../deliveries/records/record.ts'
import type { App } from '../../http/app.ts'
import { paginate, pageOf, pageQuery } from '../../http/pagination.ts'
import { choice, nullable } from '../../http/schema.ts'
import { accepted } from '../../lib/fields.ts'
import { asId, type MessageId, type OrganizationId, type WebhookId } from '../../lib/ids.ts'
import { storable } from '../../lib/json.ts'
import type { Listing } from '../../lib/listing.ts'
import type { Instant } from '../../lib/time.ts'
import type { Database, Sql } from '../../ports.ts'
import { listDeliveries, readDelivery, redeliver } from './commands.ts'
import { type DeliveryFilter, deliveryFilterOf } from './filter.ts'
import { shownDelivery } from './shown-delivery.ts'
import { type Trigger, triggers } from '../trigger.ts'

export type DeliveryRoutesOptions = {
  readonly db: Database
  /** Opens what was sent. */
  readonly messageVault: Vault
  /** What caused deliveries, by message id. What is not stored any more is missing. */
  readonly causesOf: (
    db: Sql,
    records: readonly DeliveryRecord[],
  ) => Promise<ReadonlyMap<MessageId, { readonly trigger: Trigger }>>
  /** When an event happened and to which alert group; null where it is not stored any more, or never was. */
  readonly eventOf: (db: Sql, organizationId: OrganizationId, sequence: number) => Promise<Event | null>
  /** What the log calls the events that are such a trigger. */
  readonly eventTypesOf: (trigger: Trigger) => readonly string[]
}

type Event = { readonly at: Instant; readonly alertGroupId: string | null }

const read = { permission: 'outgoing-webhooks:read' } as const
const write = { permission: 'outgoing-webhooks:write' } as const
const tags = ['webhooks']

const instant = (description: string) => nullable(Type.String({ format: 'date-time', description }))
const body = {
  body: nullable(Type.String()),
  body_truncated: Type.Boolean({ description: 'True: `body` is only the beginning.' }),
}
const headers = Type.Unsafe<Record<string, string>>({
  type: 'object',
  additionalProperties: { type: 'string' },
  description: 'Credentials are masked.',
})

const phase = (description: string) =>
  nullable(
    Type.Integer({ description: `${description} Null: there was none, as on a connection that was open, or it did not end.` }),
  )

const AttemptShape = Type.Object({
  id: Type.String(),
  number: Type.Integer(),
  started_at: Type.String({ format: 'date-time' }),
  at: Type.String({ format: 'date-time', description: 'When it ended.' }),
  duration_ms: Type.Integer(),
  phases: Type.Object({
    dns_ms: phase('The look-up of the name.'),
    connect_ms: phase('Then, until there was a connection to the receiver, through the egress proxy where there is one.'),
    tls_ms: phase('Then, the handshake.'),
    first_byte_ms: phase('From sending the request to the first byte of the answer.'),
  }),
  outcome: choice(['success', 'retry', 'dead', 'superseded']),
  status: nullable(Type.Integer()),
  detail: nullable(Type.String({ description: 'What went wrong, where there was no answer.' })),
  address: nullable(
    Type.String({
      description: 'The IP address that was called, or without a connection, the one that was tried last. Null through a proxy.',
    }),
  ),
  request: Type.Unsafe<{ headers: Record<string, string> } | null>({
    type: ['object', 'null'],
    properties: { headers },
    description: 'What this attempt has beside what all have in common. Null: nothing has left.',
  }),
  response: Type.Unsafe<{ headers: Record<string, string>; body: string | null; body_truncated: boolean } | null>({
    type: ['object', 'null'],
    properties: { headers, ...body },
  }),
})

const DeliveryShape = Type.Object({
  id: Type.String(),
  webhook_id: Type.String(),
  webhook_message_id: Type.String({ description: 'What the receiver sees as `webhook-id`.' }),
  url: Type.String(),
  state: choice(deliveryStates),
  reason: nullable(Type.String({ description: 'Why it is dead or was skipped.' })),
  next_attempt_at: instant('When it is due and its URL is left alone no longer. Null: it has ended.'),
  ended_at: instant('Null: it waits.'),
  is_replay: Type.Boolean({ description: 'True: it sends again what was sent before.' }),
  replayed_at: instant('When what is dead was sent again.'),
  trigger: nullable(Type.String()),
  event_at: Type.String({ format: 'date-time' }),
  event_sequences: Type.Array(Type.Integer()),
  alert_group_id: nullable(Type.String()),
  status: nullable(Type.Integer({ description: 'What was answered last.' })),
  request: Type.Unsafe<Request | null>({
    type: ['object', 'null'],
    properties: { method: Type.String(), url: Type.String(), headers, ...body },
    description: 'What all attempts have in common. Null: it is not made yet, or not stored any more.',
  }),
  attempts: Type.Array(AttemptShape),
})

type Request = {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string | null
  readonly body_truncated: boolean
}

const DeliveryQuery = Type.Object({
  ...pageQuery,
  state: Type.Optional(Type.String({ description: `One of ${deliveryStates.join(', ')}.` })),
  status: Type.Optional(Type.String({ description: `What was answered last: one of ${statusClasses.join(', ')}.` })),
  since: Type.Optional(Type.String({ description: 'Ended, or due next, at this instant or later.' })),
  until: Type.Optional(Type.String({ description: 'Ended, or due next, before this instant.' })),
  event_sequence: Type.Optional(Type.String({ description: 'The sequence of an event.' })),
  alert_group_id: Type.Optional(Type.String({ description: 'Id of an alert group.' })),
  trigger: Type.Optional(Type.String({ description: `What happened: one of ${triggers.join(', ')}.` })),
})

/** The API of what webhooks send: what waits, what became of the rest, and sending it again. */
export function deliveryRoutes(app: App, options: DeliveryRoutesOptions): void {
  listRoute(app, options)
  deliveryRoute(app, options)
}

function listRoute(app: App, options: DeliveryRoutesOptions): void {
  const { db, messageVault } = options
  app.get(
    '/api/v1/webhooks/:webhookId/deliveries/',
    {
      config: read,
      schema: {
        summary: 'List the deliveries of a webhook: first what waits, then what has ended, the last first',
        tags,
        params: Type.Object({ webhookId: Type.String() }),
        querystring: DeliveryQuery,
        response: { 200: pageOf(DeliveryShape) },
      },
    },
    async (request) => {
      const { actor } = request
      const filter = await resolved(options, actor.organizationId, accepted(deliveryFilterOf(request.query)))
      const id = asId<WebhookId>(storable(request.params.webhookId))
      const found = await listDeliveries(db.sql, actor, { id, filter: filter ?? {}, messageVault })
      const listing: Listing<Static<typeof DeliveryShape>> =
        filter === null
          ? { count: async () => 0, items: async () => [] }
          : { count: found.count, items: async (window) => shown(options, await found.items(window)) }
      return paginate(request, { pageSize: 50, listing, show: (delivery) => delivery })
    },
  )
}

function deliveryRoute(app: App, options: DeliveryRoutesOptions): void {
  const { db, messageVault } = options
  const params = Type.Object({ deliveryId: Type.String() })

  app.get(
    '/api/v1/deliveries/:deliveryId/',
    { config: read, schema: { summary: 'Show a delivery of a webhook', tags, params, response: { 200: DeliveryShape } } },
    async ({ actor, params: { deliveryId } }) => {
      const record = await readDelivery(db.sql, actor, { id: deliveryId, messageVault })
      return shownOne(options, record)
    },
  )

  app.post(
    '/api/v1/deliveries/:deliveryId/redeliver/',
    {
      config: write,
      schema: { summary: 'Send again what was delivered or given up', tags, params, response: { 201: DeliveryShape } },
    },
    async ({ actor, params: { deliveryId } }, reply) => {
      const asked = { id: deliveryId, messageVault }
      const record = await db.tx('redeliver', (tx) => redeliver(tx, actor, asked))
      return reply.code(201).send(await shownOne(options, record))
    },
  )
}

/** Null: nothing can pass, since there is no such event. */
async function resolved(
  { db, eventOf, eventTypesOf }: DeliveryRoutesOptions,
  organizationId: OrganizationId,
  { eventSequence, alertGroupId, trigger, ...wanted }: DeliveryFilter,
): Promise<RecordFilter | null> {
  const filter = trigger === undefined ? wanted : { ...wanted, causeTypes: eventTypesOf(trigger) }
  if (eventSequence === undefined) return { ...filter, subjectId: alertGroupId }
  const event = await eventOf(db.sql, organizationId, eventSequence)
  if (event === null) return null
  const subjectId = alertGroupId ?? event.alertGroupId ?? undefined
  return { ...filter, subjectId, cause: { sequence: eventSequence, at: event.at } }
}

async function shown({ db, causesOf }: DeliveryRoutesOptions, records: readonly DeliveryRecord[]) {
  const causes = await causesOf(db.sql, records)
  return records.map((record) => shownDelivery(record, causes.get(record.messageId)?.trigger ?? null))
}

async function shownOne({ db, causesOf }: DeliveryRoutesOptions, record: DeliveryRecord) {
  const causes = await causesOf(db.sql, [record])
  return shownDelivery(record, causes.get(record.messageId)?.trigger ?? null)
}
