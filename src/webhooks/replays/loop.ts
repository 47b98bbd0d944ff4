import { databaseIsDown } from '../../lib/database-fault.ts'
import { faultText } from '../../lib/fault-text.ts'
import type { Loop } from '../../lib/loop.ts'
import { after, minutes } from '../../lib/time.ts'
import type { Ports } from '../../ports.ts'
import { advanceReplay } from './commands.ts'
import { dueReplays, nextReplayAt, postponeReplay, type ReplayKey } from './store.ts'

/** So many replays move on in a round, a slice each, so that a long one holds up no short one. */
const perRound = 20

/** What failed is tried again this much later. */
const pauseAfterFault = minutes(1)

/**
 * Moves replays on. The transaction of a slice owes its deliveries and says that they are done with, so that a crash neither loses a
 * slice nor owes it twice; a lock keeps two nodes from the same one.
 */
export function replaysLoop({ clock, db, log }: Pick<Ports, 'clock' | 'db' | 'log'>): Loop {
  const advance = async (key: ReplayKey): Promise<void> => {
    try {
      await db.tx('advance replay', (tx) => advanceReplay(tx, key))
    } catch (fault) {
      if (databaseIsDown(fault)) throw fault
      log.error('replay not advanced', { organization_id: key.organizationId, replay_id: key.id, error: faultText(fault) })
      await db.tx('postpone replay', (tx) => postponeReplay(tx, key, after(tx.now, pauseAfterFault)))
    }
  }
  return {
    name: 'replays',
    run: async (shards) => {
      if (shards.length === 0) return null
      for (const key of await dueReplays(db.sql, { shards, now: clock.now(), limit: perRound })) await advance(key)
      return nextReplayAt(db.sql, shards)
    },
  }
}
