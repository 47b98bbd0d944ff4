// Its module for Node is of the old form, whose default the linter does not see.
// oxlint-disable-next-line import/default
import rrule from 'rrule'
import { Temporal } from 'temporal-polyfill'
import { known } from '../src/lib/check.ts'
import { asId } from '../src/lib/ids.ts'
import { instant, ms } from '../src/lib/time.ts'
import { type FinalShift, finalShifts, nextChange, onCallAt } from '../src/schedules/engine/on-call.ts'
import type { Rotation, Schedule } from '../src/schedules/engine/schedule.ts'
import { localTime } from '../src/schedules/local-time.ts'
import { findZone } from '../src/schedules/zone.ts'
import { percentile } from './load.ts'
import { below, type Row, shown } from './row.ts'

const hour = 3_600_000
const zoneName = 'Europe/London'
const startedMs = Date.UTC(2015, 0, 5, 9)
const year = { startAt: instant(Date.UTC(2025, 0, 1)), endAt: instant(Date.UTC(2026, 0, 1)) }
const hoursOfYear = (year.endAt - year.startAt) / hour
const layerNames = ['a', 'b', 'c', 'd', 'e']
const groupCount = 3
const repeats = 20

/** A year of five layers that hand over every hour for ten years now, beside loops over libraries that say the same. */
export function measureSchedule(): Promise<readonly Row[]> {
  const [levels, together] = [scheduleOf('levels'), scheduleOf('one level')]
  const levelsMs = usualMs(() => finalShifts(levels, year))
  const togetherMs = usualMs(() => finalShifts(together, year))
  const instantMs = usualMs(() => eachHour((at) => onCallAt(levels, at)))
  const changeMs = usualMs(() => eachHour((at) => nextChange(levels, { startAt: at, endAt: year.endAt })))
  const ours = namesByHour(finalShifts(together, year))
  const rules = timed(byRules)
  const steps = timed(bySteps)
  return Promise.resolve([
    {
      what: 'final shifts of a year, 5 hourly layers on levels',
      measured: `${shown(levelsMs)} ms`,
      target: below(levelsMs, 20, ' ms'),
    },
    { what: 'the same on one level, 43,800 rows', measured: `${shown(togetherMs)} ms`, target: null },
    { what: 'who is on call, at an instant', measured: `${shown((instantMs / hoursOfYear) * 1000)} µs`, target: null },
    { what: 'the next change', measured: `${shown((changeMs / hoursOfYear) * 1000)} µs`, target: null },
    naive('rrule and Temporal, the same', rules, ours),
    naive('a loop of Temporal, the same', steps, ours),
  ])
}

function scheduleOf(levels: 'levels' | 'one level'): Schedule {
  const layers = layerNames.map(
    (name, index): Rotation => ({
      kind: 'rotation',
      id: name,
      level: levels === 'levels' ? index : 0,
      fromAt: null,
      toAt: null,
      zone: known(findZone(zoneName), 'London is a zone'),
      groups: Array.from({ length: groupCount }, (_none, group) => [asId(`${name}${group}`)]),
      startLocal: localTime(startedMs),
      endLocal: null,
      turn: { unit: 'hours', length: 1, handover: ms(0) },
      restrictions: [],
      consumption: 'calendar',
    }),
  )
  return { layers, overrides: [], swaps: [], passedOver: new Set() }
}

/** Who is on call in each hour of the year, in the order of the layers. */
type Names = readonly string[]

/** One recurring event for each group, as calendars do it, brought from the wall to UTC one by one. */
function byRules(): Names {
  const names = emptyNames()
  for (const layer of layerNames) {
    for (let group = 0; group < groupCount; group += 1) {
      const dtstart = new Date(startedMs + group * hour)
      const rule = new rrule.RRule({ freq: rrule.RRule.HOURLY, interval: groupCount, dtstart })
      for (const start of rule.between(new Date(year.startAt - hour), new Date(year.endAt + hour))) {
        put(names, `${layer}${group}`, [instantOf(start.getTime()), instantOf(start.getTime() + hour)])
      }
    }
  }
  return names.map((found) => found.join(' '))
}

/** All turns from the first one on, each an hour of the wall later than the one before. */
function bySteps(): Names {
  const names = emptyNames()
  for (const layer of layerNames) {
    let reading = Temporal.PlainDateTime.from(new Date(startedMs).toISOString().slice(0, 19))
    let from = reading.toZonedDateTime(zoneName).epochMilliseconds
    for (let turn = 0; from < year.endAt; turn += 1) {
      reading = reading.add({ hours: 1 })
      const to = reading.toZonedDateTime(zoneName).epochMilliseconds
      put(names, `${layer}${turn % groupCount}`, [from, to])
      from = to
    }
  }
  return names.map((found) => found.join(' '))
}

const instantOf = (readingMs: number): number =>
  Temporal.PlainDateTime.from(new Date(readingMs).toISOString().slice(0, 19)).toZonedDateTime(zoneName).epochMilliseconds

function namesByHour(rows: readonly FinalShift[]): Names {
  const names = emptyNames()
  for (const { userId, startAt, endAt } of rows) put(names, userId, [startAt, endAt])
  return names.map((found) => found.toSorted().join(' '))
}

const emptyNames = (): string[][] => Array.from({ length: hoursOfYear }, () => [])

function put(names: readonly string[][], name: string, [from, to]: readonly [number, number]): void {
  for (let at = Math.max(from, year.startAt); at < Math.min(to, year.endAt); at += hour)
    names[(at - year.startAt) / hour]?.push(name)
}

function eachHour(ask: (at: typeof year.startAt) => unknown): void {
  for (let at = year.startAt; at < year.endAt; at = instant(at + hour)) ask(at)
}

type Timed = { readonly names: Names; readonly tookMs: number }

function timed(run: () => Names): Timed {
  const startMs = performance.now()
  const names = run()
  return { names, tookMs: performance.now() - startMs }
}

function usualMs(run: () => unknown): number {
  const took: number[] = []
  for (let count = 0; count < repeats; count += 1) {
    const startMs = performance.now()
    run()
    took.push(performance.now() - startMs)
  }
  return percentile(took, 0.5)
}

function naive(what: string, { names, tookMs }: Timed, ours: Names): Row {
  const others = names.filter((found, index) => found.split(' ').toSorted().join(' ') !== ours[index]).length
  return { what, measured: `${shown(tookMs)} ms, ${others} of ${hoursOfYear} hours otherwise`, target: null }
}
