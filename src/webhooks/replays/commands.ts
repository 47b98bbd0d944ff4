import { type Actor, personOf } from '../../accounts/actor.ts'
import { audit } from '../../accounts/commands.ts'
import { lanes } from '../../deliveries/delivery.ts'
import { countEndedDeliveries, countWaitingReplays, nextEnded, takeBackReplays } from '../../deliveries/replays/commands.ts'
import type { Brand } from '../../lib/brand.ts'
import { accepted, type Body } from '../../lib/fields.ts'
import { newPublicId, newUuid, type ReplayId, type WebhookId } from '../../lib/ids.ts'
import type { Listing } from '../../lib/listing.ts'
import { conflict, notFound } from '../../lib/rejection.ts'
import { after, before, type Instant, isoZ, type Ms, seconds } from '../../lib/time.ts'
import type { Sql, Tx } from '../../ports.ts'
import { type BulkReplay, doneCount, noCounts, withOutcomes, withTakenBack } from './replay.ts'
import { parseReplay } from './input.ts'
import * as store from './store.ts'
import { replayEnded } from '../records/redelivery-commands.ts'
import { clearMissed, findWebhook, lockWebhook } from '../store.ts'

type CancelKey = Brand<string, 'CancelKey'>

/** Each webhook has one at a time, and each organization so many. */
const runningMax = 5

/** So many rows are looked at to say how many a replay will come to. */
const countedMax = 200_000

type Order = { readonly id: WebhookId; readonly body: Body; readonly deliveryLogDays: number }

/**
 * Starts to send again what a webhook has sent, or failed to, until now. Rejects what the body gets wrong, a webhook that is switched off,
 * and one replay too many.
 */
export async function startReplay(tx: Tx, actor: Actor, { id: webhookId, body, deliveryLogDays }: Order): Promise<BulkReplay> {
  const { organizationId } = actor
  const webhook = await lockWebhook(tx, organizationId, webhookId)
  if (webhook === null) throw notFound()
  const order = accepted(parseReplay(body, { now: tx.now, deliveryLogDays }))
  if (!webhook.isEnabled) throw conflict('The webhook is switched off. Switch it on, and replay then.')
  const running = await store.webhooksInReplay(tx, organizationId)
  if (running.includes(webhookId)) throw conflict('A replay of this webhook is running. Wait for its end, or cancel it.')
  if (running.length >= runningMax)
    throw conflict(`${runningMax} replays of this organization are running. Wait for the end of one, or cancel it.`)
  const replay: BulkReplay = {
    ...order,
    organizationId,
    id: newPublicId('P', tx.random.bytes),
    webhookId,
    userId: personOf(actor),
    state: 'running',
    reason: null,
    cursor: { at: order.since, id: 0 },
    totalCount: null,
    counts: noCounts,
    cancelKey: newUuid<CancelKey>(tx.now, tx.random.bytes),
    createdAt: tx.now,
    endedAt: null,
  }
  const counted = { ...replay, totalCount: await countEndedDeliveries(tx.sql, rangeOf(replay, tx.now), countedMax) }
  await store.insertReplay(tx, counted)
  const details = { webhookId, since: isoZ(order.since), until: isoZ(order.until), only: order.only }
  await audit(tx, actor, { action: 'webhook replay started', subjectId: counted.id, details })
  tx.wake('replays')
  return counted
}

type ReplayPath = { readonly webhookId: WebhookId; readonly id: ReplayId }

/**
 * Lets a replay go no further, and takes back what it has put in line and has not left, also where all of it is in line already. One that has
 * nothing left to do stays as it is.
 */
export async function cancelReplay(tx: Tx, actor: Actor, { webhookId, id }: ReplayPath): Promise<BulkReplay> {
  const { organizationId } = actor
  const replay = await store.lockReplay(tx, { organizationId, id })
  if (replay === null || replay.webhookId !== webhookId) throw notFound()
  if ((await findWebhook(tx.sql, organizationId, webhookId)) === null) throw notFound()
  if (replay.state === 'cancelled') return replay
  const count = await takeBackReplays(tx, replay.cancelKey, 'Its replay was cancelled before this could be sent.')
  if (replay.state === 'finished' && count === 0) return replay
  await audit(tx, actor, { action: 'webhook replay cancelled', subjectId: id, details: { takenBack: count } })
  return end(tx, { ...replay, counts: withTakenBack(replay.counts, count) }, { state: 'cancelled', reason: null })
}

