import { known } from '../src/lib/check.ts'
import { after, hours, minutes } from '../src/lib/time.ts'
import { findZone, localAt } from '../src/schedules/zone.ts'
import { create, type Town } from './town.ts'

/** What says who is on call in the organization of a seed. */
export type ScheduleSetting = {
  /** They are in schedules only, so that alerts page the same people whoever is on call. */
  readonly people: readonly string[]
  readonly ids: readonly string[]
  readonly webhooks: readonly ShiftWebhook[]
}

type ShiftWebhook = { readonly id: string; readonly trigger: 'shift change' | 'schedule gap' }

/** Makes the schedules, and webhooks that hear of their hand-overs. */
export async function setUpSchedules(town: Town): Promise<ScheduleSetting> {
  const people: string[] = []
  for (const username of ['dan', 'eve', 'fay', 'gus'])
    people.push((await create(town, '/users/', { username, email: `${username}@example.com`, role: 'editor' })).id)
  const hook = (host: number) => ({ url: `https://hook-${host}.example.com/shifts`, http_method: 'POST', forward_all: true })
  const webhooks: ShiftWebhook[] = []
  for (const [trigger, own] of [
    ['shift change', { ...hook(0), name: 'native' }],
    ['shift change', { ...hook(1), name: 'zenduty', preset: 'zenduty' }],
    ['schedule gap', { ...hook(2), name: 'gaps' }],
  ] as const)
    webhooks.push({ id: (await create(town, '/webhooks/', { ...own, trigger_type: trigger })).id, trigger })
  const ids = [await makeOfShifts(town, people), await makeOfLayers(town, people)]
  if (town.dice.chance(0.5)) ids.push(await makeCalendar(town, people))
  return { people, ids, webhooks }
}

/** A web schedule of OnCall shifts: people in turn every few hours, at night somebody else. */
async function makeOfShifts(town: Town, people: readonly string[]): Promise<string> {
  const { dice } = town
  const schedule = await create(town, '/schedules/', { type: 'web', name: 'of shifts', time_zone: zoneOf(town) })
  const interval = 1 + dice.below(2)
  await create(town, '/on_call_shifts/', {
    schedule: schedule.id,
    type: 'rolling_users',
    frequency: 'hourly',
    interval,
    // At times nobody is on call between two shifts.
    duration: dice.chance(0.7) ? interval * 3600 : interval * 3600 - 1200,
    rolling_users: groupsOf(town, people),
    start_rotation_from_user_index: 0,
    start: readingNear(town, -30),
    until: readingNear(town, 14),
    level: 0,
  })
  if (dice.chance(0.5)) await create(town, '/on_call_shifts/', { schedule: schedule.id, ...nightShift(town, people) })
  return schedule.id
}

/** A calendar schedule of a nightly shift and a layer. */
async function makeCalendar(town: Town, people: readonly string[]): Promise<string> {
  const schedule = await create(town, '/schedules/', {
    type: 'calendar',
    name: 'calendar',
    time_zone: zoneOf(town),
    enable_web_overrides: true,
  })
  await create(town, '/on_call_shifts/', { schedule: schedule.id, ...nightShift(town, people) })
  await create(town, `/schedules/${schedule.id}/layers/`, layerBody(town, people))
  return schedule.id
}

const nightShift = (town: Town, people: readonly string[]) => ({
  type: 'recurrent_event',
  frequency: 'daily',
  interval: 1,
  duration: 3600 * (1 + town.dice.below(8)),
  users: [town.dice.pick(people)],
  start: readingNear(town, -48 - town.dice.below(24)),
  level: town.dice.below(3),
})

/** A web schedule of two layers, and a third one of which the turns are short while things go wrong. */
async function makeOfLayers(town: Town, people: readonly string[]): Promise<string> {
  const schedule = await create(town, '/schedules/', { type: 'web', name: 'of layers', time_zone: zoneOf(town) })
  const short = {
    turn: { unit: 'elapsed', length: 60 * (4 + town.dice.below(7)) },
    until: readingNear(town, 2),
    restrictions: [],
    level: 1,
  }
  for (const own of [{}, {}, short])
    await create(town, `/schedules/${schedule.id}/layers/`, { ...layerBody(town, people), ...own })
  return schedule.id
}

/** Some layer: turns of the clock or of the stop-watch, at all hours or at some. */
export function layerBody(town: Town, people: readonly string[]): object {
  const { dice } = town
  const handover = timeOfDay(town)
  const turns = [
    { unit: 'hours', length: dice.pick([1, 2, 3]) },
    { unit: 'hours', length: 1 },
    { unit: 'days', length: 1 + dice.below(2), handover },
    { unit: 'weeks', length: 1, handover, weekday: dice.pick(['SA', 'SU', 'MO']) },
    { unit: 'elapsed', length: 60 * (15 + dice.below(60)) },
  ]
  const restriction = { start: timeOfDay(town), end: timeOfDay(town) }
  return {
    name: 'layer',
    level: dice.below(2),
    time_zone: dice.chance(0.5) ? null : zoneOf(town),
    start: readingNear(town, -18 - dice.below(24)),
    until: readingNear(town, 14),
    turn: dice.pick(turns),
    groups: groupsOf(town, people),
    restrictions: dice.chance(0.4) ? [dice.chance(0.5) ? restriction : { ...restriction, days: ['SA', 'SU'] }] : [],
  }
}

/** People who take turns, one or two at a time. */
export function groupsOf({ dice }: Town, people: readonly string[]): readonly (readonly string[])[] {
  const count = 2 + dice.below(3)
  return Array.from({ length: count }, () =>
    dice.chance(0.8) ? [dice.pick(people)] : [...new Set([dice.pick(people), dice.pick(people)])],
  )
}

export const zoneOf = ({ dice, night }: Town): string => dice.pick(night.zones)

const timeOfDay = ({ dice }: Town): string => `${two(dice.below(24))}:${two(15 * dice.below(4))}`
const two = (number: number): string => String(number).padStart(2, '0')

/** A reading of the clocks on the walls of the night, about so many hours after the seed began, at a quarter of an hour. */
function readingNear({ dice, night }: Town, hoursAhead: number): string {
  const there = known(findZone(night.zones[0]), 'the zones of a night are known')
  const at = localAt(there, after(night.startAt, hours(hoursAhead)))
  return new Date(Math.floor(at / quarterMs + dice.below(8)) * quarterMs).toISOString().slice(0, 19)
}

const quarterMs = minutes(15)
