import type { Rotation, TimeWindow, Turn } from './schedule.ts'
import { type Instant, instant } from '../../lib/time.ts'
import { calendarDay, dayMs, daysInMonth, firstOfMonth, latestWeekday, modulo, monthNumber, weekMs } from '../calendar.ts'
import { dayOf, type LocalTime, localTime } from '../local-time.ts'
import { firstInstantAt, localAt } from '../zone.ts'
import { forever } from './cover.ts'

/** One turn of a rotation, numbered from 0. */
export type NumberedTurn = TimeWindow & { readonly number: number }

/**
 * The turns that touch a window, in order. A turn that a change of the clock has left without length is not among them, but has its
 * number. How old the rotation is makes no difference to the work.
 */
export function* turnsWithin(rotation: Rotation, window: TimeWindow): Generator<NumberedTurn> {
  const { zone, startLocal, endLocal } = rotation
  const handovers = handoversOf(rotation)
  const lastAt = endLocal === null ? forever : firstInstantAt(zone, endLocal)
  let number = Math.max(0, handovers.numberBefore(window.startAt))
  let startAt = number === 0 ? firstInstantAt(zone, startLocal) : handovers.at(number)
  while (startAt < window.endAt && startAt < lastAt) {
    const nextAt = handovers.at(number + 1)
    const endAt = nextAt < lastAt ? nextAt : lastAt
    if (endAt > startAt && endAt > window.startAt) yield { number, startAt, endAt }
    number += 1
    startAt = nextAt
  }
}

/** When a rotation of the clock on the wall hands over, in readings of that clock. */
export type WallHandovers = {
  /** When turn `number` begins in the calendar; for turn 0 that is the latest hand-over up to the start. */
  readonly at: (number: number) => LocalTime
  /** Which turn a reading is in. */
  readonly numberAt: (reading: LocalTime) => number
}

/** The hand-overs of turns of a calendar unit: arithmetic from the anchor, so that nothing drifts. */
export function wallHandovers(turn: Exclude<Turn, { unit: 'elapsed' }>, startLocal: LocalTime): WallHandovers {
  if (turn.unit === 'months') return monthlyHandovers(turn, startLocal)
  const lengthMs = turn.length * { hours: 3_600_000, days: dayMs, weeks: weekMs }[turn.unit]
  const anchor = anchorOf(turn, startLocal)
  return {
    at: (number) => localTime(anchor + number * lengthMs),
    numberAt: (reading) => Math.floor((reading - anchor) / lengthMs),
  }
}

/** The latest hand-over at or before the start. Hours are counted from the time of day, so that the start is in turn 0. */
function anchorOf(turn: Exclude<Turn, { unit: 'elapsed' | 'months' }>, startLocal: LocalTime): number {
  const day = dayOf(startLocal)
  const today = turn.unit === 'weeks' ? latestWeekday(day, turn.weekday) : day
  const todayMs = today * dayMs + turn.handover
  const anchor = todayMs <= startLocal ? todayMs : todayMs - (turn.unit === 'weeks' ? weekMs : dayMs)
  return turn.unit === 'hours' ? startLocal - modulo(startLocal - anchor, turn.length * 3_600_000) : anchor
}

function monthlyHandovers(turn: Extract<Turn, { unit: 'months' }>, startLocal: LocalTime): WallHandovers {
  const inMonth = (month: number): LocalTime => {
    const first = firstOfMonth(month)
    const { year, month: number } = calendarDay(first)
    return localTime((first + Math.min(turn.monthday, daysInMonth(year, number)) - 1) * dayMs + turn.handover)
  }
  const monthOf = (reading: LocalTime): number => {
    const month = monthNumber(calendarDay(dayOf(reading)))
    return inMonth(month) <= reading ? month : month - 1
  }
  const anchor = monthOf(startLocal)
  return {
    at: (number) => inMonth(anchor + number * turn.length),
    numberAt: (reading) => Math.floor((monthOf(reading) - anchor) / turn.length),
  }
}

type Handovers = {
  /** When turn `number` begins, for numbers from 1. */
  readonly at: (number: number) => Instant
  /** A turn that begins at an instant or before it: the one that is then under way, or an earlier one of about that time. */
  readonly numberBefore: (at: Instant) => number
}

function handoversOf({ turn, zone, startLocal }: Rotation): Handovers {
  if (turn.unit === 'elapsed') {
    const { length } = turn
    const startAt = firstInstantAt(zone, startLocal)
    return {
      at: (number) => instant(startAt + number * length),
      numberBefore: (at) => Math.floor((at - startAt) / length),
    }
  }
  const wall = wallHandovers(turn, startLocal)
  return {
    at: (number) => firstInstantAt(zone, wall.at(number)),
    // Right after the clock was turned back it reads less than it has read before.
    numberBefore: (at) => wall.numberAt(localAt(zone, at)),
  }
}
