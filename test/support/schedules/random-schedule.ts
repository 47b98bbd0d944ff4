import * as fc from 'fast-check'
import { known } from '../../../src/lib/check.ts'
import { asId, type UserId } from '../../../src/lib/ids.ts'
import { instant, ms } from '../../../src/lib/time.ts'
import type { Weekday } from '../../../src/schedules/calendar.ts'
import type { Layer, Override, Restriction, Schedule, Swap, TimeWindow, Turn } from '../../../src/schedules/engine/schedule.ts'
import { localTime } from '../../../src/schedules/local-time.ts'
import { findZone } from '../../../src/schedules/zone.ts'

const minute = 60_000
const day = 1440 * minute

/** Where and when clocks are changed: by an hour, half an hour, two hours, at midnight, a whole day, for the last time. */
const changes = [
  ['Europe/London', '2025-03-30T01:00:00Z'],
  ['Europe/London', '2025-10-26T01:00:00Z'],
  ['America/New_York', '2025-03-09T07:00:00Z'],
  ['America/New_York', '2025-11-02T06:00:00Z'],
  ['Australia/Lord_Howe', '2024-10-05T15:30:00Z'],
  ['Australia/Lord_Howe', '2025-04-05T15:00:00Z'],
  ['Antarctica/Troll', '2025-10-26T01:00:00Z'],
  ['America/Sao_Paulo', '2018-11-04T03:00:00Z'],
  ['America/Sao_Paulo', '2019-02-17T02:00:00Z'],
  ['America/Havana', '2024-03-10T05:00:00Z'],
  ['Pacific/Chatham', '2024-09-28T14:00:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
  ['Africa/Casablanca', '2025-02-23T02:00:00Z'],
  ['Africa/Cairo', '2024-04-25T22:00:00Z'],
  ['America/Nuuk', '2023-03-26T01:00:00Z'],
  ['America/Vancouver', '2026-11-01T09:00:00Z'],
] as const

/** A window of three days around a change of some clock, and a schedule around it, whose times are whole steps of a length. */
export function scheduleAroundChange(stepMs: number): fc.Arbitrary<{ schedule: Schedule; window: TimeWindow }> {
  return fc.constantFrom(...changes).chain(([zone, text]) => {
    const at = Date.parse(text)
    const near = within(at - 2 * day, at + 2 * day, stepMs)
    const window = { startAt: instant(at - 1.5 * day), endAt: instant(at + 1.5 * day) }
    const schedule = fc.record({
      layers: fc
        .array(layer({ zone, at, stepMs }), { maxLength: 4 })
        .map((layers) => layers.map((one, index) => ({ ...one, id: `L${index}` }))),
      overrides: fc.array(override(near), { maxLength: 3 }).map((all) => all.map((one, index) => ({ ...one, id: `O${index}` }))),
      swaps: fc.array(swap(near), { maxLength: 2 }).map((all) => all.map((one, index) => ({ ...one, id: `S${index}` }))),
      passedOver: fc.oneof(
        { weight: 3, arbitrary: fc.constant(new Set<UserId>()) },
        { weight: 1, arbitrary: fc.constant(new Set([person('ana')])) },
      ),
    })
    return schedule.map((found) => ({ schedule: found, window }))
  })
}

type Place = { readonly zone: string; readonly at: number; readonly stepMs: number }

const person = (name: string) => asId<UserId>(name)
const user = fc.constantFrom('ana', 'ben', 'cai', 'dee', 'eve').map(person)
const group = fc.array(user, { minLength: 0, maxLength: 2 })
const weekday = fc.constantFrom<Weekday>('MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU')
const weekdays = fc.uniqueArray(weekday, { minLength: 1, maxLength: 7 })
const level = fc.integer({ min: 0, max: 2 })

const within = (from: number, to: number, stepMs: number): fc.Arbitrary<number> =>
  fc.integer({ min: Math.ceil(from / stepMs), max: Math.floor(to / stepMs) }).map((steps) => steps * stepMs)

function layer(place: Place): fc.Arbitrary<Layer> {
  return fc.oneof(
    { weight: 1, arbitrary: fixed(place) },
    { weight: 4, arbitrary: rotation(place) },
    { weight: 4, arbitrary: recurrence(place) },
  )
}

/** Now and then of a zone in another part of the world. */
const zoneOf = (zone: string) =>
  fc.constantFrom(zone, zone, zone, 'Asia/Kolkata', 'Europe/London').map((name) => known(findZone(name), `${name} is a zone`))

const life = ({ at, stepMs }: Place) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant({ fromAt: null, toAt: null }) },
    { weight: 1, arbitrary: within(at - day, at + day, stepMs).map((edge) => ({ fromAt: instant(edge), toAt: null })) },
    { weight: 1, arbitrary: within(at - day, at + day, stepMs).map((edge) => ({ fromAt: null, toAt: instant(edge) })) },
  )

