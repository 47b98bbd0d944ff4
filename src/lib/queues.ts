import { tooMany } from './rejection.ts'
import { seconds } from './time.ts'

/** Does the work of each owner one piece after the other, so that one who asks for much at once has no more of the server than one who waits. */
export type Queues = {
  /** Rejects as too many what would wait behind too much. */
  readonly take: <Value>(owner: string, work: () => Promise<Value>) => Promise<Value>
}

/** Queues in which so many pieces of each owner wait or are under way at most. */
export function newQueues(lengthMax: number): Queues {
  const queues = new Map<string, { readonly length: number; readonly last: Promise<unknown> }>()

  const leave = (owner: string): void => {
    const { length = 0, last = Promise.resolve() } = queues.get(owner) ?? {}
    if (length > 1) queues.set(owner, { length: length - 1, last })
    else queues.delete(owner)
  }

  return {
    take: async (owner, work) => {
      const { length = 0, last = Promise.resolve() } = queues.get(owner) ?? {}
      if (length >= lengthMax) throw tooMany(seconds(1))
      const done = last.then(work).finally(() => leave(owner))
      queues.set(owner, { length: length + 1, last: done.catch(() => {}) })
      return done
    },
  }
}
