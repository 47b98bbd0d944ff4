import type { OrganizationId, ScheduleId } from '../../lib/ids.ts'
import { days, type Instant, instant } from '../../lib/time.ts'
import type { TimeWindow } from '../engine/schedule.ts'
import type { Schedule } from '../schedule.ts'

/** What a calendar is to its schedule: who is on call, or who stands in for them. */
export type CalendarRole = (typeof calendarRoles)[number]
export const calendarRoles = ['primary', 'overrides'] as const

export type CalendarKey = {
  readonly organizationId: OrganizationId
  readonly scheduleId: ScheduleId
  readonly role: CalendarRole
}

/** How it went with a calendar's file. */
export type CalendarStatus = {
  /** When it was last looked at and all was well; null: never. */
  readonly refreshedAt: Instant | null
  /** The last failure, if nothing went well since; the last good copy holds. */
  readonly failure: { readonly at: Instant; readonly error: string } | null
  /** Events that cover nothing because they cannot be read, as sentences. */
  readonly problems: readonly string[]
}

/** The calendars of a schedule, and where their files come from; null: they are uploaded. */
export function calendarsOf(schedule: Pick<Schedule, 'type'> & Partial<Urls>): ReadonlyMap<CalendarRole, string | null> {
  const { type, icalUrlPrimary = null, icalUrlOverrides = null } = schedule
  const primary = type === 'ical' ? [['primary', icalUrlPrimary] as const] : []
  const overrides = icalUrlOverrides === null ? [] : [['overrides', icalUrlOverrides] as const]
  return new Map([...primary, ...overrides])
}

type Urls = { readonly icalUrlPrimary: string | null; readonly icalUrlOverrides: string | null }

/** For how long calendars are worked out, beforehand and afterwards. */
export const calendarWindow = (now: Instant): TimeWindow => ({
  startAt: instant(now - days(90)),
  endAt: instant(now + days(400)),
})

/** How often they are worked out anew, so that the end of what is known moves on. */
export const expansionMaxAge = days(1)
