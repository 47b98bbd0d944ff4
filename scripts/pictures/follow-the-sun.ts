import { known } from '../../src/lib/check.ts'
import { asId } from '../../src/lib/ids.ts'
import { days, hours, type Instant, instant } from '../../src/lib/time.ts'
import { gaps } from '../../src/schedules/engine/on-call.ts'
import type { Restriction, Rotation, Schedule } from '../../src/schedules/engine/schedule.ts'
import { type Stretch, stretchesOf } from '../../src/schedules/engine/stretches.ts'
import type { Weekday } from '../../src/schedules/calendar.ts'
import { parseLocalTime } from '../../src/schedules/local-time.ts'
import { findZone } from '../../src/schedules/zone.ts'
import { labelled, document, rectangle, type Svg, text, upright } from './svg.ts'

type Layer = {
  readonly name: string
  readonly zone: string
  readonly level: number
  readonly start: string
  readonly weekday: Weekday
  readonly users: readonly string[]
  readonly restriction: Restriction
}

/** From nine to some hour on the office's own clock. */
const office = (name: string, zone: string, { users, until }: { users: readonly string[]; until: number }): Layer => ({
  name,
  zone,
  level: 0,
  start: '2026-01-05T09:00:00',
  weekday: 'MO',
  users,
  restriction: { days: ['MO', 'TU', 'WE', 'TH', 'FR'], start: hours(9), end: hours(until) },
})

/** What docs/follow-the-sun.md builds, with the hour until which San Francisco is on call. */
const layersUntil = (until: number): readonly Layer[] => [
  office('Singapore', 'Asia/Singapore', { users: ['Mei', 'Raj'], until: 17 }),
  office('London', 'Europe/London', { users: ['Amy', 'Tim'], until: 17 }),
  office('San Francisco', 'America/Los_Angeles', { users: ['Lee', 'Ida'], until }),
  {
    name: 'Weekend',
    zone: 'Asia/Singapore',
    level: 1,
    start: '2026-01-03T09:00:00',
    weekday: 'SA',
    users: ['Mei', 'Amy', 'Lee', 'Raj', 'Tim', 'Ida'],
    restriction: { startDay: 'SA', start: hours(9), endDay: 'MO', end: hours(9) },
  },
]

/** Three offices that hand over to each other, in the week in which only one of them changes its clock. */
export const followTheSun = (): string =>
  drawn(layersUntil(17), {
    title: 'Follow the sun, in the week in which San Francisco changes its clock',
    subtitle: 'Each office is on call from 09:00 to 17:00 of its own clock. On Sunday only San Francisco puts it forward.',
    description:
      'Singapore, London and San Francisco are on call from 09:00 to 17:00 of their own clocks, and a weekend layer lies over them. Until ' +
      '10 March 2030 the three follow one another. From then on San Francisco comes and goes an hour earlier: from 16:00 to 17:00 UTC two ' +
      'people are on call, and from 00:00 to 01:00 UTC nobody is.',
  })

/** The same with an hour more in San Francisco. */
export const followTheSunMended = (): string =>
  drawn(layersUntil(18), {
    title: 'The same week, with San Francisco on call until 18:00',
    subtitle: 'Whatever the clocks do, somebody is on call; where two offices meet, both are.',
    description:
      'Singapore and London are on call from 09:00 to 17:00 of their own clocks, San Francisco from 09:00 to 18:00, and a weekend layer ' +
      'lies over them. Somebody is on call at all times, before and after San Francisco changes its clock on 10 March 2030.',
  })

const left = 132
const width = 860
const top = 112
const rowHeight = 42
const firstDay = instant(Date.parse('2030-03-07T00:00:00Z'))

type Words = { readonly title: string; readonly subtitle: string; readonly description: string }

function drawn(layers: readonly Layer[], { title, subtitle, description }: Words): string {
  const schedule: Schedule = { layers: layers.map(rotationOf), overrides: [], swaps: [], passedOver: new Set() }
  const week = [0, 1, 2, 3, 4, 5, 6].map((index) => instant(firstDay + days(index)))
  const hasGaps = gaps(schedule, { startAt: firstDay, endAt: instant(firstDay + days(7)) }).length > 0
  const colours = layers.map(({ name }) => name)
  const height = top + 7 * rowHeight + (hasGaps ? 54 : 16)
  return document({ title, description, width, height }, [
    text({ x: 24, y: 36 }, 'heading', title),
    text({ x: 24, y: 58 }, 'soft', subtitle),
    ...hourLines(),
    ...week.flatMap((day, index) => dayDrawn({ schedule, colours, startAt: day, y: top + index * rowHeight })),
    ...(hasGaps ? legend() : []),
  ])
}

const rotationOf = ({ name, zone, level, start, weekday, users, restriction }: Layer): Rotation => ({
  kind: 'rotation',
  id: name,
  level,
  fromAt: null,
  toAt: null,
  zone: known(findZone(zone), `${zone} is a time zone`),
  groups: users.map((user) => [asId(user)]),
  startLocal: known(parseLocalTime(start), `${start} is a local time`),
  endLocal: null,
  turn: { unit: 'weeks', length: 1, weekday, handover: hours(9) },
  restrictions: [restriction],
  consumption: 'calendar',
})

type Day = {
  readonly schedule: Schedule
  /** The names of layers, in the order of their colours. */
  readonly colours: readonly string[]
  readonly startAt: Instant
  readonly y: number
}

/** A day of UTC, cut wherever somebody comes or goes. */
function dayDrawn({ schedule, colours, startAt, y }: Day): readonly Svg[] {
  const window = { startAt, endAt: instant(startAt + days(1)) }
  const date = new Date(startAt).toUTCString()
  return [
    text({ x: 32, y: y + 21 }, 'strong', `${date.slice(0, 3)} ${Number(date.slice(5, 7))} ${date.slice(8, 11)}`),
    ...joined([...stretchesOf(schedule, window)]).flatMap((stretch) => stretchDrawn(stretch, { colours, midnight: startAt, y })),
  ]
}

/** An edge of what is beaten is none that anybody sees. */
const joined = (stretches: readonly Stretch[]): readonly Stretch[] =>
  stretches.reduce<readonly Stretch[]>((earlier, stretch) => {
    const last = earlier.at(-1)
    if (last === undefined || whoAndWhy(last) !== whoAndWhy(stretch)) return [...earlier, stretch]
    return [...earlier.slice(0, -1), { ...last, endAt: stretch.endAt }]
  }, [])

const whoAndWhy = ({ onCall }: Stretch): string => onCall.map(({ userId, cover }) => `${cover.source.id} ${userId}`).join()

type Place = { readonly colours: readonly string[]; readonly midnight: Instant; readonly y: number }

/** People who are on call at the same time share the height of the row. */
function stretchDrawn({ onCall, ...stretch }: Stretch, { colours, midnight, y }: Place): readonly Svg[] {
  const box = { x: scale(stretch.startAt - midnight) + 1, width: scale(stretch.endAt - stretch.startAt) - left - 2 }
  if (onCall.length === 0) return [rectangle({ ...box, y, height: 32 }, 'nobody')]
  const share = 32 / onCall.length
  return onCall.flatMap(({ userId, cover }, index) => {
    const { id } = cover.source
    return labelled({ ...box, y: y + index * share, height: share - 1 }, `p${colours.indexOf(id)}`, [`${id}: ${userId}`, userId])
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
