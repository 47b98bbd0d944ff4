import type { EndpointId } from '../../lib/ids.ts'
import { earliest, type Instant } from '../../lib/time.ts'
import { type Delivery, type EndpointKind, isPage, isReplay } from '../delivery.ts'
import type { Sign } from '../sending/sign.ts'
import {
  bucketAfter,
  type EndpointUse,
  isForgotten,
  isSuspect,
  learnt,
  newUse,
  refillAt,
  restLonger,
  takeSlot,
} from './endpoint-use.ts'
import { freeOf, type FreeSlots, type SuspectsShare } from './free-slots.ts'
import type { Pause } from './standing.ts'

export type SlotLimits = {
  /**
   * Requests under way at once per endpoint, unless its settings say it; a webhook's begins with one, and pages alone have all
   * from the beginning.
   */
  readonly perEndpointMax: Readonly<Record<EndpointKind, number>>
  /** What may be under way to suspects, all of them together. */
  readonly suspectsInFlightMax: number
}

/** How many requests each endpoint has and may have under way in this process, which learns that from what becomes of them. */
export type Slots = {
  /** Of the endpoints of which something is known, first those to which something left longest ago. */
  free(now: Instant): readonly FreeSlots[]
  isFree(delivery: Delivery, now: Instant): boolean
  isSuspect(delivery: Delivery, now: Instant): boolean
  take(delivery: Delivery, now: Instant): void
  /** Nothing like it, page or other, is free for its endpoint until then. False: that is so already. */
  rest(delivery: Delivery, until: Instant): boolean
  /** Its request leaves. */
  leaves(delivery: Delivery, now: Instant): void
  /** Its request has ended or was never made. */
  landed(delivery: Delivery): void
  /** Returns what is to be written; null: nothing that the table does not have. Until it is written, this process minds it by itself. */
  learn(delivery: Delivery, sign: Sign): Pause | null
  written(delivery: Delivery): void
  /** When the next endpoint may send again that has used up its rate; null: all may. */
  nextRefillAt(now: Instant): Instant | null
  /** How many receivers of webhooks are suspected of hanging, and how many are left alone because they failed. */
  troubled(now: Instant): Troubled
}

export type Troubled = { readonly suspects: number; readonly paused: number }

/**
 * Only this isolates receivers from each other: one that hangs has one slot, all that hang or are slow have a share, and everybody else
 * gets more with each success. A fixed number for each is none, since many that hang take all; nor is the breaker, which
 * learns only after their time has run out.
 */
export function newSlots({ perEndpointMax, suspectsInFlightMax }: SlotLimits): Slots {
  const uses = new Map<EndpointId, EndpointUse>()
  const maxOf = ({ kind, settings }: EndpointUse): number => settings?.inFlightMax ?? perEndpointMax[kind]
  const share = newSuspectsShare(uses, suspectsInFlightMax)
  const isFree = (delivery: Delivery, now: Instant): boolean => {
    const use = uses.get(delivery.endpointId)
    if (use === undefined) return true
    use.settings = delivery.endpoint.settings
    const free = freeOf(use, now, { max: maxOf(use), suspects: () => share.at(now) })
    if (isPage(delivery)) return free.pages > 0
    return (isReplay(delivery) ? free.replays : free.others) > 0
  }
  return {
    free: (now) => {
      for (const [id, use] of uses) if (isForgotten(use, now)) uses.delete(id)
      const suspects = share.at(now)
      return [...uses].map(([endpointId, use]) => ({
        endpointId,
        ...freeOf(use, now, { max: maxOf(use), suspects: () => suspects }),
      }))
    },
    isFree,
    isSuspect: ({ endpointId }, now) => {
      const use = uses.get(endpointId)
      return use !== undefined && isSuspect(use, now)
    },
    take: (delivery, now) => {
      const use = uses.get(delivery.endpointId) ?? newUse(delivery.endpoint, now)
      uses.set(delivery.endpointId, use)
      takeSlot(use, delivery, now)
      if (!isPage(delivery)) share.taken(use)
    },
    rest: (delivery, until) => {
      const use = uses.get(delivery.endpointId)
      return use !== undefined && restLonger(use, delivery, until)
    },
    leaves: ({ id, endpointId }, now) => {
      const use = uses.get(endpointId)
      if (use === undefined) return
      use.leftAt.set(id, now)
      putLast(uses, [endpointId, use])
      use.bucket = bucketAfter(use, now)
    },
    landed: (delivery) => {
      const use = uses.get(delivery.endpointId)
      if (use === undefined) return
      share.changed()
      use.leftAt.delete(delivery.id)
      if (isPage(delivery)) use.pages -= 1
      else use.others -= 1
    },
    learn: ({ id, endpointId }, sign) => {
      const use = uses.get(endpointId)
      share.changed()
      return use === undefined || use.kind === 'mail' ? null : learnt(use, { by: id, sign, max: maxOf(use) })
    },
    written: ({ id, endpointId }) => {
      const use = uses.get(endpointId)
      if (use !== undefined && use.pause?.by === id) use.pause = null
    },
    nextRefillAt: (now) => earliest([...uses.values()].map((use) => refillAt(use, now))),
    troubled: (now) => troubledOf([...uses.values()], now),
  }
}

const troubledOf = (uses: readonly EndpointUse[], now: Instant): Troubled => ({
  suspects: uses.filter((use) => isSuspect(use, now)).length,
  paused: uses.filter(({ standing }) => standing.breaker.open !== null).length,
})

/** In the map, last is who had a turn last. */
function putLast(uses: Map<EndpointId, EndpointUse>, [endpointId, use]: readonly [EndpointId, EndpointUse]): void {
  uses.delete(endpointId)
  uses.set(endpointId, use)
}

/** Counted once for all questions of an instant, since thousands of endpoints may be asked about then. */
function newSuspectsShare(uses: ReadonlyMap<EndpointId, EndpointUse>, max: number) {
  let counted: { readonly at: Instant; used: number } | null = null
  const usedAt = (now: Instant): number => {
    let used = 0
    for (const use of uses.values()) if (use.others > 0 && isSuspect(use, now)) used += use.others
    return used
  }
  return {
    at: (now: Instant): SuspectsShare => {
      if (counted?.at !== now) counted = { at: now, used: usedAt(now) }
      return { free: max - counted.used, max }
    },
    /** One more slot of it that is no page's. */
    taken: (use: EndpointUse): void => {
      if (counted !== null && isSuspect(use, counted.at)) counted.used += 1
    },
    changed: (): void => {
      counted = null
    },
  }
}
