import type { EndpointId } from '../lib/ids.ts'
import type { Delivery, EndpointKind } from './delivery.ts'

export type HoldLimits = {
  /** Requests under way at once, in all. */
  readonly inFlightMax: number
  /** Requests under way at once per endpoint, so that one that hangs cannot take all. */
  readonly perEndpointMax: Readonly<Record<EndpointKind, number>>
  /** Deliveries in memory, with those whose outcome is not written yet: the bound while the database is down. */
  readonly heldMax: number
}

/** The deliveries that this process has in its hands, from the moment it takes them until their outcome is written. */
export type Hold = {
  /** What may be taken now. From here on the hold notes for what it has no slot. */
  look(): { readonly room: number; readonly ids: readonly number[]; readonly fullEndpoints: readonly EndpointId[] }
  /** Takes a delivery unless its endpoint is full. */
  take(delivery: Delivery): boolean
  /** Its request has ended or was never made; the outcome is not written yet. */
  landed(delivery: Delivery): void
  release(delivery: Delivery): void
  /** Whether something may wait for the slot of this delivery: since the last look there was none for it at some time. */
  isSlotAwaited(delivery: Delivery): boolean
  /** Whether the last look found no room at all. */
  isRoomAwaited(): boolean
  shards(): ReadonlySet<number>
}

export function newHold({ inFlightMax, perEndpointMax, heldMax }: HoldLimits): Hold {
  const held = new Map<number, Delivery>()
  const flying = new Set<number>()
  const flyingTo = new Map<EndpointId, number>()
  let full = new Set<EndpointId>()
  let hadRoom = true
  const isFull = ({ endpointId, endpoint }: Delivery): boolean => (flyingTo.get(endpointId) ?? 0) >= perEndpointMax[endpoint.kind]
  const landed = ({ id, endpointId }: Delivery): void => {
    if (!flying.delete(id)) return
    const left = (flyingTo.get(endpointId) ?? 0) - 1
    if (left > 0) flyingTo.set(endpointId, left)
    else flyingTo.delete(endpointId)
  }
  return {
    look: () => {
      const room = Math.max(Math.min(inFlightMax - flying.size, heldMax - held.size), 0)
      hadRoom = room > 0
      full = new Set([...held.values()].filter(isFull).map(({ endpointId }) => endpointId))
      return { room, ids: [...held.keys()], fullEndpoints: [...full] }
    },
    take: (delivery) => {
      if (isFull(delivery) || held.has(delivery.id)) return false
      held.set(delivery.id, delivery)
      flying.add(delivery.id)
      flyingTo.set(delivery.endpointId, (flyingTo.get(delivery.endpointId) ?? 0) + 1)
      if (isFull(delivery)) full.add(delivery.endpointId)
      return true
    },
    landed,
    release: (delivery) => {
      landed(delivery)
      held.delete(delivery.id)
    },
    isSlotAwaited: ({ endpointId }) => !hadRoom || full.has(endpointId),
    isRoomAwaited: () => !hadRoom,
    shards: () => new Set([...held.values()].map((delivery) => delivery.shard)),
  }
}
