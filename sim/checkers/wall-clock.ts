import { known } from '../../src/lib/check.ts'
import { instant } from '../../src/lib/time.ts'
import { findZone, localAt } from '../../src/schedules/zone.ts'

/** The clock on the wall of a place, as somebody saw it who looked once a minute and never let it go back. */
export type WallClock = {
  /** The highest reading so far, in milliseconds as if it were UTC. */
  readingAt(at: number): number
  /** When it was reached first. */
  firstAt(reading: number): number
}

export const minuteMs = 60_000

/** A wall clock that is looked at from one whole minute until another one. */
export function newWallClock(zoneName: string, { startAt, endAt }: { startAt: number; endAt: number }): WallClock {
  const zone = known(findZone(zoneName), 'the zones of a seed are known')
  const readings: number[] = []
  const found = new Map<number, number>()
  let highest = -Infinity
  for (let at = startAt; at <= endAt; at += minuteMs) {
    highest = Math.max(highest, localAt(zone, instant(at)))
    readings.push(highest)
  }
  return {
    readingAt: (at) =>
      Math.max(known(readings[Math.floor((at - startAt) / minuteMs)], 'somebody looked then'), localAt(zone, instant(at))),
    firstAt: (reading) => {
      const first = found.get(reading) ?? readings.findIndex((shown) => shown >= reading)
      found.set(reading, first)
      return startAt + first * minuteMs
    },
  }
}

/** A local time as it is written, `yyyy-mm-ddThh:mm:ss`. */
export const readingOf = (text: string): number => Date.parse(`${text}Z`)
