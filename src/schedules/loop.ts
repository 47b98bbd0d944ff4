import type { PendingPresence } from '../accounts/presence.ts'
import { pendingPresence, takePresence } from '../accounts/presence-commands.ts'
import { check } from '../lib/check.ts'
import { faultText } from '../lib/fault-text.ts'
import type { OrganizationId, ScheduleId } from '../lib/ids.ts'
import type { Loop } from '../lib/loop.ts'
import { partsOf } from '../lib/parts.ts'
import { after, between, type Instant, instant, isoZ, minutes, seconds } from '../lib/time.ts'
import { togetherOrAlone } from '../lib/together.ts'
import { tzdataVersion } from '../lib/zone-data.ts'
import type { Ports } from '../ports.ts'
import { announcePrepared, leaveToLook } from './hand-overs/announce-commands.ts'
import { lookAtSchedules, type Unreadable } from './hand-overs/look-commands.ts'
import { tellMoves } from './hand-overs/moved-commands.ts'
import { remindOfShifts } from './reminders/remind-commands.ts'
import type { ScheduleSettings } from './settings.ts'
import { dueEdits, dueReminders, postponeEdits, postponeReminders } from './reminders/telling-store.ts'
import type { Watch, WatchKey } from './hand-overs/watch.ts'
import * as store from './hand-overs/watch-store.ts'

/** Hand-overs of one organization and instant are written together, so many at most. */
const changesPerTransaction = 500
/** So are the changes that looks find: one of a person may change hundreds of schedules at one instant. */
const looksPerTransaction = 500
const remindersPerTransaction = 50

/** So many rows are asked for at once. */
const changesPerRead = 5000
const looksPerRead = 500
const tellingsPerRead = 200

/** A round ends after so many schedules, so that the next one shows that the loop is alive. */
const looksPerRound = 2000

const presencePerTransaction = 500
const presencePerRead = 2000

/** What failed is tried again this much later, and the others are not kept waiting. */
const pauseAfterFault = minutes(1)

type World = Pick<Ports, 'clock' | 'db' | 'log'>

/** Some of the work that is due on the shards; resolves with for how many schedules it was done, or was tried. */
type Work = { readonly sizeMax: number; readonly take: (shards: readonly number[]) => Promise<number> }

/**
 * Announces hand-overs at their instants, looks at schedules whose next one is not known, reminds people of shifts to come, and tells them
 * what edits have moved. An instant itself costs some statements for hundreds of schedules, because what is to be said was prepared; that
 * goes before all else.
 */
export function schedulesLoop(world: World, settings: ScheduleSettings): Loop {
  const announceAll = announcing(world, settings)
  const works: readonly Work[] = [looking(world, settings), reminding(world, settings), tellingMoves(world, settings)]
  const checkZones = zoneCheck(world)
  const takePresenceChanges = takingPresence(world)
  const { clock, db } = world
  return {
    name: 'schedules',
    run: async (shards): Promise<Instant | null> => {
      if (shards.length === 0) return null
      await checkZones(shards)
      const morePresence = await takePresenceChanges(shards)
      await announceAll(shards)
      let count = 0
      for (const { sizeMax, take } of works) {
        for (let found = sizeMax; found === sizeMax && count < looksPerRound; count += found) {
          found = await take(shards)
          await announceAll(shards)
        }
      }
      return morePresence || count >= looksPerRound ? clock.now() : store.nextDueAt(db.sql, shards)
    },
  }
}

