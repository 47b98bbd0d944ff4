import type { Actor } from '../../accounts/actor.ts'
import { audit } from '../../accounts/commands.ts'
import type { Vault } from '../../accounts/secret.ts'
import { disabledEndpoints, endpointsFor, enqueue } from '../../deliveries/commands.ts'
import { type HttpMessage, lanes } from '../../deliveries/delivery.ts'
import { sealedHttp } from '../../deliveries/sealing.ts'
import { known } from '../../lib/check.ts'
import { accepted, type Body } from '../../lib/fields.ts'
import { type MessageId, newUuid, type WebhookId } from '../../lib/ids.ts'
import { conflict, invalid, notFound, tooMany } from '../../lib/rejection.ts'
import { after, between, minutes, type Ms, seconds } from '../../lib/time.ts'
import type { Database, Tx } from '../../ports.ts'
import { readWebhook } from '../commands.ts'
import { endpointsOf } from '../endpoints.ts'
import { exampleOf } from '../examples/example.ts'
import { type Headers, parseHeaders, withHeader } from '../headers.ts'
import { formOf } from '../presets/forms.ts'
import { making, type MakingWorld, usualTrigger } from '../preview/commands.ts'
import { parseTest } from '../preview/input.ts'
import { lockWebhook } from '../store.ts'
import { markTested, testedAt } from './store.ts'
import type { Trigger } from '../trigger.ts'
import type { Webhook } from '../webhook.ts'

export type TestWorld = Omit<MakingWorld, 'db'> & { readonly db: Database; readonly messageVault: Vault }

/** A request that tells of an example, to one of the URLs of a webhook. */
type TestRequest = { readonly url: string; readonly message: HttpMessage }

export type TestDelivery = { readonly id: number; readonly messageId: MessageId; readonly url: string }

/** So long a webhook is not tested again: whoever may save webhooks shall not have this server call others in a row. */
const pauseMax: Ms = seconds(5)

/** Nobody looks for what comes later. */
const testAgeMax: Ms = minutes(5)

/**
 * Sends an example to all URLs of a webhook, whatever its switch and its filters say. Rejects what the body gets wrong, a request that
 * cannot be made, a URL that gets nothing any more, and what comes too soon after the last one.
 */
export async function testWebhook(
  world: TestWorld,
  actor: Actor,
  { id, body }: { readonly id: WebhookId; readonly body: Body },
): Promise<{ readonly trigger: Trigger; readonly deliveries: readonly TestDelivery[] }> {
  const asked = accepted(parseTest(body))
  const webhook = await readWebhook(world.db.sql, actor, { id, ...world.settings })
  const trigger = asked ?? usualTrigger(webhook)
  const requests = await requestsOf(world, webhook, trigger)
  const deliveries = await world.db.tx('test webhook', async (tx) => {
    await takeTurn(tx, webhook)
    await audit(tx, actor, { action: 'webhook tested', subjectId: id, details: { trigger } })
    return owe(tx, webhook, { requests, vault: world.messageVault })
  })
  return { trigger, deliveries }
}

async function requestsOf({ db, ...world }: TestWorld, webhook: Webhook, trigger: Trigger): Promise<readonly TestRequest[]> {
  // The forms of other products have no member for it.
  const isMarked = formOf(webhook.preset) === null
  const event = exampleOf(trigger, { webhook, now: world.clock.now(), baseUrl: world.baseUrl, isMarked })
  const make = await making({ ...world, db: db.sql }, event)
  const requests: TestRequest[] = []
  for (const url of webhook.urls) {
    const made = await make({ ...webhook, triggerTemplate: null }, url)
    if (made.kind !== 'message')
      throw invalid(`The request to ${url.url} cannot be made. ${'reason' in made ? made.reason : ''}`.trim())
    requests.push({ url: url.url, message: marked(made.message) })
  }
  return requests
}

/** Also in the response log. */
function marked(message: HttpMessage): HttpMessage {
  const mark = (headers: Headers): Headers => withHeader(headers, 'webhook-test', 'true')
  const headersShown = JSON.stringify(mark(parseHeaders(message.headersShown)))
  return { ...message, headers: mark(message.headers), headersShown }
}

async function takeTurn(tx: Tx, webhook: Webhook): Promise<void> {
  if ((await lockWebhook(tx, webhook.organizationId, webhook.id)) === null) throw notFound()
  const last = await testedAt(tx.sql, webhook)
  const next = last === null ? tx.now : after(last, pauseMax)
  // A clock that went back makes nobody wait for longer than the pause.
  if (next > tx.now && last !== null && last <= tx.now) throw tooMany(between(tx.now, next))
  await markTested(tx, webhook)
}

type Owed = { readonly requests: readonly TestRequest[]; readonly vault: Vault }

async function owe(tx: Tx, webhook: Webhook, { requests, vault }: Owed): Promise<readonly TestDelivery[]> {
  const { organizationId } = webhook
  const endpointIds = await endpointsFor(tx, endpointsOf(webhook))
  const disabled = await disabledEndpoints(tx, { organizationId, ownerId: webhook.id })
  const owed = requests.map(({ url, message }, index) => {
    const endpointId = known(endpointIds[index], 'each URL has an endpoint')
    if (disabled.has(endpointId)) throw conflict(`${url} ${nothingMore}`)
    const messageId = newUuid<MessageId>(tx.now, tx.random.bytes)
    return { url, endpointId, messageId, message: sealedHttp(vault, messageId, message) }
  })
  const ids = await enqueue(
    tx,
    owed.map(({ endpointId, messageId, message }) => ({
      organizationId,
      endpointId,
      lane: lanes.live,
      messageId,
      messageAt: tx.now,
      message,
      eventSequence: null,
      groupedSequences: null,
      subjectId: null,
      cancelKey: null,
      expiresAt: after(tx.now, testAgeMax),
    })),
  )
  return owed.map(({ url, messageId }) => ({ url, messageId, id: known(ids.get(messageId), 'what is owed has an id') }))
}

const nothingMore =
  'gets nothing any more, since it failed for too long or wanted that. Save the webhook while it is on, or switch it on, and test it then.'
