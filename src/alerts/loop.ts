import { dueRequests, nextRequestAt, postponeRequest } from '../escalations/commands.ts'
import type { EscalationRequestKey } from '../escalations/run.ts'
import type { Loop } from '../lib/loop.ts'
import { after, earliest, minutes } from '../lib/time.ts'
import type { Ports } from '../ports.ts'
import { answerEscalationRequest, endSilence } from './commands.ts'
import type { AlertSettings } from './settings.ts'
import * as store from './store.ts'

const perRound = 200

/** What could not be done is tried again this much later, and the others are not kept waiting. */
const pauseAfterFault = minutes(1)

/** Ends silences when they are over, and does what escalations ask for, each in a transaction of its own. */
export function alertsLoop({ clock, db, log }: Ports, settings: AlertSettings): Loop {
  const answer = async (key: EscalationRequestKey): Promise<void> => {
    try {
      await db.tx('answer escalation request', (tx) => answerEscalationRequest(tx, settings, key))
    } catch (fault) {
      log.error('request failed', { request_id: key.id, error: fault instanceof Error ? fault.stack : String(fault) })
      await db.tx('postpone escalation request', (tx) => postponeRequest(tx, key, after(tx.now, pauseAfterFault)))
    }
  }

  return {
    name: 'alerts',
    run: async (shards) => {
      if (shards.length === 0) return null
      const due = { now: clock.now(), limit: perRound }
      const ended = await store.endedSilences(db.sql, shards, due)
      // What cannot be done holds up nothing else; the round fails at its end, and the next one comes after a pause.
      const faults: unknown[] = []
      for (const key of ended) {
        await db.tx('end silence', (tx) => endSilence(tx, settings, key)).catch((fault) => faults.push(fault))
      }
      const asked = await dueRequests(db.sql, shards, due)
      for (const key of asked) await answer(key)
      if (faults.length > 0) throw faults[0]
      if (ended.length === perRound || asked.length === perRound) return clock.now()
      return earliest([await store.nextSilenceEnd(db.sql, shards), await nextRequestAt(db.sql, shards)])
    },
  }
}
