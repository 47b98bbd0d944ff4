import { lanes } from '../deliveries/delivery.ts'
import { newResultTaker, postponeResult } from '../deliveries/results/commands.ts'
import { dueAddressees, nextWarningAt, postponeWarnings } from '../events/warning-commands.ts'
import { faultText } from '../lib/fault-text.ts'
import type { Loop } from '../lib/loop.ts'
import { after, earliest, type Instant, minutes } from '../lib/time.ts'
import type { Ports } from '../ports.ts'
import { takeDueSteps } from './commands.ts'
import { recordResults } from './result-commands.ts'
import type { NotificationRunKey } from './run.ts'
import type { NotificationSettings } from './settings.ts'
import * as store from './store.ts'
import { mailWarnings } from './warning-commands.ts'

const batchSize = 100

/** What failed is tried again this much later, and the others are not kept waiting. */
const pauseAfterFault = minutes(1)

/** Pages people on time, each run in a transaction of its own, takes what became of the pages into the timeline, and writes of webhooks that fail. */
export function notificationsLoop({ clock, db, log }: Pick<Ports, 'clock' | 'db' | 'log'>, settings: NotificationSettings): Loop {
  const putOff = async (id: number, fault: unknown): Promise<void> => {
    log.error('page result failed', { result_id: id, error: faultText(fault) })
    await db.tx('postpone page result', (tx) => postponeResult(tx, id, after(tx.now, pauseAfterFault)))
  }

  const record = (ids: readonly number[]) => db.tx('record page results', (tx) => recordResults(tx, ids))
  const recordAll = newResultTaker({ clock, db }, { lanes: [lanes.page], act: record, putOff })

  const takeSteps = async (key: NotificationRunKey): Promise<void> => {
    try {
      await db.tx('take notification step', (tx) => takeDueSteps(tx, settings, key))
    } catch (fault) {
      log.error('notification failed', { run_id: key.id, error: faultText(fault) })
      await db.tx('postpone notification step', (tx) => store.postpone(tx, key, after(tx.now, pauseAfterFault)))
    }
  }

  /** Writes what is due of webhooks that fail; returns when more is. */
  const warn = async (shards: readonly number[]): Promise<Instant | null> => {
    for (const addressee of await dueAddressees(db.sql, { shards, now: clock.now(), limit: batchSize })) {
      try {
        await db.tx('mail warnings', (tx) => mailWarnings(tx, settings, addressee))
      } catch (fault) {
        log.error('warning failed', {
          organization_id: addressee.organizationId,
          error: faultText(fault),
        })
        await db.tx('postpone warnings', (tx) => postponeWarnings(tx, addressee, after(tx.now, pauseAfterFault)))
      }
    }
    return nextWarningAt(db.sql, shards)
  }

  return {
    name: 'notifications',
    run: async (shards) => {
      if (shards.length === 0) return null
      const due = await store.dueRuns(db.sql, shards, { now: clock.now(), limit: batchSize })
      for (const key of due) await takeSteps(key)
      const nextResult = await recordAll(shards)
      return earliest([await store.nextDueAt(db.sql, shards), nextResult, await warn(shards)])
    },
  }
}
