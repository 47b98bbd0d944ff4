import type { EndpointId } from '../../lib/ids.ts'
import { after, before, earliest, type Instant, ms } from '../../lib/time.ts'
import { type Delivery, isOrdered, isPage } from '../delivery.ts'
import type { Sign } from '../sending/sign.ts'
import type { FreeSlots } from './free-slots.ts'
import { newSlots, type SlotLimits, type Troubled } from './slots.ts'
import { type Pause, soonMs } from './standing.ts'

export type HoldLimits = SlotLimits & {
  /** What is under way at once, in all, but for what hangs. */
  readonly inFlightMax: number
  /** What of it may be no page, so that receivers that hang leave room for pages, however many they are. */
  readonly webhooksInFlightMax: number
  /** What their bodies may be together before no more are taken, since all of them are in memory. */
  readonly webhookBytesInFlightMax: number
  /** Deliveries in memory, with those whose outcome is not written yet, but for what hangs: the bound while the database is down. */
  readonly heldMax: number
  /**
   * So many requests to webhooks that have been under way for long, and so many bytes of theirs, count for none of these limits: they
   * only wait, and others are not to wait with them.
   */
  readonly hangingMax: number
  readonly hangingBytesMax: number
}

/** The deliveries that this process has in its hands, from the moment it takes them until their outcome is written. */
export type Hold = {
  /** What may be taken now. From here on the hold notes for what it has no slot. */
  look(now: Instant): Look
  /** Notes that this one waits for a slot. True: one has become free since the look, so that it can be taken. */
  noteWaiting(delivery: Delivery, now: Instant): boolean
  /** Notes that more may wait than was read. */
  noteUnread(): void
  /** Takes a delivery unless its endpoint is full, there is room for pages only, or one that it must follow is under way. */
  take(delivery: Delivery, now: Instant): boolean
  /** Lets nothing like it, page or other, be taken for its endpoint until then. False: that is so already. */
  rest(delivery: Delivery, until: Instant): boolean
  /** Holds a delivery for which nothing will leave. */
  keep(delivery: Delivery): void
  /** Its request leaves, with a body of so many bytes. */
  leaves(delivery: Delivery, bytes: number, now: Instant): void
  /** Its request has ended or was never made; the outcome is not written yet. Says whether something may wait for its slot. */
  landed(delivery: Delivery, now: Instant): boolean
  /** What its attempt says about the endpoint; returns what of it is to be written with the outcome. */
  learn(delivery: Delivery, sign: Sign): Pause | null
  /** Its outcome is written, or there is none. */
  release(delivery: Delivery): void
  /** Whether the last look found no room at all. */
  isRoomAwaited(): boolean
  /** When there is room again, unless a request ends before: for an endpoint that has used up its rate, or since one hangs. */
  nextRoomAt(now: Instant): Instant | null
  shards(): ReadonlySet<number>
  state(now: Instant): HoldState
}

/** What an operator is told. */
export type HoldState = Troubled & {
  /** Under way. */
  readonly pages: number
  readonly webhooks: number
}

type Look = {
  /** How many may be taken in all. */
  readonly room: number
  /** Only pages find room. */
  readonly pagesOnly: boolean
  readonly ids: readonly number[]
  readonly free: readonly FreeSlots[]
}

export function newHold(limits: HoldLimits): Hold {
  const slots = newSlots(limits)
  const flights = newFlights(limits)
  const held = new Map<number, Delivery>()
  let awaited = nothingAwaited()
  const hasSlot = (delivery: Delivery, now: Instant): boolean => slots.isFree(delivery, now) && !flights.isBehind(delivery)
  const noteWaiting = (delivery: Delivery, now: Instant): boolean => {
    awaited.endpoints.add(delivery.endpointId)
    if (!isPage(delivery)) awaited.isBySuspect ||= slots.isSuspect(delivery, now)
    return hasSlot(delivery, now)
  }
  const end = (delivery: Delivery): boolean => {
    const wasFlying = flights.end(delivery)
    if (wasFlying) slots.landed(delivery)
    return wasFlying
  }
  return {
    look: (now) => {
      const hanging = flights.hangingCount(now)
      const room = Math.max(Math.min(limits.inFlightMax - flights.count(), limits.heldMax - held.size) + hanging, 0)
      awaited = { ...nothingAwaited(), isAny: room === 0, isByWebhooks: !flights.hasRoomForWebhooks() }
      return { room, pagesOnly: awaited.isByWebhooks, ids: [...held.keys()], free: slots.free(now) }
    },
    noteWaiting,
    noteUnread: () => {
      awaited.isAny = true
    },
    take: (delivery, now) => {
      if (held.has(delivery.id)) return false
      const hasRoom = isPage(delivery) || flights.hasRoomForWebhooks()
      awaited.isByWebhooks ||= !hasRoom
      if (!hasRoom) return false
      if (!hasSlot(delivery, now)) {
        noteWaiting(delivery, now)
        return false
      }
      held.set(delivery.id, delivery)
      flights.start(delivery)
      slots.take(delivery, now)
      return true
    },
    rest: slots.rest,
    keep: (delivery) => {
      held.set(delivery.id, delivery)
    },
    leaves: (delivery, bytes, now) => {
      slots.leaves(delivery, now)
      flights.leaves(delivery, bytes, now)
    },
    landed: (delivery, now) => {
      const wasSuspect = slots.isSuspect(delivery, now)
      if (!end(delivery)) return false
      const { isAny, isByWebhooks, isBySuspect, endpoints } = awaited
      return isAny || endpoints.has(delivery.endpointId) || (isByWebhooks && !isPage(delivery)) || (isBySuspect && wasSuspect)
    },
    learn: slots.learn,
    release: (delivery) => {
      end(delivery)
      slots.written(delivery)
      held.delete(delivery.id)
    },
    isRoomAwaited: () => awaited.isAny,
    nextRoomAt: (now) =>
      earliest([slots.nextRefillAt(now), awaited.isAny || awaited.isByWebhooks ? flights.nextHangsAt() : null]),
    shards: () => new Set([...held.values()].map((delivery) => delivery.shard)),
    state: (now) => ({ ...slots.troubled(now), ...flights.kinds() }),
  }
}

