import type { Actor } from '../../accounts/actor.ts'
import { audit, peopleNamed } from '../../accounts/commands.ts'
import { check } from '../../lib/check.ts'
import type { OrganizationId, ScheduleId } from '../../lib/ids.ts'
import { randomShare } from '../../lib/random-share.ts'
import { invalid, notFound } from '../../lib/rejection.ts'
import { after, before, type Instant, type Ms, minutes, ms } from '../../lib/time.ts'
import type { Random, Sql, Tx } from '../../ports.ts'
import {
  type CalendarKey,
  calendarRoles,
  calendarsOf,
  type CalendarRole,
  type CalendarStatus,
  calendarWindow,
  expansionMaxAge,
} from './calendar.ts'
import { tellFailure } from './failure-commands.ts'
import { matcherOf } from './layers.ts'
import type { DigestedReading } from './reading.ts'
import * as store from './store.ts'
import * as stretches from './stretch-store.ts'
import type { Schedule } from '../schedule.ts'
import { findSchedule, lockSchedule } from '../store.ts'
import { lookAgain } from '../hand-overs/watch-commands.ts'

/** A file that was fetched or uploaded, and what it comes to. */
export type ReadCalendar = {
  readonly content: Uint8Array
  readonly reading: DigestedReading
  readonly validators: store.Validators
}

/** The files of calendars that were read before the transaction began. */
export type ReadCalendars = ReadonlyMap<CalendarRole, ReadCalendar>

/**
 * Makes the calendars of a schedule follow what it says of them from now on. One with a new URL takes what was read of it; else the loop
 * fetches it, and what was known until then holds until something was read. The schedule is locked, or new.
 */
export async function keepCalendars(
  tx: Tx,
  organizationId: OrganizationId,
  { earlier, schedule, read }: { readonly earlier: Schedule | null; readonly schedule: Schedule; readonly read: ReadCalendars },
): Promise<void> {
  const wanted = calendarsOf(schedule)
  const had = earlier === null ? null : calendarsOf(earlier)
  for (const role of calendarRoles) {
    const key = { organizationId, scheduleId: schedule.id, role }
    const url = wanted.get(role)
    const isKnown = had?.has(role) === true
    if (url === undefined) {
      if (isKnown) await dropCalendar(tx, key)
    } else if (!isKnown || had.get(role) !== url) await follow(tx, key, { url, read: read.get(role), isNew: earlier === null })
  }
}

async function dropCalendar(tx: Tx, key: CalendarKey): Promise<void> {
  await store.dropCalendar(tx, key)
  await stretches.endAllStretches(tx, key)
}

type Followed = { readonly url: string | null; readonly read: ReadCalendar | undefined; readonly isNew: boolean }

async function follow(tx: Tx, key: CalendarKey, { url, read, isNew }: Followed): Promise<void> {
  if (url === null) return store.awaitUpload(tx, key)
  await store.followUrl(tx, key, url)
  if (read === undefined) return tx.wake('calendars')
  const calendar = await store.lockCalendar(tx, key)
  check(calendar !== null, 'a calendar that was just made to follow a URL is there')
  await takeContent(tx, { ...calendar, isFirst: isNew || isFirstOf(calendar) }, read)
  await store.noteSuccess(tx, key, { validators: read.validators, dueAt: nextDue(tx) })
}

/** Ends what the calendars of a schedule have to do. It is deleted, so nobody is on call by them any more. */
export async function endCalendars(tx: Tx, key: Omit<CalendarKey, 'role'>): Promise<void> {
  for (const role of calendarRoles) await store.dropCalendar(tx, { ...key, role })
}

/** Rejects a schedule to which no calendar can be uploaded, so that nobody reads a file in vain. */
export async function requireUploadable(sql: Sql, { organizationId }: Actor, id: ScheduleId): Promise<void> {
  refuseUpload(await findSchedule(sql, { organizationId, id }))
}

function refuseUpload(schedule: Schedule | null): void {
  if (schedule === null) throw notFound()
  if (schedule.type !== 'ical') throw invalid('A calendar can be uploaded to a schedule of type ical only.')
  if (schedule.icalUrlPrimary !== null) throw invalid('The calendar of this schedule comes from its URL.')
}

/** Takes an uploaded file for a schedule of type ical that follows no URL; from now on it says who is on call. */
export async function uploadCalendar(
  tx: Tx,
  actor: Actor,
  { id, read }: { readonly id: ScheduleId; readonly read: ReadCalendar },
): Promise<void> {
  const { organizationId } = actor
  refuseUpload(await lockSchedule(tx, { organizationId, id }))
  const key = { organizationId, scheduleId: id, role: 'primary' } as const
  const calendar = await store.lockCalendar(tx, key)
  if (calendar === null) throw notFound()
  await takeContent(tx, { ...calendar, isFirst: isFirstOf(calendar) }, read)
  await store.noteSuccess(tx, key, { validators: read.validators, dueAt: after(tx.now, expansionMaxAge) })
  lookAgain(tx, actor, [id])
  const events = read.reading.stretches.size
  await audit(tx, actor, { action: 'calendar uploaded', subjectId: id, details: { bytes: read.content.length, events } })
}

/** How a calendar's file was found to be, and, if it has to be worked out, what it comes to. */
export type Refresh =
  | { readonly kind: 'read'; readonly read: ReadCalendar }
  /** Nothing new: as the file is known, and worked out anew if that is due. */
  | { readonly kind: 'same'; readonly validators: store.Validators; readonly reading: DigestedReading | null }
  | { readonly kind: 'failed'; readonly error: string; readonly reading: DigestedReading | null }

