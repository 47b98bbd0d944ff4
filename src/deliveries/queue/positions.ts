import type { EndpointId, OrganizationId } from '../../lib/ids.ts'
import { after, before, type Instant, type Ms, seconds } from '../../lib/time.ts'
import { type Delivery, type Lane, lanes } from '../delivery.ts'

/** How far a lane of an endpoint has been read: what comes up to here is in hand, or has ended. Of what is ordered, by id alone, it has ended. */
export type Position = {
  readonly shard: number
  readonly organizationId: OrganizationId
  readonly endpointId: EndpointId
  readonly lane: Lane
  readonly dueAt: Instant
  readonly id: number
}

/**
 * From where this process reads on. An index keeps the entries of rows that are gone for as long as anybody may see them: with a backup
 * or a forgotten transaction open, each look from the beginning would walk over all that was ever sent meanwhile.
 */
export type Positions = {
  /** From where to read now; none: from the beginning, which is so every few seconds. */
  forLook(look: { readonly shards: readonly number[]; readonly now: Instant }): readonly Position[]
  /** Those of the shards, as they are. */
  of(shards: readonly number[]): readonly Position[]
  /** What a look has read, in its order; what is not in hand has to be read again. */
  note(read: readonly Delivery[], isInHand: (delivery: Delivery) => boolean): void
  /** What a look has found to be the first of what is ordered: all before it has ended. */
  noteHeads(heads: readonly Delivery[]): void
  /** It has to be read again. */
  giveBack(delivery: Delivery): void
  /** When to read from the beginning although nobody calls; null: that was done last. */
  nextWholeLookAt(): Instant | null
}

/**
 * Transactions do not commit in the order in which their rows are due, and clocks differ: what became due within this time is always
 * read from its beginning. What commits later still is found by the next whole look.
 */
const unsureMs: Ms = seconds(5)
const wholeLookEveryMs: Ms = seconds(4)

/** The most recently read are known; each costs a step of the index with every look. */
const knownMax = 256

export function newPositions(): Positions {
  const known = new Map<string, Position>()
  let ownedShards = ''
  let wholeAt: Instant | null = null
  let hasReadOn = false
  const of = (shards: readonly number[]): readonly Position[] => {
    const owned = new Set(shards)
    return [...known.values()].filter(({ shard }) => owned.has(shard))
  }
  const forget = (delivery: Delivery): void => {
    const position = known.get(keyOf(delivery))
    if (position !== undefined && !comesAfter(delivery, position)) known.delete(keyOf(delivery))
  }
  const advance = (delivery: Delivery): void => {
    const position = known.get(keyOf(delivery))
    set(position === undefined || comesAfter(delivery, position) ? positionOf(delivery) : position)
  }
  const set = (position: Position): void => {
    const key = keyOf(position)
    known.delete(key)
    known.set(key, position)
    const [oldest] = known.keys()
    if (known.size > knownMax && oldest !== undefined) known.delete(oldest)
  }
  return {
    forLook: ({ shards, now }) => {
      if (shards.join() !== ownedShards) known.clear()
      ownedShards = shards.join()
      const isWhole = wholeAt === null || now < wholeAt || now >= after(wholeAt, wholeLookEveryMs)
      if (isWhole) wholeAt = now
      const positions = isWhole ? [] : of(shards).map((position) => sureOf(position, now))
      hasReadOn = positions.length > 0
      return positions
    },
    of,
    note: (read, isInHand) => {
      const stopped = new Set<string>()
      for (const delivery of read) {
        const key = keyOf(delivery)
        // What is ordered waits for the first of it, wherever that is.
        if (delivery.lane === lanes.ordered || stopped.has(key)) continue
        if (isInHand(delivery)) advance(delivery)
        else {
          stopped.add(key)
          forget(delivery)
        }
      }
    },
    noteHeads: (heads) => {
      for (const head of heads) set({ ...positionOf(head), id: head.id - 1 })
    },
    giveBack: (delivery) => {
      if (delivery.lane !== lanes.ordered) forget(delivery)
    },
    nextWholeLookAt: () => (hasReadOn && wholeAt !== null ? after(wholeAt, wholeLookEveryMs) : null),
  }
}

const keyOf = ({ endpointId, lane }: Pick<Position, 'endpointId' | 'lane'>): string => `${endpointId} ${lane}`

const positionOf = ({ shard, organizationId, endpointId, lane, dueAt, id }: Delivery): Position => ({
  shard,
  organizationId,
  endpointId,
  lane,
  dueAt,
  id,
})

const comesAfter = (delivery: Delivery, position: Position): boolean =>
  delivery.dueAt > position.dueAt || (delivery.dueAt === position.dueAt && delivery.id > position.id)

/** What is ordered comes from events, which hold up each other until the commit: no smaller id comes later. */
function sureOf(position: Position, now: Instant): Position {
  if (position.lane === lanes.ordered) return position
  const sureAt = before(now, unsureMs)
  return position.dueAt < sureAt ? position : { ...position, dueAt: sureAt, id: 0 }
}
