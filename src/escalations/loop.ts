import { faultText } from '../lib/fault-text.ts'
import type { Loop } from '../lib/loop.ts'
import { after, minutes } from '../lib/time.ts'
import type { NotificationSettings } from '../notifications/settings.ts'
import type { Ports } from '../ports.ts'
import type { EscalationRunKey } from './run.ts'
import { type Report, takeSteps } from './step-commands.ts'
import * as store from './store.ts'

const runsPerRound = 500
const runsPerTransaction = 25

/** A run whose step failed is tried again this much later, and the others are not kept waiting. */
const pauseAfterFault = minutes(1)

/** Takes the steps that are due: some runs together, and each by itself where together does not work. */
export function escalationsLoop({ clock, db, log }: Ports, settings: NotificationSettings): Loop {
  const warn = ({ unreadableShifts }: Report): void => {
    if (unreadableShifts.length === 0) return
    const some = unreadableShifts.slice(0, 20).join(' ')
    log.error('shifts unreadable', { count: unreadableShifts.length, shift_ids: some })
  }

  const takeAlone = async (key: EscalationRunKey): Promise<void> => {
    try {
      warn(await db.tx('take escalation step', (tx) => takeSteps(tx, settings, [key])))
    } catch (fault) {
      log.error('escalation failed', { run_id: key.id, error: faultText(fault) })
      await db.tx('postpone escalation step', (tx) => store.postpone(tx, key, after(tx.now, pauseAfterFault)))
    }
  }

  const takeTogether = async (keys: readonly EscalationRunKey[]): Promise<void> => {
    try {
      warn(await db.tx('take escalation steps', (tx) => takeSteps(tx, settings, keys)))
    } catch (fault) {
      log.warn('escalations one by one', { count: keys.length, error: String(fault) })
      for (const key of keys) await takeAlone(key)
    }
  }

  return {
    name: 'escalations',
    run: async (shards) => {
      if (shards.length === 0) return null
      const due = await store.dueRuns(db.sql, shards, { now: clock.now(), limit: runsPerRound })
      for (let index = 0; index < due.length; index += runsPerTransaction) {
        await takeTogether(due.slice(index, index + runsPerTransaction))
      }
      return due.length === runsPerRound ? clock.now() : store.nextDueAt(db.sql, shards)
    },
  }
}
