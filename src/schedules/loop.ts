import { pendingPresence, takePresence } from '../accounts/presence-commands.ts'
import { check } from '../lib/check.ts'
import type { Loop } from '../lib/loop.ts'
import { after, type Instant, minutes } from '../lib/time.ts'
import { togetherOrAlone } from '../lib/together.ts'
import { tzdataVersion } from '../lib/zone-data.ts'
import type { Ports } from '../ports.ts'
import { announcePrepared } from './announce-commands.ts'
import { lookAtSchedules } from './look-commands.ts'
import type { ScheduleSettings } from './settings.ts'
import type { WatchKey } from './watch.ts'
import * as store from './watch-store.ts'

/** Hand-overs of one organization and instant are written together, so many at most. */
const changesPerTransaction = 500
const looksPerTransaction = 50

/** So many rows are asked for at once. */
const changesPerRead = 5000
const looksPerRead = 200

/** A round ends after so many looks, so that the next one shows that the loop is alive. */
const looksPerRound = 2000

const presencePerRead = 500

/** What failed is tried again this much later, and the others are not kept waiting. */
const pauseAfterFault = minutes(1)

/**
 * Announces hand-overs at their instants, and looks at schedules whose next one is not known. The instant itself costs some statements for
 * hundreds of schedules, because what is to be said was prepared; that goes before any look.
 */
export function schedulesLoop({ clock, db, log }: Pick<Ports, 'clock' | 'db' | 'log'>, settings: ScheduleSettings): Loop {
  const putOff = async ({ organizationId, id }: WatchKey, fault: unknown): Promise<void> => {
    log.error('schedule failed', { schedule_id: id, error: fault instanceof Error ? fault.stack : String(fault) })
    await db.tx('postpone schedule', (tx) => store.postponeWatch(tx, { organizationId, id }, after(tx.now, pauseAfterFault)))
  }

  const announce = (watches: readonly WatchKey[]) =>
    db.tx('announce shift changes', (tx) => announcePrepared(tx, settings, someOf(watches)))

  const announceAll = async (shards: readonly number[]): Promise<void> => {
    for (;;) {
      const due = await store.dueChanges(db.sql, { shards, now: clock.now(), limit: changesPerRead })
      for (const part of partsOf(due, keyOfInstant, changesPerTransaction)) await togetherOrAlone(part, { act: announce, putOff })
      if (due.length < changesPerRead) return
    }
  }

  const look = async (watches: readonly WatchKey[]): Promise<void> => {
    const { unreadable } = await db.tx('look at schedules', (tx) => lookAtSchedules(tx, settings, someOf(watches)))
    if (unreadable.length > 0)
      log.error('shifts unreadable', { count: unreadable.length, shift_ids: unreadable.slice(0, 20).join(' ') })
  }

  /** Returns how many there were. */
  const lookAtSome = async (shards: readonly number[]): Promise<number> => {
    const due = await store.dueLooks(db.sql, { shards, now: clock.now(), limit: looksPerRead })
    for (const part of partsOf(due, ({ organizationId }) => organizationId, looksPerTransaction)) {
      await togetherOrAlone(part, { act: look, putOff })
      await announceAll(shards)
    }
    return due.length
  }

  const takeAllPresence = async (shards: readonly number[]): Promise<void> => {
    for (const change of await pendingPresence(db.sql, { shards, limit: presencePerRead })) {
      await db.tx('take presence change', async (tx) => {
        await store.makeDueThatName(tx, change.organizationId, change.userId)
        await takePresence(tx, change)
      })
    }
  }

  /** Shards whose schedules were looked at with the rules of the zones that this program has. */
  let checked: ReadonlySet<number> = new Set()
  const checkZones = async (shards: readonly number[]): Promise<void> => {
    const unchecked = shards.filter((shard) => !checked.has(shard))
    if (unchecked.length > 0) await db.tx('check zone data', (tx) => store.makeDueOfOtherZones(tx, unchecked, tzdataVersion))
    checked = new Set(shards)
  }

  return {
    name: 'schedules',
    run: async (shards): Promise<Instant | null> => {
      if (shards.length === 0) return null
      await checkZones(shards)
      await takeAllPresence(shards)
      await announceAll(shards)
      for (let looks = 0; looks < looksPerRound; ) {
        const count = await lookAtSome(shards)
        if (count === 0) return store.nextDueAt(db.sql, shards)
        looks += count
      }
      return clock.now()
    },
  }
}

const keyOfInstant = ({ organizationId, dueAt }: store.DueWatch): string => `${organizationId} ${dueAt}`

/** Cuts a list where the key changes, and where a part is long enough. */
function partsOf(
  due: readonly store.DueWatch[],
  keyOf: (watch: store.DueWatch) => string,
  sizeMax: number,
): readonly store.DueWatch[][] {
  const parts: store.DueWatch[][] = []
  for (const watches of Map.groupBy(due, keyOf).values())
    for (let index = 0; index < watches.length; index += sizeMax) parts.push(watches.slice(index, index + sizeMax))
  return parts
}

/** All of one organization. */
function someOf(watches: readonly WatchKey[]) {
  const [first] = watches
  check(first !== undefined, 'a part has a schedule')
  return { organizationId: first.organizationId, ids: watches.map(({ id }) => id) }
}
