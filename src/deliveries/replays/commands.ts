import type { Tx } from '../../ports.ts'
import { endedAfter, countEnded } from './ended-slice-store.ts'
import { findEnded } from '../records/ended-store.ts'
import type { ReplayOutcome } from './replay.ts'
import { endedUnsent, insertDeadDeliveries } from '../finish-store.ts'
import * as store from './store.ts'
import { deleteSomeCancelled } from '../store.ts'

export const findEndedDelivery = findEnded

/** The deliveries of a webhook that ended in the order in which they did, a slice at a time, and how many they are. */
export const nextEnded = endedAfter
export const countEndedDeliveries = countEnded

/** How many replays to a webhook wait or are under way, counted up to a limit. */
export const countWaitingReplays = store.countWaiting

/**
 * Sends again what has ended, most of what is fresh before it: each by a new delivery, to the same
 * receiver with the same `webhook-id` and the same bytes, but with a time and a signature of its own. What never left, since it could not be made or was not let out, has no
 * bytes yet and gets them now. Returns the outcomes in the order of the replays.
 */
export async function replayDeliveries(tx: Tx, replays: readonly store.Replay[]): Promise<readonly ReplayOutcome[]> {
  if (replays.length === 0) return []
  const sendable = await store.sendableAgain(tx, replays)
  const owed = await store.insertReplays(
    tx,
    replays.filter(({ ended }) => sendable.has(ended.id)),
  )
  const again = replays.filter(({ ended }) => owed.has(ended.id)).map(({ ended }) => ended)
  if (again.length > 0) {
    await store.markReplayed(tx, again)
    tx.wake('deliveries')
  }
  return replays.map(({ ended: { id } }) => {
    const deliveryId = owed.get(id)
    if (deliveryId !== undefined) return { kind: 'owed', deliveryId }
    return { kind: sendable.has(id) ? 'waiting' : 'forgotten' }
  })
}

/** So many end in one statement. */
const takenBackMax = 500

/**
 * Takes back the replays under a key that have not left yet, and returns how many. Each is dead with the reason, a sentence for people, and
 * can be sent again; nobody is told of it by itself. A request that is under way is not stopped, and stands in the log as superseded.
 */
export async function takeBackReplays(tx: Tx, cancelKey: string, reason: string): Promise<number> {
  let count = 0
  for (;;) {
    const taken = await deleteSomeCancelled(tx, cancelKey, takenBackMax)
    await insertDeadDeliveries(
      tx,
      taken.map((delivery) => endedUnsent(delivery, reason)),
    )
    count += taken.length
    if (taken.length < takenBackMax) return count
  }
}
