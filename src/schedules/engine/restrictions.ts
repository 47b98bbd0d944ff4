import type { Restriction, TimeOfDay, TimeWindow } from './schedule.ts'
import { dayMs, latestWeekday, type Weekday, weekdayIndex, weekMs } from '../calendar.ts'
import { dayOf, type LocalTime, localTime } from '../local-time.ts'
import { firstInstantAt, localAt, type Zone } from '../zone.ts'

/** Hours of every week, in milliseconds since its Monday began; in order, apart from each other, the last may reach into the next week. */
export type WeeklyHours = readonly { readonly fromMs: number; readonly toMs: number }[]

/** The hours that restrictions leave, as one list; null: all of them. */
export function weeklyHours(restrictions: readonly Restriction[]): WeeklyHours | null {
  if (restrictions.length === 0) return null
  const merged: { fromMs: number; toMs: number }[] = []
  for (const hours of restrictions.flatMap(hoursOf).toSorted((left, right) => left.fromMs - right.fromMs)) {
    const before = merged.at(-1)
    if (before !== undefined && hours.fromMs <= before.toMs) before.toMs = Math.max(before.toMs, hours.toMs)
    else merged.push({ ...hours })
  }
  const last = merged.at(-1)
  while (last !== undefined && merged[0] !== undefined && merged[0] !== last && merged[0].fromMs + weekMs <= last.toMs) {
    last.toMs = Math.max(last.toMs, merged[0].toMs + weekMs)
    merged.shift()
  }
  return last !== undefined && last.toMs - last.fromMs >= weekMs ? null : merged
}

/** The stretches of weekly hours that touch a window, whole and in order. A change of the clock may swallow one. */
export function* hoursWithin(hours: WeeklyHours, zone: Zone, { startAt, endAt }: TimeWindow): Generator<TimeWindow> {
  // The clock has read this, and perhaps more before it was turned back. Hours of the week before may reach into this one.
  for (let mondayMs = mondayOf(localAt(zone, startAt)) - weekMs; ; mondayMs += weekMs) {
    for (const { fromMs, toMs } of hours) {
      const opensAt = firstInstantAt(zone, localTime(mondayMs + fromMs))
      if (opensAt >= endAt) return
      const closesAt = firstInstantAt(zone, localTime(mondayMs + toMs))
      if (closesAt > opensAt && closesAt > startAt) yield { startAt: opensAt, endAt: closesAt }
    }
  }
}

/** Whether weekly hours and a stretch of calendar time have something in common. */
export function isCovered(hours: WeeklyHours, fromMs: number, toMs: number): boolean {
  if (toMs - fromMs >= weekMs) return true
  const mondayMs = mondayOf(localTime(fromMs))
  return [mondayMs - weekMs, mondayMs, mondayMs + weekMs].some((weekAt) =>
    hours.some((open) => weekAt + open.fromMs < toMs && fromMs < weekAt + open.toMs),
  )
}

function hoursOf(restriction: Restriction): readonly { readonly fromMs: number; readonly toMs: number }[] {
  const { start, end } = restriction
  if ('days' in restriction) {
    const length = end > start ? end - start : end - start + dayMs
    return restriction.days.map((day) => ({ fromMs: sinceMonday(day, start), toMs: sinceMonday(day, start) + length }))
  }
  const fromMs = sinceMonday(restriction.startDay, start)
  const toMs = sinceMonday(restriction.endDay, end)
  return [{ fromMs, toMs: toMs > fromMs ? toMs : toMs + weekMs }]
}

const sinceMonday = (day: Weekday, time: TimeOfDay): number => weekdayIndex(day) * dayMs + time

const mondayOf = (reading: LocalTime): number => latestWeekday(dayOf(reading), 'MO') * dayMs
