import { known } from '../../src/lib/check.ts'
import { asId, type UserId } from '../../src/lib/ids.ts'
import { type Instant, hours, instant, ms } from '../../src/lib/time.ts'
import { finalShifts } from '../../src/schedules/engine/on-call.ts'
import type { Rotation, TimeWindow, Turn } from '../../src/schedules/engine/schedule.ts'
import { weekdays } from '../../src/schedules/calendar.ts'
import { formatLocalTime, type LocalTime, parseLocalTime } from '../../src/schedules/local-time.ts'
import { findZone, firstInstantAt, localAt } from '../../src/schedules/zone.ts'
import { document, labelled, rectangle, type Svg, text, upright } from './svg.ts'

const zone = known(findZone('America/New_York'), 'New York has a time zone')
const hourMs = hours(1)

type Night = {
  readonly title: string
  readonly description: string
  /** The evening before, as a date. */
  readonly evening: string
  readonly morning: string
  /** When the clock is changed. */
  readonly changedAt: Instant
  readonly change: string
  readonly handover: string
  readonly handoverNote: (reading: string) => string
}

/** The night in which an hour is skipped. */
export const springNight = (): string =>
  drawn({
    title: 'An hour is skipped: New York, the night of 7 March 2026',
    description:
      'At 02:00 the clock is put forward to 03:00. The shift from 22:00 to 06:00 lasts 7 hours. A hand-over at 02:30, which no clock ' +
      'shows, is at 03:00, the instant of the change. Turns of 8 hours by the stop-watch keep their length, and are handed over at 07:00.',
    evening: '2026-03-07',
    morning: '2026-03-08',
    changedAt: instant(Date.parse('2026-03-08T07:00:00Z')),
    change: '02:00 becomes 03:00',
    handover: '02:30',
    handoverNote: (reading) => `No clock shows 02:30, so the hand-over is at ${reading} ↑`,
  })

/** The night in which an hour comes twice. */
export const autumnNight = (): string =>
  drawn({
    title: 'An hour comes twice: New York, the night of 31 October 2026',
    description:
      'At 02:00 the clock is put back to 01:00. The shift from 22:00 to 06:00 lasts 9 hours. A hand-over at 01:30, which comes twice, is at ' +
      'the first of them. Turns of 8 hours by the stop-watch keep their length, and are handed over at 05:00.',
    evening: '2026-10-31',
    morning: '2026-11-01',
    changedAt: instant(Date.parse('2026-11-01T06:00:00Z')),
    change: '02:00 becomes 01:00',
    handover: '01:30',
    handoverNote: (reading) => `${reading} comes twice, and the first counts ↑`,
  })

const left = 196
const width = 860
const top = 96

function drawn(night: Night): string {
  const window = { startAt: instantOf(`${night.evening}T20:00:00`), endAt: instantOf(`${night.morning}T08:00:00`) }
  const scale: Scale = (at) => left + ((at - window.startAt) / (window.endAt - window.startAt)) * (width - left - 46)
  const rows = rowsOf(night)
  const tops = rows.map((_, index) => rows.slice(0, index).reduce((y, row) => y + heightOf(row), top + 44))
  const bottom = rows.reduce((y, row) => y + heightOf(row), top + 34)
  const height = bottom + 46
  return document({ title: night.title, description: night.description, width, height }, [
    text({ x: 24, y: 36 }, 'heading', night.title),
    ...ruler({ night, window, scale, bottom }),
    ...rows.flatMap((row, index) => rowDrawn({ row, window, scale, y: known(tops[index], 'a row has its place') })),
  ])
}

type Scale = (at: Instant) => number
type Ruler = { readonly night: Night; readonly window: TimeWindow; readonly scale: Scale; readonly bottom: number }

/** Hours as they pass, with what the clock on the wall reads above and UTC below. */
function ruler({ night, window, scale, bottom }: Ruler): readonly Svg[] {
  const { changedAt } = night
  const changeX = scale(changedAt)
  const isPutBack = localAt(zone, changedAt) < localAt(zone, instant(changedAt - 1))
  const again = { x: changeX, y: top, width: scale(instant(changedAt + hourMs)) - changeX, height: bottom - top }
  const ticks: Svg[] = []
  for (let at = window.startAt; at <= window.endAt; at = instant(at + hourMs)) {
    const isChange = at === changedAt
    if (!isChange) ticks.push(upright({ x: scale(at), y: top + 26 }, bottom - top - 26, 'line'))
    ticks.push(text({ x: scale(at), y: top + 18 }, isChange ? 'hot middle' : 'strong middle', readingAt(at)))
    ticks.push(text({ x: scale(at), y: bottom + 20 }, 'soft middle', new Date(at).toISOString().slice(11, 16)))
  }
  return [
    rectangle({ x: 24, y: top, width: width - 48, height: 26 }, 'band'),
    rectangle({ x: 24, y: bottom + 2, width: width - 48, height: 26 }, 'band'),
    ...(isPutBack ? [rectangle(again, 'again')] : []),
    ...ticks,
    text({ x: 32, y: top + 18 }, 'strong', 'Clock on the wall'),
    text({ x: 32, y: bottom + 20 }, 'soft', 'UTC'),
    upright({ x: changeX, y: top - 14 }, 14, 'change'),
    upright({ x: changeX, y: top + 26 }, bottom - top - 26, 'change'),
    text({ x: changeX, y: top - 20 }, 'hot middle', night.change),
    ...(isPutBack ? [text({ x: again.x + again.width + 6, y: top - 4 }, 'soft', 'the second 01:00 to 02:00')] : []),
  ]
}