function announcing({ clock, db, log }: World, settings: ScheduleSettings) {
  const act = async (watches: readonly WatchKey[]): Promise<void> => {
    const announcedFor = await db.tx('announce shift changes', (tx) => announcePrepared(tx, settings, someOf(watches)))
    for (const at of announcedFor) settings.observeDelay(between(at, clock.now()))
  }
  const leave = (watches: readonly WatchKey[]) => db.tx('leave to look', (tx) => leaveToLook(tx, someOf(watches)))
  const putOff = puttingOff({ db, log }, 'schedule failed', store.postponeWatch)
  return async (shards: readonly number[]): Promise<void> => {
    for (;;) {
      const due = await store.dueChanges(db.sql, { shards, now: clock.now(), limit: changesPerRead })
      for (const watches of Map.groupBy(due, organizationOf).values()) {
        if (wereMissed(watches, clock.now())) await togetherOrAlone(watches, { act: leave, putOff })
        else {
          const parts = partsByKey(watches, { keyOf: organizationOf, sizeMax: changesPerTransaction })
          await twoAtATime(parts, (part) => togetherOrAlone(part, { act, putOff }))
        }
      }
      if (due.length < changesPerRead) return
    }
  }
}

/** Longer than a busy server is late, and shorter than an outage that matters. */
const missedAfter = minutes(1)

/** Whether what is due of an organization was missed: it is due for long, or since several instants, and each schedule has but its first prepared. */
const wereMissed = (watches: readonly store.DueWatch[], now: Instant): boolean =>
  watches.some(({ dueAt }) => dueAt !== watches[0]?.dueAt || between(dueAt, now) > missedAfter)

/** While the database writes one part, what the next one says is put together. */
async function twoAtATime<Part>(parts: readonly Part[], act: (part: Part) => Promise<void>): Promise<void> {
  const waiting = parts.values()
  const work = async (): Promise<void> => {
    for (const part of waiting) await act(part)
  }
  await Promise.all([work(), work()])
}

function looking({ clock, db, log }: World, settings: ScheduleSettings): Work {
  const tellUnreadable = unreadableTeller(log)
  const act = async (watches: readonly WatchKey[]): Promise<void> => {
    const { announcedFor, unreadable, waiting } = await db.tx('look at schedules', (tx) =>
      lookAtSchedules(tx, settings, someOf(watches)),
    )
    for (const at of announcedFor) settings.observeDelay(between(at, clock.now()))
    warnOfClock(log, waiting, clock.now())
    for (const schedule of unreadable) tellUnreadable(schedule)
  }
  const putOff = puttingOff({ db, log }, 'schedule failed', store.postponeWatch)
  const take: Work['take'] = async (shards) => {
    const due = await store.dueLooks(db.sql, { shards, now: clock.now(), limit: looksPerRead })
    for (const part of partsByKey(due, { keyOf: organizationOf, sizeMax: looksPerTransaction }))
      await togetherOrAlone(part, { act, putOff })
    return due.length
  }
  return { sizeMax: looksPerRead, take }
}

/** Schedules are looked at after every hand-over: what cannot be read of one is logged when it becomes something else. */
function unreadableTeller(log: World['log']) {
  const told = new Map<ScheduleId, string>()
  return ({ id, partIds }: Unreadable): void => {
    const all = partIds.toSorted().join(' ')
    if (all === (told.get(id) ?? '')) return
    if (all === '') return void told.delete(id)
    told.set(id, all)
    log.error('shifts unreadable', { schedule_id: id, count: partIds.length, shift_ids: partIds.slice(0, 20).join(' ') })
  }
}

/** An edit and a look of the same instant are nothing; what is more than this was announced by a clock that has been set back since. */
const aheadMax = seconds(2)

function warnOfClock(log: World['log'], waiting: readonly Watch[], now: Instant): void {
  const stuck = waiting.filter(({ processedUntil }) => between(now, processedUntil) > aheadMax)
  if (stuck.length === 0) return
  const until = Math.max(...stuck.map(({ processedUntil }) => processedUntil))
  const ids = stuck.slice(0, 20).map(({ id }) => id)
  log.warn('schedules wait', { count: stuck.length, schedule_ids: ids.join(' '), until: isoZ(instant(until)) })
}

