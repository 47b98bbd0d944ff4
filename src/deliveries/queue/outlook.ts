import type { Instant } from '../../lib/time.ts'

/** When the next delivery comes due, as this process knows it: read from the table once, and kept up with what is put off since. */
export type Outlook = {
  /** A delivery was put off; to be said right after the commit. True: it comes sooner than anything that was known. */
  putOff(dueAt: Instant): boolean
  nextDueAt(asked: Asked): Promise<Instant | null>
}

type Asked = {
  readonly shards: readonly number[]
  /** The instant of the last look for what is due. */
  readonly now: Instant
  /** Whether that look found something. One that found nothing was called by something that is not known here. */
  readonly hasFound: boolean
}

/** From the table: the first instant after `now`, or null. */
type Read = (shards: readonly number[], now: Instant) => Promise<Instant | null>

/** The table is read when the known instant has passed, when the shards are others, and when a look found nothing. */
export function newOutlook(read: Read): Outlook {
  let table: { readonly shards: string; readonly dueAt: Instant | null } | null = null
  let soonestPutOff: Instant | null = null
  const known = (): Instant | null => earlier(table?.dueAt ?? null, soonestPutOff)
  return {
    putOff: (dueAt) => {
      const before = known()
      soonestPutOff = earlier(soonestPutOff, dueAt)
      return before === null || dueAt < before
    },
    nextDueAt: async ({ shards, now, hasFound }) => {
      const dueAt = known()
      if (hasFound && table?.shards === shards.join() && (dueAt === null || dueAt > now)) return dueAt
      table = null
      soonestPutOff = null
      // What was put off until here is in the table, and what is put off while it is read is noted.
      table = { shards: shards.join(), dueAt: await read(shards, now) }
      return known()
    },
  }
}

function earlier(one: Instant | null, other: Instant | null): Instant | null {
  if (one === null || other === null) return one ?? other
  return one < other ? one : other
}
