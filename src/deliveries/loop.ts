import type { Vault } from '../accounts/secret.ts'
import { databaseIsTooSlow } from '../lib/database-fault.ts'
import { known } from '../lib/check.ts'
import { faultText } from '../lib/fault-text.ts'
import type { Loop } from '../lib/loop.ts'
import { after, earliest, type Instant, instant, type Ms, ms, seconds } from '../lib/time.ts'
import { togetherOrAlone } from '../lib/together.ts'
import { type AttemptOptions, type Leaving, failedAttempt, failedPreparation, makeAttempt } from './attempt-loop.ts'
import type { Conclusion } from './conclusion.ts'
import { type CredentialsById, type CredentialsOf, noCredentials } from './credentials.ts'
import { type Delivery, isOrdered, isPage } from './delivery.ts'
import { type Finisher, newFinisher, type Written } from './finish-loop.ts'
import { type Hold, type HoldLimits, type HoldState, newHold } from './queue/hold.ts'
import { newOutlook, type Outlook } from './queue/outlook.ts'
import { loadCredentials, loadMessages, type Prepared, type Render, renderMessages } from './prepare-loop.ts'
import { isPastTime, judgeLate } from './retry.ts'
import { dueDeliveries, nextDueAt } from './queue/due-store.ts'
import { newPositions, type Positions } from './queue/positions.ts'

export type DeliveriesLoop = Loop & {
  /** Shards with requests under way or outcomes that are not written yet: not to be given to another node. */
  busyShards(): ReadonlySet<number>
  /**
   * Starts nothing more and resolves with true when all that was under way is written, or after that long with false: what is
   * under way then counts as never sent, so it is sent again. For the end of the process, after the loop has stopped.
   */
  drain(maxMs: Ms): Promise<boolean>
  state(now: Instant): HoldState
}

export type DeliveriesOptions = AttemptOptions & {
  readonly vault: Vault
  readonly render: Render
  readonly credentialsOf: CredentialsOf
  /** Starts a round of this loop, or one more where one is under way: its bell. */
  readonly wake: () => void
  /** Whether this node owns a shard at this moment: asked right before something leaves, since a lease can end on the way there. */
  readonly isOwned: (shard: number) => boolean
  readonly limits?: Partial<HoldLimits>
}

/** All pages by e-mail go to one mail server, which is the operator's own: it may have more at once than a stranger's receiver. */
const perEndpointMax = { webhook: 8, mail: 32 }

/**
 * A socket that waits costs little, so there are many slots. Those who may hang share a quarter of what webhooks have, and a quarter more is
 * for pages alone. That they hang is known after a second, and until then thousands of which nothing is known yet may have taken all slots:
 * these give theirs back then.
 */
const defaultLimits: HoldLimits = {
  inFlightMax: 1280,
  webhooksInFlightMax: 1024,
  suspectsInFlightMax: 256,
  webhookBytesInFlightMax: 32 * 1024 * 1024,
  perEndpointMax,
  heldMax: 2048,
  hangingMax: 2048,
  hangingBytesMax: 64 * 1024 * 1024,
}

/**
 * How many deliveries are taken from the table at once: enough that the look and the commits cost little beside the requests, and so few
 * that what is taken back meanwhile does not leave. Slots keep the pages among them fewer.
 */
const windowMax = 192

/** After so many windows a round ends, so that the next one sees which shards have come. */
const windowsPerRound = 8

/**
 * Sends what is due. Requests leave without an open transaction, and a round does not wait for their answers: these are
 * written in batches by the finisher. An end wakes the loop only where something may wait for it. A delivery that is held is not taken again; at a crash
 * nothing but the memory of what was under way is lost, so it is sent again with the same `webhook-id`.
 */