/** What is under way, all endpoints together. */
function newFlights({ webhooksInFlightMax, webhookBytesInFlightMax, hangingMax, hangingBytesMax }: HoldLimits) {
  /** With the bytes of their bodies, as soon as these are known. */
  const flying = new Map<number, number>()
  /** Requests to webhooks that may still be answered soon, and when they left, oldest first. */
  const young = new Map<number, Instant>()
  const hanging = new Set<number>()
  /** To which something ordered is under way. */
  const orderedTo = new Set<EndpointId>()
  let webhooksCount = 0
  let webhookBytes = 0
  let hangingBytes = 0
  const bytesOf = (id: number): number => flying.get(id) ?? 0
  return {
    count: () => flying.size,
    /** Finds out what hangs now, which counts for no limit from here on. */
    hangingCount: (now: Instant): number => {
      for (const [id, leftAt] of young) {
        if (leftAt >= before(now, soonMs) || hanging.size >= hangingMax || hangingBytes + bytesOf(id) > hangingBytesMax) break
        young.delete(id)
        hanging.add(id)
        hangingBytes += bytesOf(id)
      }
      return hanging.size
    },
    kinds: () => ({ pages: flying.size - webhooksCount, webhooks: webhooksCount }),
    hasRoomForWebhooks: () =>
      webhooksCount - hanging.size < webhooksInFlightMax && webhookBytes - hangingBytes < webhookBytesInFlightMax,
    /** Whether it must wait for another that is under way, whatever slots there are. */
    isBehind: (delivery: Delivery) => isOrdered(delivery) && orderedTo.has(delivery.endpointId),
    start: (delivery: Delivery): void => {
      flying.set(delivery.id, 0)
      if (isOrdered(delivery)) orderedTo.add(delivery.endpointId)
      if (!isPage(delivery)) webhooksCount += 1
    },
    leaves: (delivery: Delivery, bytes: number, now: Instant): void => {
      if (isPage(delivery)) return
      flying.set(delivery.id, bytes)
      young.set(delivery.id, now)
      webhookBytes += bytes
    },
    /** When the next request hangs if it is not answered; null: it would count all the same. */
    nextHangsAt: (): Instant | null => {
      const [oldest] = young
      if (oldest === undefined || hanging.size >= hangingMax || hangingBytes + bytesOf(oldest[0]) > hangingBytesMax) return null
      return after(oldest[1], ms(soonMs + 1))
    },
    /** False: it was not under way. */
    end: (delivery: Delivery): boolean => {
      const bytes = flying.get(delivery.id)
      if (bytes === undefined) return false
      flying.delete(delivery.id)
      young.delete(delivery.id)
      if (hanging.delete(delivery.id)) hangingBytes -= bytes
      webhookBytes -= bytes
      if (!isPage(delivery)) webhooksCount -= 1
      if (isOrdered(delivery)) orderedTo.delete(delivery.endpointId)
      return true
    },
  }
}

/** What was seen to wait since the last look, and for what. */
type Awaited = {
  /** Room of whatever kind. */
  isAny: boolean
  /** Room for webhooks. */
  isByWebhooks: boolean
  /** A slot of those that suspects share. */
  isBySuspect: boolean
  readonly endpoints: Set<EndpointId>
}

const nothingAwaited = (): Awaited => ({ isAny: false, isByWebhooks: false, isBySuspect: false, endpoints: new Set() })
