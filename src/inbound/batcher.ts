/** Work of many callers, done together: one batch is under way, and the next is what came meanwhile. */
export type Batcher<Item, Answer> = {
  /** Resolves with this item's answer when its batch is done. */
  add(item: Item): Promise<Answer>
  /** The size of all items that wait, beside those under way. */
  waitingSize(): number
}

type Waiting<Item, Answer> = {
  readonly item: Item
  readonly resolve: (answer: Answer) => void
  readonly reject: (fault: unknown) => void
}

type Work<Item, Answer> = {
  readonly work: (items: readonly Item[]) => Promise<readonly Answer[]>
  /** How many items a batch has at most, and how large they are together; an item that is larger goes alone. */
  readonly batchMax: number
  readonly sizeMax: number
  readonly sizeOf: (item: Item) => number
  /** Whether a fault has nothing to do with the items. */
  readonly isEverybodys: (fault: unknown) => boolean
}

/**
 * Makes a batcher. `work` answers for each item at its place. A batch that fails over its content is done again item by
 * item, so that one that cannot be done does not take the others with it; any other fault is everybody's.
 */
export function batcher<Item, Answer>(how: Work<Item, Answer>): Batcher<Item, Answer> {
  let queue: Waiting<Item, Answer>[] = []
  let isUnderWay = false
  let waitingSize = 0

  const drain = async (): Promise<void> => {
    isUnderWay = true
    while (queue.length > 0) {
      const count = fittingCount(how, queue)
      const batch = queue.slice(0, count)
      queue = queue.slice(count)
      for (const { item } of batch) waitingSize -= how.sizeOf(item)
      await done(how, batch)
    }
    isUnderWay = false
  }

  return {
    waitingSize: () => waitingSize,
    add: (item) =>
      new Promise((resolve, reject) => {
        queue.push({ item, resolve, reject })
        waitingSize += how.sizeOf(item)
        if (!isUnderWay) void drain()
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