function reminding({ clock, db, log }: World, settings: ScheduleSettings): Work {
  const act = async (watches: readonly WatchKey[]): Promise<void> => {
    const { skippedCount } = await db.tx('remind of shifts', (tx) => remindOfShifts(tx, settings, someOf(watches)))
    if (skippedCount > 0) log.info('reminders skipped', { count: skippedCount, reason: 'the shifts have begun' })
  }
  const putOff = puttingOff({ db, log }, 'reminders failed', postponeReminders)
  const take: Work['take'] = async (shards) => {
    const due = await dueReminders(db.sql, { shards, now: clock.now(), limit: tellingsPerRead })
    for (const part of partsByKey(due, { keyOf: organizationOf, sizeMax: remindersPerTransaction }))
      await togetherOrAlone(part, { act, putOff })
    return due.length
  }
  return { sizeMax: tellingsPerRead, take }
}

function tellingMoves({ clock, db, log }: World, settings: ScheduleSettings): Work {
  const act = async (watches: readonly WatchKey[]): Promise<void> => {
    for (const key of watches) await db.tx('tell moved shifts', (tx) => tellMoves(tx, settings, key))
  }
  const putOff = puttingOff({ db, log }, 'moves not told', postponeEdits)
  const take: Work['take'] = async (shards) => {
    const due = await dueEdits(db.sql, { shards, now: clock.now(), limit: tellingsPerRead })
    await togetherOrAlone(due, { act, putOff })
    return due.length
  }
  return { sizeMax: tellingsPerRead, take }
}

/** Shards that came to this node may have been looked at with other rules of the zones. */
function zoneCheck({ db }: World) {
  let checked: ReadonlySet<number> = new Set()
  return async (shards: readonly number[]): Promise<void> => {
    const unchecked = shards.filter((shard) => !checked.has(shard))
    if (unchecked.length > 0) await db.tx('check zone data', (tx) => store.makeDueOfOtherZones(tx, unchecked, tzdataVersion))
    checked = new Set(shards)
  }
}

/** Tells schedules who has come and gone. Resolves with whether there is more, for which hand-overs are not to wait. */
function takingPresence({ db, log }: Pick<World, 'db' | 'log'>) {
  return async (shards: readonly number[]): Promise<boolean> => {
    let takenCount = 0
    const act = async (changes: readonly PendingPresence[]): Promise<void> => {
      const { organizationId, ids } = someOf(changes)
      await db.tx('take presence changes', async (tx) => {
        await store.makeDueThatName(tx, organizationId, [...new Set(changes.map(({ userId }) => userId))])
        await takePresence(tx, organizationId, ids)
      })
      takenCount += changes.length
    }
    const putOff = async ({ userId }: PendingPresence, fault: unknown): Promise<void> =>
      log.error('presence change failed', { user_id: userId, error: faultText(fault) })
    const changes = await pendingPresence(db.sql, { shards, limit: presencePerRead })
    for (const part of partsByKey(changes, { keyOf: organizationOf, sizeMax: presencePerTransaction }))
      await togetherOrAlone(part, { act, putOff })
    return takenCount > 0 && changes.length === presencePerRead
  }
}

type Postpone = typeof store.postponeWatch

function puttingOff({ db, log }: Pick<World, 'db' | 'log'>, message: string, postpone: Postpone) {
  return async ({ organizationId, id }: WatchKey, fault: unknown): Promise<void> => {
    log.error(message, { schedule_id: id, error: faultText(fault) })
    await db.tx('postpone schedule', (tx) => postpone(tx, { organizationId, id }, after(tx.now, pauseAfterFault)))
  }
}

type Owned = { readonly organizationId: OrganizationId }

type Parting<Due> = { readonly keyOf: (due: Due) => string; readonly sizeMax: number }

const organizationOf = ({ organizationId }: Owned): string => organizationId

/** Puts together what has one key, in parts that are small enough. */
const partsByKey = <Due extends Owned>(due: readonly Due[], { keyOf, sizeMax }: Parting<Due>): readonly Due[][] =>
  Array.from(Map.groupBy(due, keyOf).values()).flatMap((some) => partsOf(some, sizeMax))

/** All of one organization. */
function someOf<Id>(part: readonly (Owned & { readonly id: Id })[]) {
  const [first] = part
  check(first !== undefined, 'a part is not empty')
  return { organizationId: first.organizationId, ids: part.map(({ id }) => id) }
}
