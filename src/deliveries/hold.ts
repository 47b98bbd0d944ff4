import type { EndpointId } from '../lib/ids.ts'
import { type Delivery, type EndpointKind, lanes } from './delivery.ts'

export type HoldLimits = {
  /** What is under way at once, in all. */
  readonly inFlightMax: number
  /** What of it may be no page, so that receivers that hang leave room for pages, however many they are. */
  readonly webhooksInFlightMax: number
  /** What their bodies may be together before no more are taken, since all of them are in memory. */
  readonly webhookBytesInFlightMax: number
  /** Requests under way at once per endpoint, so that one that hangs cannot take all. */
  readonly perEndpointMax: Readonly<Record<EndpointKind, number>>
  /** Deliveries in memory, with those whose outcome is not written yet: the bound while the database is down. */
  readonly heldMax: number
}

/** The deliveries that this process has in its hands, from the moment it takes them until their outcome is written. */
export type Hold = {
  /** What may be taken now. From here on the hold notes for what it has no slot. */
  look(): Look
  /** Takes a delivery unless its endpoint is full, there is room for pages only, or one that it must follow is under way. */
  take(delivery: Delivery): boolean
  /** Holds a delivery for which nothing will leave. */
  keep(delivery: Delivery): void
  /** Its request leaves, with a body of so many bytes. */
  leaves(delivery: Delivery, bytes: number): void
  /** Its request has ended or was never made; the outcome is not written yet. */
  landed(delivery: Delivery): void
  release(delivery: Delivery): void
  /** Whether something may wait for the slot of this delivery: since the last look there was none for it at some time. */
  isSlotAwaited(delivery: Delivery): boolean
  /** Whether the last look found no room at all. */
  isRoomAwaited(): boolean
  shards(): ReadonlySet<number>
}

type Look = {
  /** How many may be taken in all. */
  readonly room: number
  /** Only pages find room. */
  readonly pagesOnly: boolean
  readonly ids: readonly number[]
  readonly fullEndpoints: readonly EndpointId[]
}

export function newHold(limits: HoldLimits): Hold {
  const { inFlightMax, webhooksInFlightMax, webhookBytesInFlightMax, perEndpointMax, heldMax } = limits
  const held = new Map<number, Delivery>()
  /** With the bytes of their bodies, as soon as these are known. */
  const flying = new Map<number, number>()
  const flyingTo = new Map<EndpointId, number>()
  /** To which something ordered is under way. */
  const orderedTo = new Set<EndpointId>()
  let webhooksFlying = 0
  let webhookBytesFlying = 0
  let full = new Set<EndpointId>()
  let hadRoom = true
  let hadRoomForWebhooks = true
  const isFull = ({ endpointId, endpoint }: Delivery): boolean => (flyingTo.get(endpointId) ?? 0) >= perEndpointMax[endpoint.kind]
  const hasRoomForWebhooks = (): boolean => webhooksFlying < webhooksInFlightMax && webhookBytesFlying < webhookBytesInFlightMax
  const landed = (delivery: Delivery): void => {
    const { id, endpointId } = delivery
    const bytes = flying.get(id)
    if (bytes === undefined) return
    flying.delete(id)
    webhookBytesFlying -= bytes
    if (!isPage(delivery)) webhooksFlying -= 1
    if (isOrdered(delivery)) orderedTo.delete(endpointId)
    const left = (flyingTo.get(endpointId) ?? 0) - 1
    if (left > 0) flyingTo.set(endpointId, left)
    else flyingTo.delete(endpointId)
  }
  return {
    look: () => {
      const room = Math.max(Math.min(inFlightMax - flying.size, heldMax - held.size), 0)
      hadRoom = room > 0
      hadRoomForWebhooks = hasRoomForWebhooks()
      full = new Set([...held.values()].filter(isFull).map(({ endpointId }) => endpointId))
      return { room, pagesOnly: !hadRoomForWebhooks, ids: [...held.keys()], fullEndpoints: [...full] }
    },
    take: (delivery) => {
      if (isFull(delivery) || held.has(delivery.id) || !(isPage(delivery) || hasRoomForWebhooks())) return false
      if (isOrdered(delivery) && orderedTo.has(delivery.endpointId)) return false
      if (isOrdered(delivery)) orderedTo.add(delivery.endpointId)
      held.set(delivery.id, delivery)
      flying.set(delivery.id, 0)
      if (!isPage(delivery)) webhooksFlying += 1
      hadRoomForWebhooks &&= hasRoomForWebhooks()
      flyingTo.set(delivery.endpointId, (flyingTo.get(delivery.endpointId) ?? 0) + 1)
      if (isFull(delivery)) full.add(delivery.endpointId)
      return true
    },
    keep: (delivery) => {
      held.set(delivery.id, delivery)
    },
    leaves: (delivery, bytes) => {
      if (isPage(delivery)) return
      flying.set(delivery.id, bytes)
      webhookBytesFlying += bytes
    },
    landed,
    release: (delivery) => {
      landed(delivery)
      held.delete(delivery.id)
    },
    isSlotAwaited: (delivery) => !hadRoom || full.has(delivery.endpointId) || !(hadRoomForWebhooks || isPage(delivery)),
    isRoomAwaited: () => !hadRoom,
    shards: () => new Set([...held.values()].map((delivery) => delivery.shard)),
  }
}

const isPage = ({ lane }: Delivery): boolean => lane === lanes.page
const isOrdered = ({ lane }: Delivery): boolean => lane === lanes.ordered