type Row = {
  readonly label: string
  readonly detail: string
  readonly layers: readonly Rotation[]
  /** What is to be said of the first hand-over in the window, at which the clock has some reading. */
  readonly noteOf: ((reading: string) => string) | null
}

function rowsOf({ evening, handover, handoverNote }: Night): readonly Row[] {
  const noon = readingOf(`${evening}T12:00:00`)
  const daily = (time: string): Turn => ({ unit: 'days', length: 1, handover: timeOf(time) })
  const every = (name: string, start: string, end: string): Rotation => {
    const restrictions = [{ days: weekdays, start: timeOf(start), end: timeOf(end) }]
    return rotation({ startLocal: noon, groups: [name], turn: daily(start), restrictions })
  }
  const handedOver = { startLocal: noon, groups: ['Cem', 'Dana'], turn: daily(handover), restrictions: [] }
  const startLocal = readingOf(`${evening}T14:00:00`)
  const elapsed: Turn = { unit: 'elapsed', length: hours(8) }
  return [
    {
      label: '22:00 to 06:00',
      detail: 'by the clock on the wall',
      layers: [every('Ann', '22:00', '06:00'), every('Ben', '06:00', '22:00')],
      noteOf: null,
    },
    {
      label: `Hand-over at ${handover}`,
      detail: 'by the clock on the wall',
      layers: [rotation(handedOver)],
      noteOf: handoverNote,
    },
    {
      label: 'Turns of 8 hours',
      detail: 'by the stop-watch',
      layers: [rotation({ startLocal, groups: ['Ben', 'Ann'], turn: elapsed, restrictions: [] })],
      noteOf: null,
    },
  ]
}

const heightOf = ({ noteOf }: Row): number => (noteOf === null ? 54 : 72)

type Turns = Pick<Rotation, 'startLocal' | 'turn' | 'restrictions'> & { readonly groups: readonly string[] }

const rotation = ({ groups, ...turns }: Turns): Rotation => ({
  ...turns,
  kind: 'rotation',
  id: groups.join(),
  level: 0,
  fromAt: null,
  toAt: null,
  endLocal: null,
  zone,
  groups: groups.map((name) => [asId<UserId>(name)]),
  consumption: 'calendar',
})

type RowDrawn = { readonly row: Row; readonly window: TimeWindow; readonly scale: Scale; readonly y: number }

const colours = ['Ann', 'Ben', 'Cem', 'Dana']

function rowDrawn({ row, window, scale, y }: RowDrawn): readonly Svg[] {
  const shifts = finalShifts({ layers: row.layers, overrides: [], swaps: [], passedOver: new Set() }, window)
  const bars = shifts.flatMap(({ userId, startAt, endAt, cover }) => {
    const box = { x: scale(startAt) + 1, y, width: scale(endAt) - scale(startAt) - 2, height: 32 }
    const isWhole = cover.startAt >= window.startAt && cover.endAt <= window.endAt
    const words = isWhole ? [`${userId}: ${(cover.endAt - cover.startAt) / hourMs} hours`, userId] : [userId]
    return labelled(box, `p${colours.indexOf(userId)}`, words)
  })
  const handoverAt = known(shifts[0], 'somebody is on call').endAt
  const note = row.noteOf?.(readingAt(handoverAt))
  return [
    text({ x: 32, y: y + 14 }, 'strong', row.label),
    text({ x: 32, y: y + 30 }, 'soft', row.detail),
    ...bars,
    ...(note === undefined ? [] : [text({ x: scale(handoverAt) + 4, y: y + 49 }, 'soft note end', note)]),
  ]
}

const instantOf = (reading: string): Instant => firstInstantAt(zone, readingOf(reading))
const readingOf = (reading: string): LocalTime => known(parseLocalTime(reading), `${reading} is a local time`)
const readingAt = (at: Instant): string => formatLocalTime(localAt(zone, at)).slice(11, 16)
const timeOf = (time: string) => ms(Date.parse(`1970-01-01T${time}:00Z`))
