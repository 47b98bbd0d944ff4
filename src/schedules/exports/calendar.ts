import { createHash } from 'node:crypto'
import type { User } from '../../accounts/user.ts'
import { type ScheduleId, uuidText } from '../../lib/ids.ts'
import { type Instant, instant } from '../../lib/time.ts'
import type { Calendar, CalendarEvent } from './calendar-text.ts'
import type { ExportedShift } from './shifts.ts'
import type { Schedule } from '../schedule.ts'

/** A schedule as it is named in calendars. */
export type NamedSchedule = Pick<Schedule, 'id' | 'name'>

type People = ReadonlyMap<string, Pick<User, 'username' | 'email'>>

/** A schedule's calendar: who is on call when. A program that imports it finds the people by their usernames or addresses. */
export function scheduleCalendar(schedule: NamedSchedule, shifts: readonly ExportedShift[], people: People): Calendar {
  const events = shifts.flatMap((shift) => {
    const person = people.get(shift.userId)
    return person === undefined ? [] : eventOf(schedule.id, shift, { summary: person.username, description: person.email })
  })
  return { name: schedule.name, events }
}

/** When a person is on call in a schedule, as the person's own calendar has it. */
export const personalEvents = (
  schedule: NamedSchedule,
  shifts: readonly ExportedShift[],
  { username, email }: Pick<User, 'username' | 'email'>,
): readonly CalendarEvent[] =>
  shifts.flatMap((shift) => eventOf(schedule.id, shift, { summary: `${schedule.name}: ${username}`, description: email }))

/** What is the same as long as the entries are: a weak tag, since the time of writing is not among what is compared. */
export const calendarTag = (calendar: Calendar): string =>
  `W/"${createHash('sha256').update(JSON.stringify(calendar)).digest('base64url')}"`

type Words = Pick<CalendarEvent, 'summary' | 'description'>

/** None for a shift of less than a second, which a calendar cannot say. */
function eventOf(scheduleId: ScheduleId, shift: ExportedShift, { summary, description }: Words): readonly CalendarEvent[] {
  const startAt = wholeSecond(shift.startAt)
  const endAt = wholeSecond(shift.endAt)
  if (startAt === endAt) return []
  return [{ uid: uidOf(scheduleId, shift), startAt, endAt, summary: atNoLevel(summary), description }]
}

/** An edit happens within a second. */
const wholeSecond = (at: Instant): Instant => instant(Math.floor(at / 1000) * 1000)

/** The same in every call, and whatever becomes of other shifts: what the cover is, and which piece of it this is. */
function uidOf(scheduleId: ScheduleId, { userId, piece, cover }: ExportedShift): string {
  const said = JSON.stringify([scheduleId, cover.source.kind, cover.source.id, cover.startAt, userId, piece])
  return uuidText(createHash('sha256').update(said).digest('hex'))
}

/**
 * Programs that import a calendar take one `[L2]` off its beginning, as a level. Final shifts have none: where several are on call at once, all
 * of them are. So a name that looks like a level gets a level in front of it.
 */
const atNoLevel = (summary: string): string => (/^\[L\d+\]/.test(summary) ? `[L0] ${summary}` : summary)