/** Ends the replays of all organizations; the reason is a sentence for people. */
export const cancelAllReplays = store.cancelAll

/** A replay of a webhook. Rejects what the organization does not have. */
export async function readReplay(db: Sql, actor: Actor, { webhookId, id }: ReplayPath): Promise<BulkReplay> {
  const webhook = await existing(db, actor, webhookId)
  const replay = await store.findReplay(db, webhook, id)
  if (replay === null) throw notFound()
  return replay
}

/** The replays of a webhook, newest first. Rejects a webhook that the organization does not have. */
export async function listReplays(db: Sql, actor: Actor, webhookId: WebhookId): Promise<Listing<BulkReplay>> {
  const webhook = await existing(db, actor, webhookId)
  return { count: () => store.countReplays(db, webhook), items: (window) => store.listReplays(db, webhook, window) }
}

async function existing(db: Sql, { organizationId }: Actor, id: WebhookId) {
  const webhook = await findWebhook(db, organizationId, id)
  if (webhook === null) throw notFound()
  return webhook
}

// The loop ---------------------------------------------------------------------------------------------------------------

/** So many deliveries are looked at in one transaction. */
const sliceMax = 500

/** So many of a webhook's replays wait at most, so that they are taken back from what is fresh, and a cancelled one is soon over. */
const waitingMax = 1000

/** While there is less room than this, a replay waits for its receiver. */
const roomMin = 100
const pauseWhileFull: Ms = seconds(1)

/** What ended at an instant is written soon after; longer than the transactions that do so, and the differences between clocks. */
const settlingMs: Ms = seconds(5)

/** Owes one slice of a replay, and moves it on, in this transaction; or ends it. */
export async function advanceReplay(tx: Tx, key: store.ReplayKey): Promise<void> {
  const replay = await store.lockReplay(tx, key)
  if (replay === null || replay.state !== 'running') return
  const webhook = await lockWebhook(tx, replay.organizationId, replay.webhookId)
  if (webhook === null || !webhook.isEnabled) {
    const reason = webhook === null ? 'The webhook was deleted.' : 'The webhook was switched off.'
    await end(tx, replay, { state: 'cancelled', reason })
    return
  }
  const owner = { organizationId: replay.organizationId, ownerId: replay.webhookId }
  const limit = Math.min(sliceMax, waitingMax - (await countWaitingReplays(tx, owner, waitingMax)))
  if (limit < roomMin) return store.updateReplay(tx, replay, after(tx.now, pauseWhileFull))
  const settledAt = before(tx.now, settlingMs)
  const isSettled = settledAt >= replay.createdAt
  const range = rangeOf(replay, isSettled ? replay.createdAt : settledAt)
  const slice = await nextEnded(tx.sql, range, { cursor: replay.cursor, limit })
  if (slice !== null) {
    const { pages = [], others = [] } = Object.groupBy(slice.ended, ({ lane }) => (lane === lanes.page ? 'pages' : 'others'))
    const outcomes = await replayEnded(tx, { webhook, cancelKey: replay.cancelKey }, others)
    const counts = withOutcomes(replay.counts, [...outcomes, ...pages.map(() => ({ kind: 'page' as const }))])
    await store.updateReplay(tx, { ...replay, cursor: slice.cursor, counts }, tx.now)
  } else if (isSettled) {
    await end(tx, replay, { state: 'finished', reason: null })
    // One that was to end earlier has left something out.
    if (replay.until >= replay.createdAt) await clearMissed(tx, webhook, replay.since)
  } else await store.updateReplay(tx, replay, after(replay.createdAt, settlingMs))
}

async function end(tx: Tx, replay: BulkReplay, { state, reason }: Pick<BulkReplay, 'state' | 'reason'>): Promise<BulkReplay> {
  const totalCount = state === 'finished' ? doneCount(replay.counts) : replay.totalCount
  const ended: BulkReplay = { ...replay, state, reason, totalCount, endedAt: tx.now }
  await store.updateReplay(tx, ended, tx.now)
  return ended
}

function rangeOf({ organizationId, webhookId: ownerId, since, until, only }: BulkReplay, endedUntil: Instant) {
  return { organizationId, ownerId, since, until, only, endedUntil }
}
