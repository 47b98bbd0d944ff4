import { hasResults } from '../deliveries/commands.ts'
import { lanes } from '../deliveries/delivery.ts'
import type { Loop } from '../lib/loop.ts'
import { after, minutes } from '../lib/time.ts'
import type { Ports } from '../ports.ts'
import { recordResults, takeDueSteps } from './commands.ts'
import type { NotificationRunKey } from './run.ts'
import type { NotificationSettings } from './settings.ts'
import * as store from './store.ts'

const batchSize = 100

/** Where a step failed, the same run is tried again this much later, and the others are not kept waiting. */
const pauseAfterFault = minutes(1)

/** Pages people on time, each run in a transaction of its own, and takes what became of the pages into the timeline. */
export function notificationsLoop({ clock, db, log }: Pick<Ports, 'clock' | 'db' | 'log'>, settings: NotificationSettings): Loop {
  const recordAll = async (shards: readonly number[]): Promise<void> => {
    const record = () => db.tx('record page results', (tx) => recordResults(tx, shards, batchSize))
    while ((await hasResults(db.sql, { lanes: [lanes.page], shards })) && (await record()) === batchSize);
  }

  const takeSteps = async (key: NotificationRunKey): Promise<void> => {
    try {
      await db.tx('take notification step', (tx) => takeDueSteps(tx, settings, key))
    } catch (fault) {
      log.error('notification failed', { run_id: key.id, error: fault instanceof Error ? fault.stack : String(fault) })
      await db.tx('postpone notification step', (tx) => store.postpone(tx, key, after(tx.now, pauseAfterFault)))
    }
  }

  return {
    name: 'notifications',
    run: async (shards) => {
      if (shards.length === 0) return null
      const due = await store.dueRuns(db.sql, shards, { now: clock.now(), limit: batchSize })
      for (const key of due) await takeSteps(key)
      await recordAll(shards)
      return store.nextDueAt(db.sql, shards)
    },
  }
}
