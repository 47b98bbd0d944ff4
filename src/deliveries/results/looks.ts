import { after, type Instant, type Ms, seconds } from '../../lib/time.ts'

/**
 * From where a loop reads on among the results of deliveries. Those that were taken are gone, but an index keeps their entries for as long as
 * anybody may see them: with a backup or a forgotten transaction open, each look from the beginning would walk over all of them.
 */
export type ResultLooks = {
  /** The id after which to read now; 0: from the beginning, which is so every few seconds. */
  forLook(look: { readonly shards: readonly number[]; readonly now: Instant }): number
  /** These have been read, in their order, and were taken or put off. */
  note(ids: readonly number[]): void
  /** When to read from the beginning although nobody calls; null: that was done last. */
  nextWholeLookAt(): Instant | null
}

/** What was put off, and what got its id earlier than others and was committed later, is found so long after at most. */
const wholeLookEveryMs: Ms = seconds(4)

export function newResultLooks(): ResultLooks {
  let readTo = 0
  let ownedShards = ''
  let wholeAt: Instant | null = null
  let hasReadOn = false
  return {
    forLook: ({ shards, now }) => {
      const isOther = shards.join() !== ownedShards
      ownedShards = shards.join()
      const isWhole = isOther || wholeAt === null || now < wholeAt || now >= after(wholeAt, wholeLookEveryMs)
      if (isWhole) {
        wholeAt = now
        readTo = 0
      }
      hasReadOn = readTo > 0
      return readTo
    },
    note: (ids) => {
      readTo = Math.max(readTo, ids.at(-1) ?? 0)
    },
    nextWholeLookAt: () => (wholeAt !== null && hasReadOn ? after(wholeAt, wholeLookEveryMs) : null),
  }
}
