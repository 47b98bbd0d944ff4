import type { ShiftId, TeamId, UserId } from '../../lib/ids.ts'
import type { Ms } from '../../lib/time.ts'
import type { Weekday } from '../calendar.ts'
import type { Rule } from '../engine/schedule.ts'
import type { LocalTime } from '../local-time.ts'

/** An on-call shift of the Grafana OnCall API (contract grafana-oncall 4.8). */
export type OnCallShift = ShiftFields & { readonly id: ShiftId }

/** What a caller can say about a shift. Each type has the fields that mean something for it, and no others. */
export type ShiftFields = SingleEvent | Override | RecurrentEvent | RollingUsers

/** One stretch of time, beside others of its level. */
type SingleEvent = CommonFields & { readonly type: 'single_event'; readonly level: number }

/** One stretch of time in which nobody but its users is on call. Overrides that overlap add up. */
type Override = CommonFields & { readonly type: 'override' }

/** Its users together, again and again. */
export type RecurrentEvent = CommonFields & Repetition & { readonly type: 'recurrent_event'; readonly level: number }

/** Groups of people in turn; `users` is empty, for the groups name everybody. */
export type RollingUsers = CommonFields &
  Repetition & {
    readonly type: 'rolling_users'
    readonly level: number
    readonly rollingUsers: readonly (readonly UserId[])[]
    /** The group that comes first, counted from 0. */
    readonly startRotationFromUserIndex: number
  }

/** How a shift repeats: a rule of RFC 5545. Null passes every day or month. */
export type Repetition = {
  readonly frequency: Rule['frequency']
  readonly interval: number
  readonly weekStart: Weekday
  readonly byDay: readonly Weekday[] | null
  readonly byMonth: readonly number[] | null
  readonly byMonthday: readonly number[] | null
  readonly untilLocal: LocalTime | null
}

/** What every type has. */
export type CommonFields = {
  readonly teamId: TeamId | null
  readonly name: string | null
  /** As it was typed, an IANA name or alias; null: the schedule's zone. */
  readonly timeZone: string | null
  readonly startLocal: LocalTime
  /** Rolling users: occurrences before it do not happen, but are counted. Elsewhere it is only kept and shown. */
  readonly rotationStartLocal: LocalTime
  /** Of the clock on the wall: a night in which the clock is changed is an hour longer or shorter. Whole seconds. */
  readonly durationMs: Ms
  readonly users: readonly UserId[]
  readonly source: ShiftSource
}

/** Who made the shift. */
export type ShiftSource = 'web' | 'api' | 'terraform'

/** Everybody whom a shift names. */
export const usersOf = (shift: ShiftFields): readonly UserId[] =>
  shift.type === 'rolling_users' ? shift.rollingUsers.flat() : shift.users
