import { known } from '../../src/lib/check.ts'
import { asId } from '../../src/lib/ids.ts'
import { days, hours, type Instant, instant } from '../../src/lib/time.ts'
import type { Restriction, Rotation, Schedule } from '../../src/schedules/engine/schedule.ts'
import { type Stretch, stretchesOf } from '../../src/schedules/engine/stretches.ts'
import { parseLocalTime } from '../../src/schedules/local-time.ts'
import { findZone } from '../../src/schedules/zone.ts'
import { labelled, document, rectangle, type Svg, text, upright } from './svg.ts'

type Layer = {
  readonly name: string
  readonly place: string
  readonly zone: string
  readonly level: number
  readonly users: readonly string[]
  readonly restriction: Restriction
}

const weekdays = ['MO', 'TU', 'WE', 'TH', 'FR'] as const
const officeHours: Restriction = { days: weekdays, start: hours(9), end: hours(17) }
const weekend: Restriction = { startDay: 'SA', start: hours(9), endDay: 'MO', end: hours(9) }
const layers: readonly Layer[] = [
  { name: 'singapore', place: 'Singapore', zone: 'Asia/Singapore', level: 0, users: ['Mei', 'Raj'], restriction: officeHours },
  { name: 'london', place: 'London', zone: 'Europe/London', level: 0, users: ['Amy', 'Tom'], restriction: officeHours },
  {
    name: 'california',
    place: 'San Francisco',
    zone: 'America/Los_Angeles',
    level: 0,
    users: ['Joe', 'Zoe'],
    restriction: officeHours,
  },
  { name: 'weekend', place: 'Weekend', zone: 'Asia/Singapore', level: 1, users: ['Mei', 'Tom', 'Joe'], restriction: weekend },
]
const left = 132
const width = 860
const top = 112
const rowHeight = 42
const firstDay = instant(Date.parse('2026-03-05T00:00:00Z'))

/** Three offices that hand over to each other, in the week in which only one of them changes its clock. */
export function followTheSun(): string {
  const schedule: Schedule = { layers: layers.map(rotationOf), overrides: [], swaps: [], passedOver: new Set() }
  const title = 'Follow the sun, in the week in which San Francisco changes its clock'
  const description =
    'Singapore, London and San Francisco are on call from 09:00 to 17:00 of their own clocks, and a weekend layer lies over them. Until ' +
    '8 March 2026 the three follow one another. From then on San Francisco comes and goes an hour earlier: from 16:00 to 17:00 UTC there are two ' +
    'people on call, and from 00:00 to 01:00 UTC nobody is.'
  return document({ title, description, width, height: top + 7 * rowHeight + 54 }, [
    text({ x: 24, y: 36 }, 'heading', title),
    text(
      { x: 24, y: 58 },
      'soft',
      'Each office is on call from 09:00 to 17:00 of its own clock. On Sunday only San Francisco puts it forward.',
    ),
    ...legend(),
    ...hourLines(),
    ...[0, 1, 2, 3, 4, 5, 6].flatMap((index) => dayDrawn(schedule, instant(firstDay + days(index)), top + index * rowHeight)),
  ])
}

const rotationOf = ({ name, zone, level, users, restriction }: Layer): Rotation => ({
  kind: 'rotation',
  id: name,
  level,
  fromAt: null,
  toAt: null,
  zone: known(findZone(zone), `${zone} is a time zone`),
  groups: users.map((user) => [asId(user)]),
  startLocal: known(parseLocalTime('2026-03-02T09:00:00'), 'a local time'),
  endLocal: null,
  turn: { unit: 'weeks', length: 1, weekday: name === 'weekend' ? 'SA' : 'MO', handover: hours(9) },
  restrictions: [restriction],
  consumption: 'calendar',
})

type Lane = { readonly y: number; readonly height: number }

/** A day of UTC, cut wherever somebody comes or goes. */
function dayDrawn(schedule: Schedule, startAt: Instant, y: number): readonly Svg[] {
  const window = { startAt, endAt: instant(startAt + days(1)) }
  const date = new Date(startAt).toUTCString()
  return [
    text({ x: 32, y: y + 21 }, 'strong', `${date.slice(0, 3)} ${Number(date.slice(5, 7))} ${date.slice(8, 11)}`),
    ...[...stretchesOf(schedule, window)].flatMap((stretch) => stretchDrawn(stretch, startAt, { y, height: 32 })),
  ]
}

/** People who are on call at the same time share the height of the row. */
function stretchDrawn({ onCall, ...stretch }: Stretch, midnight: Instant, { y, height }: Lane): readonly Svg[] {
  const box = { x: scale(stretch.startAt - midnight) + 1, width: scale(stretch.endAt - stretch.startAt) - left - 2 }
  if (onCall.length === 0) return [rectangle({ ...box, y, height }, 'nobody')]
  const share = height / onCall.length
  return onCall.flatMap(({ userId, cover }, index) => {
    const colour = layers.findIndex(({ name }) => name === cover.source.id)
    const { place } = known(layers[colour], 'what covers is a layer')
    return labelled({ ...box, y: y + index * share, height: share - 1 }, `p${colour}`, [`${place}: ${userId}`, userId])
  })
}

function hourLines(): readonly Svg[] {
  return Array.from({ length: 13 }, (_, index) => index * 2).flatMap((hour) => [
    upright({ x: scale(hours(hour)), y: top - 8 }, 7 * rowHeight + 6, 'line'),
    text({ x: scale(hours(hour)), y: top - 14 }, 'soft middle', `${String(hour).padStart(2, '0')}:00`),
  ])
}

function legend(): readonly Svg[] {
  const y = top + 7 * rowHeight + 12
  return [
    text({ x: 32, y: top - 14 }, 'soft', 'UTC'),
    rectangle({ x: left + 1, y, width: 26, height: 18 }, 'nobody'),
    text({ x: left + 36, y: y + 13 }, 'soft', 'nobody is on call'),
  ]
}

const scale = (sinceMidnightMs: number): number => left + (sinceMidnightMs / days(1)) * (width - left - 46)