export function deliveriesLoop(options: DeliveriesOptions): DeliveriesLoop {
  const { sql } = options.ports.db
  const limits = { ...defaultLimits, ...options.limits }
  const hold = newHold(limits)
  const positions = newPositions()
  const outlook = newOutlook((shards, now) => nextDueAt(sql, { shards, positions: positions.of(shards), now }))
  const finisher = newFinisher(options.ports, (written) => {
    const isNews = takeIn(written, { hold, outlook, positions })
    if (isNews) options.wake()
  })
  const desk: Desk = { options, limits, hold, positions, finisher, flights: new Set(), isClosed: false }
  let draining = false
  return {
    name: 'deliveries',
    run: async (shards) => {
      let hasFound = false
      for (let window = 0; window < windowsPerRound; window += 1) {
        const owned = shards.filter(options.isOwned)
        if (draining || owned.length === 0) return null
        const now = options.ports.clock.now()
        const { found, isDone } = await startDue(desk, { shards: owned, now })
        hasFound ||= found > 0
        if (!isDone) continue
        const nextDue = await outlook.nextDueAt({ shards: owned, now, hasFound })
        // Where there is no room, what makes some wakes the loop.
        const nextWholeLook = hold.isRoomAwaited() ? null : positions.nextWholeLookAt()
        return earliest([nextDue, hold.nextRoomAt(now), nextWholeLook])
      }
      return options.ports.clock.now()
    },
    busyShards: hold.shards,
    state: hold.state,
    drain: async (maxMs) => {
      draining = true
      const ended = new AbortController()
      const late = options.ports.clock.wait(maxMs, ended.signal).then(() => false)
      const isDrained = await Promise.race([allWritten(desk).then(() => true), late])
      ended.abort()
      desk.isClosed = true
      return isDrained
    },
  }
}

/** Lets go of what is written. True: something may be due that the loop does not know of, or had no room for. */
function takeIn({ batch, hasStray }: Written, { hold, outlook, positions }: Memory): boolean {
  for (const { delivery } of batch) {
    hold.release(delivery)
    if (hasStray) positions.giveBack(delivery)
  }
  const isSooner = batch.map(({ verdict }) => verdict.kind === 'retry' && outlook.putOff(verdict.dueAt))
  const hasPauseEnd = batch.map(({ pause }) => pause !== null && (pause.until === null || outlook.putOff(pause.until)))
  const hasFollower = batch.some(({ delivery, verdict }) => isOrdered(delivery) && verdict.kind !== 'retry')
  return hasStray || hasFollower || hold.isRoomAwaited() || isSooner.includes(true) || hasPauseEnd.includes(true)
}

/** What the loop knows of the table. */
type Memory = { readonly hold: Hold; readonly outlook: Outlook; readonly positions: Positions }

/** What the rounds share. */
type Desk = {
  readonly options: DeliveriesOptions
  readonly limits: HoldLimits
  readonly hold: Hold
  readonly positions: Positions
  readonly finisher: Finisher
  readonly flights: Set<Promise<void>>
  /** The end has come: outcomes are no longer written, since the shards may be another node's. */
  isClosed: boolean
}

async function allWritten({ flights, finisher }: Desk): Promise<void> {
  while (flights.size > 0) await Promise.allSettled(flights)
  await finisher.idle()
}

type Look = { readonly shards: readonly number[]; readonly now: Instant }

/**
 * Takes and starts one window of what is due. Done: nothing more can be started now, for want of deliveries or of slots;
 * the loop is woken when slots get free.
 */
async function startDue(desk: Desk, { shards, now }: Look): Promise<{ readonly found: number; readonly isDone: boolean }> {
  const { options, limits, hold, positions } = desk
  const { clock, db } = options.ports
  const { room, pagesOnly, ids, free } = hold.look(now)
  const limit = Math.min(room, windowMax)
  if (limit === 0) return { found: 0, isDone: true }
  const { deliveries, surplus, heads } = await dueDeliveries(db.sql, {
    shards,
    now,
    positions: positions.forLook({ shards, now }),
    held: ids,
    free,
    perEndpointMax: limits.perEndpointMax,
    pagesOnly,
    limit,
  })
  const found = deliveries.length + surplus.length
  if (found === limit) hold.noteUnread()
  const { unsent, timely } = Object.groupBy(deliveries, (delivery) =>
    unsentBecause(delivery, now) === null ? 'timely' : 'unsent',
  )
  for (const delivery of unsent ?? []) {
    hold.keep(delivery)
    conclude(desk, { delivery, verdict: known(unsentBecause(delivery, now), 'it is not sent'), attempt: null, sign: null })
  }
  const taken = (timely ?? []).filter((delivery) => hold.take(delivery, now))
  const inHand = new Set([...(unsent ?? []), ...taken])
  positions.note([...deliveries, ...surplus], (delivery) => inHand.has(delivery))
  positions.noteHeads(heads)
  // Requests may have ended while the table was read.
  const readAt = clock.now()
  const isFreed = surplus.map((delivery) => hold.noteWaiting(delivery, readAt)).includes(true)
  const givenBack = taken.length === 0 ? 0 : await startWindow(desk, taken)
  return { found, isDone: deliveries.length < limit && givenBack === 0 && !isFreed }
}

/** What becomes of a delivery that is not even tried; null: it is. */
function unsentBecause(delivery: Delivery, now: Instant): Conclusion['verdict'] | null {
  if (delivery.endpoint.isDisabled) return { kind: 'missed', reason: disabledReason }
  return isPastTime(delivery, now) ? judgeLate(delivery) : null
}

