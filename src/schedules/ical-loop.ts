import { databaseIsUnreachable } from '../lib/database-fault.ts'
import type { Loop } from '../lib/loop.ts'
import { after, between, type Instant, minutes } from '../lib/time.ts'
import type { Ports } from '../ports.ts'
import { stretchesOfCalendar } from './ical/stretches.ts'
import { calendarWindow, expansionMaxAge } from './ical-calendar.ts'
import { noteRefresh, type Refresh } from './ical-commands.ts'
import { type Fetched, fetchCalendar, nothingKnown } from './ical-fetch-commands.ts'
import * as store from './ical-store.ts'

/** So many are asked for at the same time; one that does not answer holds up the others for ten seconds at most. */
const perRound = 16

/** Longer than any round. What a program had in its hands when it ended is taken again then. */
const claimedFor = minutes(2)

/** Asks for the files of calendars every ten minutes, and works them out anew every day. */
export function calendarsLoop({ clock, db, log, send }: Ports): Loop {
  const refresh = async (calendar: store.Calendar): Promise<void> => {
    const { organizationId, scheduleId, role } = calendar
    const ids = { organization_id: organizationId, schedule_id: scheduleId, role }
    try {
      const found = await look({ clock, db, send }, calendar)
      const hasChanged = await db.tx('refresh calendar', (tx) => noteRefresh(tx, calendar, found))
      if (found.kind === 'failed') log.warn('calendar failed', { ...ids, reason: found.error })
      else log.info('calendar refreshed', { ...ids, changed: hasChanged })
    } catch (fault) {
      if (databaseIsUnreachable(fault)) throw fault
      log.error('calendar not refreshed', { ...ids, error: fault instanceof Error ? fault.stack : String(fault) })
    }
  }

  return {
    name: 'calendars',
    run: async (shards) => {
      if (shards.length === 0) return null
      const nextAt = await store.nextCalendarDue(db.sql, shards)
      if (nextAt === null || nextAt > clock.now()) return nextAt
      const claimed = await claim(db, shards)
      await Promise.all(claimed.map(refresh))
      return claimed.length === 0 ? after(clock.now(), claimedFor) : clock.now()
    },
  }
}

const claim = (db: Ports['db'], shards: readonly number[]): Promise<readonly store.Calendar[]> =>
  db.tx('claim calendars', (tx) => store.claimCalendars(tx, { shards, limit: perRound, until: after(tx.now, claimedFor) }))

type Looking = Pick<Ports, 'clock' | 'db' | 'send'>

/** Asks for a calendar's file, and reads what has to be read. No transaction is open. */
async function look(ports: Looking, calendar: store.Calendar): Promise<Refresh> {
  const { clock, db } = ports
  const { url, etag, lastModified, hasContent } = calendar
  const validators = hasContent ? { etag, lastModified } : nothingKnown
  const fetched: Fetched = url === null ? { kind: 'unchanged' } : await fetchCalendar(ports, { url, validators })
  const now = clock.now()
  if (fetched.kind === 'content' && !(await store.isContent(db.sql, calendar, fetched.content))) {
    const reading = stretchesOfCalendar(fetched.content, calendarWindow(now))
    if (reading.ok) return { kind: 'read', read: { ...fetched, reading: reading.value } }
    return { kind: 'failed', error: reading.reason, reading: await workedOut(ports, calendar, now) }
  }
  const reading = await workedOut(ports, calendar, now)
  if (fetched.kind === 'failed') return { kind: 'failed', error: fetched.reason, reading }
  return { kind: 'same', validators: fetched.kind === 'content' ? fetched.validators : validators, reading }
}

/** What the last good copy comes to; null: it was worked out today, or there is none. */
async function workedOut({ db }: Looking, calendar: store.Calendar, now: Instant) {
  const isFresh = calendar.expandedAt !== null && between(calendar.expandedAt, now) < expansionMaxAge
  const content = isFresh ? null : await store.contentOf(db.sql, calendar)
  const reading = content === null ? null : stretchesOfCalendar(content, calendarWindow(now))
  return reading?.ok === true ? reading.value : null
}
