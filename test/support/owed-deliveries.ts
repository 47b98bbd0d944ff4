import { afterEach } from 'vitest'
import {
  closeEndpoints,
  closingEndpoints,
  endpointFor,
  endpointsFor,
  endWaiting,
  enqueue,
} from '../../src/deliveries/commands.ts'
import { takeResults } from '../../src/deliveries/results/commands.ts'
import { dueResults } from '../../src/deliveries/results/store.ts'
import {
  type Delivery,
  type HttpMessage,
  type Lane,
  lanes,
  type MailMessage,
  type NewDelivery,
  type Rendered,
} from '../../src/deliveries/delivery.ts'
import { type EndpointSettings, usualSettings } from '../../src/deliveries/endpoint-settings.ts'
import { sealedMail } from '../../src/deliveries/sealing.ts'
import { asId, type EndpointId, type MessageId, newUuid, type OrganizationId } from '../../src/lib/ids.ts'
import type { Instant } from '../../src/lib/time.ts'
import type { Tx } from '../../src/ports.ts'
import { type DeliveryWorld, deliveryWorld, testVault, type WorldOptions } from './delivery-world.ts'

export const organizationId = asId<OrganizationId>('OAAAAAAAAAAAA')

/** Makes the world of each test of a file, and closes it after the test. */
export function owingWorlds(): typeof owingWorld {
  let open: DeliveryWorld | null = null
  afterEach(async () => {
    await open?.close()
    open = null
  })
  return async (options) => {
    open = await owingWorld(options)
    return open
  }
}

/** A world of deliveries with an organization, in which every webhook posts `about <subject>`. */
export async function owingWorld(options: Partial<WorldOptions> = {}): Promise<DeliveryWorld> {
  const world = await deliveryWorld({ render: renderPost, ...options })
  await world.db.sql
    .insertInto('organizations')
    .values({ id: organizationId, name: 'Acme', event_sequence: 0, created_at: new Date(world.now()) })
    .execute()
  return world
}

export const renderPost = async (_db: unknown, deliveries: readonly Delivery[]): Promise<ReadonlyMap<MessageId, Rendered>> =>
  new Map(deliveries.map((delivery) => [delivery.messageId, { kind: 'message' as const, message: post(delivery) }]))

export const post = (delivery: Delivery): HttpMessage => ({
  kind: 'http',
  method: 'POST',
  target: delivery.endpoint.url ?? '',
  headers: { Authorization: 'Bearer sesame' },
  headersShown: '{"Authorization":"****************"}',
  body: Buffer.from(`about ${delivery.subjectId}`),
  requestTrigger: '',
})

/** The webhook of a URL has the id `WH <url>`. */
export const endpointOf = (world: DeliveryWorld, url: string, settings: Partial<EndpointSettings> = {}): Promise<EndpointId> =>
  world.db.tx('test', (tx) =>
    endpointFor(tx, { organizationId, kind: 'webhook', ownerId: `WH ${url}`, url, settings: { ...usualSettings, ...settings } }),
  )

/** The same of many, in one transaction. */
export const endpointsOf = (world: DeliveryWorld, urls: readonly string[]): Promise<readonly EndpointId[]> =>
  world.db.tx('test', (tx) =>
    endpointsFor(
      tx,
      urls.map((url) => ({ organizationId, kind: 'webhook', ownerId: `WH ${url}`, url, settings: usualSettings })),
    ),
  )

export const closeEndpointOf = (world: DeliveryWorld, url: string, reason: string): Promise<void> =>
  world.db.tx('test', (tx) => closeEndpoints(tx, { organizationId, ownerId: `WH ${url}` }, reason))

/** What the webhooks' loop does for closed endpoints. */
export async function endClosed(world: DeliveryWorld): Promise<void> {
  for (const closing of await closingEndpoints(world.db.sql, world.shards, 10)) {
    while ((await world.db.tx('test', (tx) => endWaiting(tx, closing))).count > 0);
  }
}

export const mailEndpoint = (world: DeliveryWorld): Promise<EndpointId> =>
  world.db.tx('test', (tx) => endpointFor(tx, { organizationId, kind: 'mail', ownerId: 'mail', url: null, settings: null }))

export type Asked = Partial<Omit<NewDelivery, 'endpointId' | 'message'> & { readonly mail: Omit<MailMessage, 'kind'> }>

export const send = (world: DeliveryWorld, endpointId: EndpointId, asked: readonly Asked[]): Promise<readonly MessageId[]> =>
  world.db.tx('test', (tx) => owe(tx, endpointId, asked))

export async function owe(tx: Tx, endpointId: EndpointId, asked: readonly Asked[]): Promise<readonly MessageId[]> {
  const deliveries = asked.map(({ mail, ...delivery }) => {
    const messageId = newUuid<MessageId>(tx.now, tx.random.bytes)
    const message = mail === undefined ? null : sealedMail(testVault, messageId, mail)
    return { ...plain(tx.now, messageId), ...delivery, message, endpointId }
  })
  await enqueue(tx, deliveries)
  return deliveries.map((delivery) => delivery.messageId)
}

const plain = (messageAt: Instant, messageId: MessageId) => ({
  organizationId,
  lane: lanes.live as Lane,
  messageId,
  messageAt,
  eventSequence: 1,
  groupedSequences: null,
  subjectId: 'I1',
  cancelKey: null,
  expiresAt: null,
})

export const page = (to: string, cancelKey: string | null = null): Asked => ({
  lane: lanes.page,
  eventSequence: null,
  cancelKey,
  mail: { target: to, body: Buffer.from(`Subject: wake up, ${to}`) },
})

export const waiting = (world: DeliveryWorld) => world.db.sql.selectFrom('deliveries').selectAll().orderBy('id').execute()

export const attempts = (world: DeliveryWorld) =>
  world.db.sql.selectFrom('attempts').selectAll().orderBy('at').orderBy('id').execute()

export const dead = (world: DeliveryWorld) => world.db.sql.selectFrom('dead_deliveries').selectAll().execute()

export const results = (world: DeliveryWorld, wanted: readonly Lane[] = [lanes.page, lanes.live, lanes.replay]) =>
  world.db.tx('test', async (tx) =>
    takeResults(tx, await dueResults(tx.sql, { lanes: wanted, shards: world.shards, afterId: 0, now: tx.now, limit: 1000 })),
  )
