import { type Ms, ms } from '../lib/time.ts'
import type { Ports } from '../ports.ts'
import { removeOldAlertGroups } from './retention-commands.ts'

/** Few, so that no transaction is long. */
const perTransaction = 100

/** Leaves the database to those who page; still 3,600,000 groups in an hour. */
const rest: Ms = ms(100)

/** Takes away all alert groups of the owned shards that are past their time, a few per transaction, until the signal aborts. */
export async function removeAllOldAlertGroups(
  { clock, db, log }: Pick<Ports, 'clock' | 'db' | 'log'>,
  ownedShards: () => readonly number[],
  stop: AbortSignal,
): Promise<void> {
  let count = 0
  while (!stop.aborted) {
    const removed = await db.tx('remove old alert groups', (tx) => removeOldAlertGroups(tx, ownedShards(), perTransaction))
    count += removed
    if (removed < perTransaction) break
    await clock.wait(rest, stop)
  }
  if (count > 0) log.info('alert groups removed', { count })
}