const disabledReason = 'The receiver is switched off: it failed for too long, or wanted nothing any more.'

/** What the database was too slow for is tried again so much later. */
const pauseWhileSlow = seconds(5)

/** Returns how many deliveries gave back their slots at once, for which others may wait. */
async function startWindow(desk: Desk, taken: readonly Delivery[]): Promise<number> {
  const { options, hold, positions } = desk
  const { ports, vault } = options
  const undecided = new Set(taken)
  const decide = ({ ready, failed, unsent, resting }: Prepared, credentials: CredentialsById): void => {
    for (const { delivery, until } of resting) rest(desk, delivery, until)
    for (const item of ready)
      if (options.isOwned(item.delivery.shard) && undecided.delete(item.delivery))
        launch(desk, { ...item, credentials: credentials.get(item.delivery.id) ?? noCredentials })
    for (const { delivery, detail } of failed)
      if (undecided.delete(delivery)) conclude(desk, failedPreparation(ports, delivery, detail))
    for (const conclusion of unsent) if (undecided.delete(conclusion.delivery)) conclude(desk, conclusion)
  }
  const prepare = async (some: readonly Delivery[]): Promise<void> => {
    const { credentials, failed } = await loadCredentials(ports, options.credentialsOf, some)
    decide({ ready: [], failed, unsent: [], resting: [] }, credentials)
    // Last, since it is seen here what was taken back meanwhile.
    const { unrendered, ...loaded } = await loadMessages(ports.db.sql, vault, some)
    // What has its bytes leaves at once: a page does not wait until webhooks are rendered.
    decide(loaded, credentials)
    const toRender = unrendered.filter((delivery) => undecided.has(delivery))
    const onStored = (prepared: Prepared): void => decide(prepared, credentials)
    if (toRender.length > 0) await renderMessages({ ...options, db: ports.db }, toRender, onStored)
  }
  const putOff = async (delivery: Delivery, fault: unknown): Promise<void> => {
    // It is our database that is slow, for which no delivery is to blame.
    if (databaseIsTooSlow(fault)) rest(desk, delivery, after(ports.clock.now(), pauseWhileSlow))
    else if (undecided.delete(delivery)) conclude(desk, failedPreparation(ports, delivery, faultText(fault)))
  }
  try {
    const act = (some: readonly Delivery[]) => prepare(some.filter((delivery) => undecided.has(delivery)))
    await togetherOrAlone(taken, { act, putOff })
    return undecided.size
  } finally {
    // Taken back, rendered by another node, its shard lost, or a defect on the way: whoever looks next decides.
    for (const delivery of undecided) {
      hold.release(delivery)
      positions.giveBack(delivery)
    }
  }
}

/** So long at most do pages rest: among those of their endpoint may be some that are made already. */
const pagesRestMax = seconds(1)

/** The loop is woken when the endpoint may have something again. */
function rest({ options: { ports, wake }, hold }: Desk, delivery: Delivery, wish: Instant): void {
  const { clock } = ports
  const now = clock.now()
  const until = isPage(delivery) ? instant(Math.min(wish, after(now, pagesRestMax))) : wish
  // A timer may end within the millisecond before its time, and nobody would wake the loop again.
  const length = ms(Math.max(until - now, 0) + 1)
  if (hold.rest(delivery, until)) void clock.wait(length, new AbortController().signal).then(wake)
}

function launch(desk: Desk, leaving: Leaving): void {
  desk.hold.leaves(leaving.delivery, leaving.message.body?.length ?? 0, desk.options.ports.clock.now())
  const flight = fly(desk, leaving).finally(() => desk.flights.delete(flight))
  desk.flights.add(flight)
}

/** Never rejects: nobody awaits it, so that a defect would end the process. */
async function fly(desk: Desk, leaving: Leaving): Promise<void> {
  const { ports } = desk.options
  const conclusion = await makeAttempt(desk.options, leaving).catch((fault) => failedAttempt(ports, leaving.delivery, fault))
  conclude(desk, conclusion)
}

/** The slot is free at once; who waits for it does not wait until the outcome is written. */
function conclude({ options, hold, finisher, isClosed }: Desk, conclusion: Conclusion): void {
  if (isClosed) return
  const { delivery, sign } = conclusion
  const isAwaited = hold.landed(delivery, options.ports.clock.now())
  const pause = sign === null ? null : hold.learn(delivery, sign)
  if (isAwaited) options.wake()
  finisher.add({ ...conclusion, pause })
}