/**
 * Writes down how a calendar was found, unless it has come to follow another URL, or has got another file, meanwhile. True: who is on call
 * may have changed.
 */
export async function noteRefresh(tx: Tx, found: store.Calendar, refresh: Refresh): Promise<boolean> {
  const { organizationId, scheduleId } = found
  const schedule = await lockSchedule(tx, { organizationId, id: scheduleId })
  if (schedule === null) return false
  const locked = await store.lockCalendar(tx, found)
  if (locked === null || locked.url !== found.url || locked.expandedAt !== found.expandedAt) return false
  const calendar = { ...locked, isFirst: isFirstOf(locked) }
  const dueAt = calendar.url === null ? after(tx.now, expansionMaxAge) : nextDue(tx)
  const hasChanged =
    refresh.kind === 'read' ? await takeContent(tx, calendar, refresh.read) : await takeReading(tx, calendar, refresh.reading)
  tellFailure(tx, calendar, { schedule, error: refresh.kind === 'failed' ? refresh.error : null })
  if (refresh.kind === 'failed') await store.noteFailure(tx, calendar, { error: refresh.error, dueAt })
  else await store.noteSuccess(tx, calendar, { ...(refresh.kind === 'read' ? refresh.read : refresh), dueAt })
  if (hasChanged) lookAgain(tx, { kind: 'system', organizationId }, [scheduleId])
  return hasChanged
}

/** A tenth sooner or later, so that the calendars of one server are not all asked for at once. */
function nextDue({ now, random }: { readonly now: Instant; readonly random: Random }): Instant {
  return after(now, ms(refreshEvery * (0.9 + 0.2 * randomShare(random))))
}

const refreshEvery: Ms = minutes(10)

/** A calendar whose stretches are to be made; the first ones of a schedule answer for any past instant, as first versions do. */
type Expanded = store.Calendar & { readonly isFirst: boolean }

const isFirstOf = ({ role, expandedAt }: store.Calendar): boolean => role === 'primary' && expandedAt === null

async function takeContent(tx: Tx, calendar: Expanded, { content, reading }: ReadCalendar): Promise<boolean> {
  await store.keepContent(tx, calendar, { content, problems: reading.problems })
  return takeReading(tx, calendar, reading)
}

/** For how long what was taken back before it began is kept, for those who compare before and after. */
const takenBackMaxAge: Ms = minutes(60)

/**
 * Makes the stretches of a calendar what its file comes to, from now on. What is over stays as it is, also where the file has another name
 * for it each time. True: there was a difference.
 */
async function takeReading(tx: Tx, calendar: Expanded, reading: DigestedReading | null): Promise<boolean> {
  if (reading === null) return false
  const since = calendar.isFirst ? calendarWindow(tx.now).startAt : tx.now
  const current = new Set(await stretches.currentDigests(tx, calendar, since))
  const wanted = new Map([...reading.stretches].filter(([, { endAt }]) => endAt > since))
  const gone = [...current].filter((digest) => !wanted.has(digest))
  const come = new Map([...wanted].filter(([digest]) => !current.has(digest)))
  await stretches.forgetStretches(tx, calendar, before(tx.now, takenBackMaxAge))
  if (gone.length > 0) await stretches.endStretches(tx, calendar, gone)
  if (come.size > 0)
    await stretches.beginStretches(tx, calendar, { stretches: come, validFrom: calendar.isFirst ? null : tx.now })
  await store.noteExpansion(tx, calendar)
  return gone.length + come.size > 0
}

/** How it went with the calendars of schedules. */
export async function calendarStatuses(
  sql: Sql,
  organizationId: OrganizationId,
  schedules: readonly Schedule[],
): Promise<ReadonlyMap<ScheduleId, ReadonlyMap<CalendarRole, CalendarStatus>>> {
  const asked = schedules.filter((schedule) => calendarsOf(schedule).size > 0)
  const ids = asked.map(({ id }) => id)
  const statuses = asked.length === 0 ? [] : await store.statusesOf(sql, organizationId, ids)
  const bySchedule = Map.groupBy(statuses, (status) => status.scheduleId)
  return new Map(
    asked.map((schedule) => {
      const known = new Map((bySchedule.get(schedule.id) ?? []).map((status) => [status.role, status]))
      const used = [...calendarsOf(schedule).keys()].flatMap((role) => known.get(role) ?? [])
      return [schedule.id, new Map(used.map((status) => [status.role, status]))]
    }),
  )
}

const wordsMax = 1000
const unmatchedMax = 20

/** Names of events, now or to come, which nobody has as a username or e-mail address: so somebody sees why nobody is on call. */
export async function unmatchedNames(sql: Sql, { organizationId, id }: ScheduleKey, now: Instant): Promise<readonly string[]> {
  const words = await stretches.upcomingWords(sql, { organizationId, scheduleId: id, now, limit: wordsMax })
  const usersNamed = matcherOf(
    await peopleNamed(
      sql,
      organizationId,
      words.flatMap(({ candidates }) => candidates),
    ),
  )
  const names = words.filter(({ candidates }) => usersNamed(candidates).length === 0).map(({ name }) => name)
  return [...new Set(names)].slice(0, unmatchedMax)
}

type ScheduleKey = { readonly organizationId: OrganizationId; readonly id: ScheduleId }
