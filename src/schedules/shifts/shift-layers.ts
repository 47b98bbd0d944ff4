import { impossible, known } from '../../lib/check.ts'
import type { Instant } from '../../lib/time.ts'
import { dayMs, modulo, weekdayOf } from '../calendar.ts'
import { aboveEveryLevel, type Fixed, type Layer, type Recurrence, type Rule } from '../engine/schedule.ts'
import { dayOf, localAfter, type LocalTime, localTime } from '../local-time.ts'
import type { OnCallShift, RecurrentEvent, Repetition, RollingUsers } from './shift.ts'
import { findZone, firstInstantAt, type Zone } from '../zone.ts'

/** For how long a version of a shift stood on a schedule, and what that schedule's zone was; null: without a beginning or an end. */
export type Placement = { readonly fromAt: Instant | null; readonly toAt: Instant | null; readonly timeZone: string | null }

/**
 * What a shift of the Grafana OnCall API means (contract grafana-oncall 4.8); where this server decides otherwise, docs/schedules.md says
 * so. The zone is the shift's own, else the schedule's, else UTC; both were checked when they were stored.
 */
export function layerOf(shift: OnCallShift, { timeZone, ...era }: Placement): Layer {
  const zone = known(findZone(shift.timeZone ?? timeZone ?? 'UTC'), 'a stored time zone is known')
  switch (shift.type) {
    case 'single_event':
      return { ...once(shift, zone), ...era, level: shift.level }
    case 'override':
      return { ...once(shift, zone), ...era, level: aboveEveryLevel }
    case 'recurrent_event':
      return { ...repeatedly(shift, zone), ...oneGroup(shift), ...era, level: shift.level }
    case 'rolling_users':
      return { ...repeatedly(shift, zone), ...rollingGroups(shift), ...era, level: shift.level }
    default:
      return impossible(shift)
  }
}

type Timed = Pick<OnCallShift, 'id' | 'startLocal' | 'durationMs' | 'users'>

function once({ id, startLocal, durationMs, users }: Timed, zone: Zone): Omit<Fixed, 'level' | 'fromAt' | 'toAt'> {
  const startAt = firstInstantAt(zone, startLocal)
  return { kind: 'fixed', id, startAt, endAt: firstInstantAt(zone, localAfter(startLocal, durationMs)), users }
}

type Repeated = Pick<Recurrence, 'kind' | 'id' | 'zone' | 'startLocal' | 'endLocal' | 'durationMs'>

function repeatedly(shift: Timed & Repetition, zone: Zone): Repeated {
  const { id, durationMs, untilLocal } = shift
  return { kind: 'recurrence', id, zone, startLocal: onSelectedDay(shift), endLocal: untilLocal, durationMs }
}

/** The start moves forward to the first day that `by_day` selects. */
function onSelectedDay({ startLocal, byDay }: Timed & Repetition): LocalTime {
  const ahead = byDay === null ? 0 : [0, 1, 2, 3, 4, 5, 6].find((count) => byDay.includes(weekdayOf(dayOf(startLocal) + count)))
  return localTime(startLocal + (ahead ?? 0) * dayMs)
}

const ruleOf = ({ frequency, interval, weekStart, byDay, byMonth, byMonthday }: Repetition): Rule => ({
  frequency,
  interval,
  weekStart,
  days: byDay,
  months: byMonth,
  monthdays: byMonthday,
})

type Turns = Pick<Recurrence, 'groups' | 'periodsPerTurn' | 'firstLocal' | 'rule'>

const oneGroup = (shift: RecurrentEvent): Turns => ({
  groups: [shift.users],
  periodsPerTurn: 1,
  firstLocal: shift.startLocal,
  rule: ruleOf(shift),
})

/** A daily rotation with selected days gives each group `interval` of them in a row; else a turn is one period of the rule. */
function rollingGroups(shift: RollingUsers): Turns {
  const { rollingUsers, startRotationFromUserIndex, rotationStartLocal: firstLocal, interval } = shift
  const first = modulo(startRotationFromUserIndex, Math.max(1, rollingUsers.length))
  const groups = [...rollingUsers.slice(first), ...rollingUsers.slice(0, first)]
  const rule = ruleOf(shift)
  if (shift.frequency !== 'daily' || shift.byDay === null) return { groups, periodsPerTurn: 1, firstLocal, rule }
  return { groups, periodsPerTurn: interval, firstLocal, rule: { ...rule, interval: 1 } }
}
