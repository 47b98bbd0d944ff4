import { databaseIsDown } from '../../lib/database-fault.ts'
import { faultText } from '../../lib/fault-text.ts'
import type { Loop } from '../../lib/loop.ts'
import { inSlices } from '../../lib/slices.ts'
import { after, between, type Instant, minutes } from '../../lib/time.ts'
import type { Ports } from '../../ports.ts'
import { calendarWindow, expansionMaxAge } from './calendar.ts'
import { noteRefresh, type Refresh } from './commands.ts'
import { type Fetched, fetchCalendar, nothingKnown } from './fetch-commands.ts'
import { readingOf } from './reading.ts'
import * as store from './store.ts'

/** So many are asked for at the same time; one that does not answer holds up the others for ten seconds at most. */
const perRound = 16

/** Longer than any round. What a program had in its hands when it ended is taken again then. */
const claimedFor = minutes(2)

/** Asks for the files of calendars every ten minutes, and works them out anew every day. */
export function calendarsLoop(ports: Ports): Loop {
  const { clock, db, log } = ports

  /** Logs a defect, so that it ends what is done of one calendar only. */
  const guarded = async <Value>(calendar: store.Calendar, work: () => Promise<Value>): Promise<Value | null> => {
    try {
      return await work()
    } catch (fault) {
      if (databaseIsDown(fault)) throw fault
      log.error('calendar not refreshed', { ...idsOf(calendar), error: faultText(fault) })
      return null
    }
  }

  const refresh = async (calendar: store.Calendar, fetched: Fetched): Promise<void> => {
    const found = await look(ports, calendar, fetched)
    const hasChanged = await db.tx('refresh calendar', (tx) => noteRefresh(tx, calendar, found))
    if (found.kind === 'failed') log.warn('calendar failed', { ...idsOf(calendar), reason: found.error })
    else log.info('calendar refreshed', { ...idsOf(calendar), changed: hasChanged })
  }

  return {
    name: 'calendars',
    run: async (shards) => {
      if (shards.length === 0) return null
      const nextAt = await store.nextCalendarDue(db.sql, shards)
      if (nextAt === null || nextAt > clock.now()) return nextAt
      const claimed = await claim(db, shards)
      const asked = await Promise.all(
        claimed.map(async (calendar) => ({ calendar, fetched: await guarded(calendar, () => ask(ports, calendar)) })),
      )
      // One after the other, so that at most one slice of this work is between any two things that wait.
      for (const { calendar, fetched } of asked) if (fetched !== null) await guarded(calendar, () => refresh(calendar, fetched))
      return claimed.length === 0 ? after(clock.now(), claimedFor) : clock.now()
    },
  }
}

const idsOf = ({ organizationId, scheduleId, role }: store.Calendar) => ({
  organization_id: organizationId,
  schedule_id: scheduleId,
  role,
})

const claim = (db: Ports['db'], shards: readonly number[]): Promise<readonly store.Calendar[]> =>
  db.tx('claim calendars', (tx) => store.claimCalendars(tx, { shards, limit: perRound, until: after(tx.now, claimedFor) }))

/** Asks for a calendar's file, if it has a URL. */
function ask(ports: Pick<Ports, 'clock' | 'send'>, calendar: store.Calendar): Promise<Fetched> {
  const { url } = calendar
  return url === null ? Promise.resolve({ kind: 'unchanged' }) : fetchCalendar(ports, { url, validators: validatorsOf(calendar) })
}

const validatorsOf = ({ hasContent, etag, lastModified }: store.Calendar): store.Validators =>
  hasContent ? { etag, lastModified } : nothingKnown

type Looking = Pick<Ports, 'clock' | 'db'>

/** Reads what has to be read of a calendar. No transaction is open. */
async function look(ports: Looking, calendar: store.Calendar, fetched: Fetched): Promise<Refresh> {
  const { clock, db } = ports
  const now = clock.now()
  if (fetched.kind === 'content' && !(await store.isContent(db.sql, calendar, fetched.content))) {
    const reading = await inSlices(clock, readingOf(fetched.content, calendarWindow(now)))
    if (reading.ok) return { kind: 'read', read: { ...fetched, reading: reading.value } }
    return { kind: 'failed', error: reading.reason, reading: await workedOut(ports, calendar, now) }
  }
  const reading = await workedOut(ports, calendar, now)
  if (fetched.kind === 'failed') return { kind: 'failed', error: fetched.reason, reading }
  return { kind: 'same', validators: fetched.kind === 'content' ? fetched.validators : validatorsOf(calendar), reading }
}

/** What the last good copy comes to; null: it was worked out today, or there is none. */
async function workedOut({ clock, db }: Looking, calendar: store.Calendar, now: Instant) {
  const isFresh = calendar.expandedAt !== null && between(calendar.expandedAt, now) < expansionMaxAge
  const content = isFresh ? null : await store.contentOf(db.sql, calendar)
  const reading = content === null ? null : await inSlices(clock, readingOf(content, calendarWindow(now)))
  return reading?.ok === true ? reading.value : null
}
