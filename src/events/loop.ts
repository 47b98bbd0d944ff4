import { closingEndpoints, endWaiting } from '../deliveries/commands.ts'
import { type ClosingEndpoint, type DeliveryResult, lanes } from '../deliveries/delivery.ts'
import { dueLooks, nextLookAt, postponeLook } from '../deliveries/health/commands.ts'
import { newResultTaker, postponeResult, takeResults } from '../deliveries/results/commands.ts'
import { faultText } from '../lib/fault-text.ts'
import { asId, type WebhookId } from '../lib/ids.ts'
import type { Loop } from '../lib/loop.ts'
import { after, earliest, type Instant, minutes, ms } from '../lib/time.ts'
import type { Ports, Tx } from '../ports.ts'
import { webhooksEvenDeleted } from '../webhooks/commands.ts'
import { publish } from './commands.ts'
import { exhaustedFact } from './exhausted-fact.ts'
import { tellOfEndpoint } from './health-commands.ts'
import { causesOfMessages } from './render-commands.ts'
import { closedFact, webhookFact } from './webhook-entry.ts'

const batchSize = 100
const webhookLanes = [lanes.ordered, lanes.live, lanes.replay]

/** How many closed endpoints are looked at in a round. */
const closingMax = 100

/** After a round with results the next one waits so long: what ends until then is taken together, which costs little more than one. */
const gatheringFor = ms(100)

/** What failed is tried again this much later, and the others are not kept waiting. */
const pauseAfterFault = minutes(1)

/**
 * Takes what became of deliveries to webhooks into the timelines, and ends what waits for webhooks that were switched off
 * or deleted, some in each round; and it tells of receivers that fail, are gone, or work again. It sleeps until a delivery ends, a webhook
 * is closed, or it is time to look at a receiver that fails.
 */
export function webhooksLoop({ clock, db, log }: Pick<Ports, 'clock' | 'db' | 'log'>): Loop {
  const putOff = async (id: number, fault: unknown): Promise<void> => {
    log.error('webhook result failed', { result_id: id, error: faultText(fault) })
    await db.tx('postpone webhook result', (tx) => postponeResult(tx, id, after(tx.now, pauseAfterFault)))
  }

  /** By the monotonic clock. */
  let gatheringUntil = clock.monotonic()

  const record = (ids: readonly number[]) => db.tx('record webhook results', (tx) => recordResults(tx, ids))
  const onTaken = (): void => void (gatheringUntil = ms(clock.monotonic() + gatheringFor))
  const recordAll = newResultTaker({ clock, db }, { lanes: webhookLanes, act: record, putOff, onTaken })

  /** False: it failed, and holds up no other. */
  const end = async (closing: ClosingEndpoint): Promise<boolean> => {
    try {
      await db.tx('end waiting deliveries', (tx) => endWaitingFor(tx, closing))
      return true
    } catch (fault) {
      log.error('deliveries not ended', { endpoint_id: closing.id, error: faultText(fault) })
      return false
    }
  }

  /** Tells of endpoints that fail, are switched off or work again; returns when to look next. */
  const tellOfHealth = async (shards: readonly number[]): Promise<Instant | null> => {
    for (const key of await dueLooks(db.sql, { shards, now: clock.now(), limit: batchSize })) {
      try {
        await db.tx('tell of endpoint', (tx) => tellOfEndpoint(tx, key))
      } catch (fault) {
        log.error('endpoint not told of', { endpoint_id: key.id, error: faultText(fault) })
        await db.tx('postpone endpoint', (tx) => postponeLook(tx, key, after(tx.now, pauseAfterFault)))
      }
    }
    return nextLookAt(db.sql, shards)
  }

  return {
    name: 'webhooks',
    run: async (shards) => {
      if (shards.length === 0) return null
      const early = Math.ceil(gatheringUntil - clock.monotonic())
      if (early > 0) return after(clock.now(), ms(early))
      let goesOn = false
      const closing = await closingEndpoints(db.sql, shards, closingMax)
      for (const endpoint of closing) goesOn = (await end(endpoint)) || goesOn
      const next = earliest([await recordAll(shards), await tellOfHealth(shards)])
      if (goesOn) gatheringUntil = clock.monotonic()
      if (closing.length === 0) return next
      return goesOn ? clock.now() : earliest([next, after(clock.now(), pauseAfterFault)])
    },
  }
}

async function endWaitingFor(tx: Tx, closing: ClosingEndpoint): Promise<void> {
  const { count, haveResults } = await endWaiting(tx, closing)
  if (haveResults) return
  const [webhook] = await webhooksEvenDeleted(tx.sql, [
    { organizationId: closing.organizationId, id: asId<WebhookId>(closing.ownerId) },
  ])
  if (webhook !== undefined) publish(tx, closedFact({ closing, webhook, count }))
}

async function recordResults(tx: Tx, ids: readonly number[]): Promise<void> {
  const results = await takeResults(tx, ids)
  const webhooks = await webhooksEvenDeleted(
    tx.sql,
    results.map((result) => ({ organizationId: result.organizationId, id: webhookIdOf(result) })),
  )
  const causes = await causesOfMessages(tx.sql, results)
  for (const result of results) {
    const webhook = webhooks.find(({ id }) => id === webhookIdOf(result))
    if (webhook === undefined) continue
    const entry = { result, webhook, cause: causes.get(result.messageId) ?? null }
    publish(tx, webhookFact(entry))
    const exhausted = exhaustedFact({ ...entry, now: tx.now })
    if (exhausted !== null) publish(tx, exhausted)
  }
}

const webhookIdOf = (result: DeliveryResult): WebhookId => asId<WebhookId>(result.endpoint.ownerId)
