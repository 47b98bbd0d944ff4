import type { ScheduleId, ShiftId, TeamId } from '../lib/ids.ts'

/** A schedule: shifts that together say who is on call (contract grafana-oncall 4.7). */
export type Schedule = ScheduleFields & { readonly id: ScheduleId }

/** What a caller can say about a schedule. */
export type ScheduleFields = CalendarSchedule | WebSchedule | IcalSchedule

/** Made through the API; its shifts are no overrides and may stand on several schedules. */
type CalendarSchedule = CommonFields & {
  readonly type: 'calendar'
  /** Whether overrides that are made on the web page count. */
  readonly enableWebOverrides: boolean
  /** A calendar whose events beat all shifts, unless overrides of the web page count. */
  readonly icalUrlOverrides: string | null
}

/** Made on the web page; its shifts, overrides among them, are its own. */
type WebSchedule = CommonFields & { readonly type: 'web' }

/** Made elsewhere: calendar files say who is on call. */
type IcalSchedule = Omit<CommonFields, 'timeZone'> & {
  readonly type: 'ical'
  /** The file says what its times mean. */
  readonly timeZone: null
  /** Null: the file is uploaded. */
  readonly icalUrlPrimary: string | null
  readonly icalUrlOverrides: string | null
}

type CommonFields = {
  readonly teamId: TeamId | null
  readonly name: string
  /** As it was typed, an IANA name or alias. */
  readonly timeZone: string
  readonly shiftIds: readonly ShiftId[]
}
