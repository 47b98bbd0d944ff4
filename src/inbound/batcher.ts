import { type Ms, ms } from '../lib/time.ts'
import type { Clock } from '../ports.ts'

/** Work of many callers, done together: a lane has one batch under way, and the next is what came meanwhile. */
export type Batcher<Item, Answer> = {
  /** Resolves with this item's answer when its batch is done. */
  add(item: Item): Promise<Answer>
  /** The size of all items that wait, beside those under way. */
  waitingSize(): number
  /** How long it is since a batch began or ended, while there are items that have no answer; else 0. */
  stalledMs(): Ms
}

type Waiting<Item, Answer> = {
  readonly item: Item
  readonly resolve: (answer: Answer) => void
  readonly reject: (fault: unknown) => void
}

type Work<Item, Answer> = {
  readonly monotonic: Clock['monotonic']
  readonly work: (items: readonly Item[]) => Promise<readonly Answer[]>
  /** What could hold up whom: a lane that stalls is waited for by its own items only. */
  readonly laneOf: (item: Item) => string
  /** How many lanes have a batch under way at once. */
  readonly lanesMax: number
  /** How many items a batch has at most, and how large they are together; an item that is larger goes alone. */
  readonly batchMax: number
  readonly sizeMax: number
  readonly sizeOf: (item: Item) => number
  /** Whether a fault would meet each item of the lane alone. */
  readonly isEverybodys: (fault: unknown) => boolean
}

/**
 * Makes a batcher. `work` gets items of one lane and answers for each at its place. A batch that fails over its content is done
 * again item by item, so that one that cannot be done does not take the others with it; any other fault is everybody's.
 */
export function batcher<Item, Answer>(how: Work<Item, Answer>): Batcher<Item, Answer> {
  /** What waits. The lane that has waited longest for its turn is the first. */
  const lanes = new Map<string, Waiting<Item, Answer>[]>()
  const underway = new Set<string>()
  let waitingSize = 0
  let movedAt: Ms = ms(0)
  const watched: typeof how = {
    ...how,
    work: async (items) => {
      movedAt = how.monotonic()
      try {
        return await how.work(items)
      } finally {
        movedAt = how.monotonic()
      }
    },
  }

  /** Takes the next batch of a lane, whose rest goes behind the other lanes. */
  const take = (lane: string): readonly Waiting<Item, Answer>[] => {
    const queue = lanes.get(lane) ?? []
    const count = fittingCount(how, queue)
    const batch = queue.slice(0, count)
    lanes.delete(lane)
    if (count < queue.length) lanes.set(lane, queue.slice(count))
    for (const { item } of batch) waitingSize -= how.sizeOf(item)
    return batch
  }
  const run = async (lane: string): Promise<void> => {
    underway.add(lane)
    await done(watched, take(lane))
    underway.delete(lane)
    begin()
  }
  const begin = (): void => {
    for (const lane of lanes.keys()) {
      if (underway.size >= how.lanesMax) return
      if (!underway.has(lane)) void run(lane)
    }
  }

  return {
    waitingSize: () => waitingSize,
    stalledMs: () => ms(underway.size === 0 ? 0 : how.monotonic() - movedAt),
    add: (item) =>
      new Promise((resolve, reject) => {
        const lane = how.laneOf(item)
        const queue = lanes.get(lane) ?? []
        queue.push({ item, resolve, reject })
        lanes.set(lane, queue)
        waitingSize += how.sizeOf(item)
        if (!underway.has(lane)) begin()
      }),
  }
}

/** How many from the front make the next batch; at least one. */
function fittingCount<Item, Answer>(
  { batchMax, sizeMax, sizeOf }: Work<Item, Answer>,
  queue: readonly Waiting<Item, Answer>[],
): number {
  let size = 0
  const tooMany = queue.findIndex(({ item }, index) => {
    size += sizeOf(item)
    return index > 0 && (index === batchMax || size > sizeMax)
  })
  return tooMany < 0 ? queue.length : tooMany
}

async function done<Item, Answer>(
  how: Pick<Work<Item, Answer>, 'work' | 'isEverybodys'>,
  batch: readonly Waiting<Item, Answer>[],
): Promise<void> {
  try {
    const answers = await how.work(batch.map(({ item }) => item))
    for (const [index, answer] of answers.entries()) batch[index]?.resolve(answer)
  } catch (fault) {
    if (batch.length === 1 || how.isEverybodys(fault)) return batch.forEach(({ reject }) => reject(fault))
    for (const one of batch) await done(how, [one])
  }
}