function fixed(place: Place): fc.Arbitrary<Layer> {
  const near = within(place.at - 2 * day, place.at + 2 * day, place.stepMs)
  return fc
    .record({ level, users: group, from: near, to: near, life: life(place) })
    .map(({ from, to, life: lived, ...rest }) => ({
      kind: 'fixed',
      id: '',
      ...rest,
      ...lived,
      startAt: instant(from),
      endAt: instant(to),
    }))
}

function rotation(place: Place): fc.Arbitrary<Layer> {
  const parts = fc.record({
    level,
    zone: zoneOf(place.zone),
    groups: fc.array(group, { maxLength: 4 }),
    startLocal: within(place.at - 20 * day, place.at + day, place.stepMs).map(localTime),
    endLocal: fc.option(within(place.at - day, place.at + 2 * day, place.stepMs).map(localTime), { freq: 4 }),
    turn: turn(place.stepMs),
    restrictions: fc.array(restriction(place.stepMs), { maxLength: 2 }),
    consumption: fc.constantFrom('calendar', 'active'),
  })
  return fc.tuple(parts, life(place)).map(([found, lived]) => ({
    kind: 'rotation',
    id: '',
    ...found,
    ...lived,
    consumption: found.turn.unit === 'elapsed' ? 'calendar' : found.consumption,
  }))
}

function turn(stepMs: number): fc.Arbitrary<Turn> {
  const handover = within(0, day - stepMs, stepMs).map(ms)
  return fc.oneof(
    fc.record({ unit: fc.constant('hours' as const), length: fc.integer({ min: 1, max: 30 }), handover }),
    fc.record({ unit: fc.constant('days' as const), length: fc.integer({ min: 1, max: 4 }), handover }),
    fc.record({ unit: fc.constant('weeks' as const), length: fc.integer({ min: 1, max: 2 }), handover, weekday }),
    fc.record({
      unit: fc.constant('months' as const),
      length: fc.integer({ min: 1, max: 2 }),
      handover,
      monthday: fc.integer({ min: 1, max: 31 }),
    }),
    fc.record({ unit: fc.constant('elapsed' as const), length: within(30 * minute, 2 * day, stepMs).map(ms) }),
  )
}

function restriction(stepMs: number): fc.Arbitrary<Restriction> {
  const time = within(0, day - stepMs, stepMs).map(ms)
  return fc.oneof(
    fc.record({ days: weekdays, start: time, end: time }),
    fc.record({ startDay: weekday, start: time, endDay: weekday, end: time }),
  )
}

function recurrence(place: Place): fc.Arbitrary<Layer> {
  const rule = fc.record({
    frequency: fc.constantFrom('hourly' as const, 'daily' as const, 'weekly' as const, 'monthly' as const),
    interval: fc.integer({ min: 1, max: 3 }),
    weekStart: weekday,
    days: fc.option(weekdays),
    months: fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 4 }), { freq: 3 }),
    monthdays: fc.option(
      fc.uniqueArray(
        fc.integer({ min: 1, max: 31 }).chain((one) => fc.constantFrom(one, -one)),
        { minLength: 1 },
      ),
      { freq: 3 },
    ),
  })
  const parts = fc.record({
    level,
    zone: zoneOf(place.zone),
    groups: fc.array(group, { maxLength: 4 }),
    periodsPerTurn: fc.integer({ min: 1, max: 3 }),
    rule,
    startLocal: within(place.at - 40 * day, place.at + day, place.stepMs).map(localTime),
    endLocal: fc.option(within(place.at - day, place.at + 2 * day, place.stepMs).map(localTime), { freq: 4 }),
    durationMs: within(place.stepMs, 2 * day, place.stepMs).map(ms),
  })
  const first = within(place.at - 20 * day, place.at + day, place.stepMs).map(localTime)
  return fc
    .tuple(parts, first, life(place))
    .map(([found, firstLocal, lived]) => ({ kind: 'recurrence', id: '', firstLocal, ...found, ...lived }))
}

function override(near: fc.Arbitrary<number>): fc.Arbitrary<Override> {
  const when = fc.tuple(near, near, fc.integer({ min: 0, max: 2 }))
  const act = fc.oneof(
    fc.record({ kind: fc.constant('replace-all' as const), users: group }),
    fc.record({ kind: fc.constant('replace-user' as const), replaced: user, userId: user }),
    fc.record({ kind: fc.constantFrom('add' as const, 'remove' as const), userId: user }),
  )
  return fc.tuple(when, act).map(([[from, to, createdAt], found]) => ({
    id: '',
    createdAt: instant(createdAt),
    startAt: instant(Math.min(from, to)),
    endAt: instant(Math.max(from, to) + 5 * minute),
    ...found,
  }))
}

function swap(near: fc.Arbitrary<number>): fc.Arbitrary<Swap> {
  return fc.record({ from: near, to: near, beneficiary: user, benefactor: fc.option(user) }).map(({ from, to, ...people }) => ({
    id: '',
    createdAt: instant(0),
    startAt: instant(Math.min(from, to)),
    endAt: instant(Math.max(from, to) + 5 * minute),
    ...people,
  }))
}
