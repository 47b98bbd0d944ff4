import { earliest, type Instant } from '../../lib/time.ts'
import { togetherOrAlone } from '../../lib/together.ts'
import type { Ports } from '../../ports.ts'
import type { Lane } from '../delivery.ts'
import { newResultLooks } from './looks.ts'
import * as store from './store.ts'

type Taking = {
  readonly lanes: readonly Lane[]
  /** Takes results by their ids, in one transaction. */
  readonly act: (ids: readonly number[]) => Promise<void>
  /** Lets one that cannot be taken even alone come due later. */
  readonly putOff: (id: number, fault: unknown) => Promise<void>
  /** After each batch. */
  readonly onTaken?: () => void
}

/** So many results are taken together. */
const batchSize = 100

/**
 * What a loop of the stages above does with what deliveries came to: it takes all results of its lanes that are due, the oldest first.
 * Returns when the next result is due, if there is one that was put off.
 */
export function newResultTaker({ clock, db }: Pick<Ports, 'clock' | 'db'>, { lanes, act, putOff, onTaken }: Taking) {
  const looks = newResultLooks()
  return async (shards: readonly number[]): Promise<Instant | null> => {
    for (;;) {
      const now = clock.now()
      const wanted = { lanes, shards, afterId: looks.forLook({ shards, now }) }
      const ids = await store.dueResults(db.sql, { ...wanted, now, limit: batchSize })
      await togetherOrAlone(ids, { act, putOff })
      looks.note(ids)
      if (ids.length > 0) onTaken?.()
      if (ids.length < batchSize) return earliest([await store.nextResultAt(db.sql, wanted), looks.nextWholeLookAt()])
    }
  }
}

/** Puts off what one delivery came to. */
export const postponeResult = store.postponeResult

/** Takes results, oldest first: read and deleted in this transaction. What somebody else took is missing. */
export const takeResults = store.deleteResults
