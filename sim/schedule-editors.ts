import { isObject } from '../src/lib/json.ts'
import { hours, type Instant, minutes } from '../src/lib/time.ts'
import { groupsOf, layerBody, type ScheduleSetting, zoneOf } from './schedule-setup.ts'
import { askApi, byAndBy, insist, listed, type Town } from './town.ts'

/** Starts the people who change who is on call while others are. */
export function startScheduleEditors(town: Town, setting: ScheduleSetting): void {
  void edit(town, setting)
}

type Edit = (town: Town, setting: ScheduleSetting) => Promise<unknown>

async function edit(town: Town, setting: ScheduleSetting): Promise<void> {
  const { dice } = town
  const everyMs = minutes(dice.between(8, 40))
  const edits: readonly Edit[] = [
    changeLayers,
    changeOverrides,
    changeOverrides,
    changeShifts,
    changeSwaps,
    changePerson,
    moveZone,
  ]
  for (;;) {
    await byAndBy(town, everyMs)
    if (!town.isOpen()) return
    await dice.pick(edits)(town, setting)
  }
}

/** Adds a layer, gives its turns to others, or takes it away. */
async function changeLayers(town: Town, { ids, people }: ScheduleSetting): Promise<void> {
  const { dice } = town
  const path = `/schedules/${dice.pick(ids)}/layers/`
  const change = dice.pick<() => object>([
    () => ({ groups: groupsOf(town, people) }),
    () => ({ level: dice.below(2) }),
    () => ({ time_zone: zoneOf(town) }),
    () => ({ current_group: 0 }),
  ])
  await changeSome(town, path, { made: () => layerBody(town, people), changed: change })
}

async function changeOverrides(town: Town, { ids, people }: ScheduleSetting): Promise<void> {
  const { dice } = town
  const path = `/schedules/${dice.pick(ids)}/overrides/`
  await changeSome(town, path, {
    made: () => ({ ...stretch(town), ...actionOf(town, people) }),
    changed: () => (dice.chance(0.5) ? { end: stretch(town).end } : actionOf(town, people)),
  })
}

function actionOf({ dice }: Town, people: readonly string[]): object {
  const [user, other] = [dice.pick(people), dice.pick(people)]
  return dice.pick([
    { kind: 'replace_all', users: [user] },
    { kind: 'replace_all', users: null },
    { kind: 'replace_user', user, replaced: other },
    { kind: 'add', user },
    { kind: 'remove', user },
  ])
}

/** OnCall shifts of one schedule: single ones come, and all of them change or go. */
async function changeShifts(town: Town, { ids, people }: ScheduleSetting): Promise<void> {
  const { dice } = town
  const schedule = dice.pick(ids)
  const { start } = stretch(town)
  await changeSome(town, '/on_call_shifts/', {
    query: `?schedule_id=${schedule}`,
    made: () => ({
      schedule,
      type: dice.pick(['single_event', 'override']),
      users: [dice.pick(people)],
      time_zone: 'UTC',
      start: start.slice(0, 19),
      duration: 60 * (1 + dice.below(90)),
    }),
    changed: (shift) =>
      shift['type'] === 'rolling_users' ? { rolling_users: groupsOf(town, people) } : { users: [dice.pick(people)] },
  })
}

/** Somebody asks for a swap, and mostly somebody takes it. */
async function changeSwaps(town: Town, { ids, people }: ScheduleSetting): Promise<void> {
  const { dice } = town
  const { start, end } = stretch(town, 2)
  const swap = { schedule: dice.pick(ids), beneficiary: dice.pick(people), swap_start: start, swap_end: end }
  const answer = await insist(town, () => askApi(town, { method: 'POST', path: '/shift_swaps/', body: swap }))
  const made: unknown = answer.status === 201 ? JSON.parse(answer.body) : null
  if (!isObject(made)) return
  const path = `/shift_swaps/${String(made['id'])}/`
  if (dice.chance(0.8))
    await insist(town, () => askApi(town, { method: 'POST', path: `${path}take/`, body: { benefactor: dice.pick(people) } }))
  if (dice.chance(0.3)) {
    await byAndBy(town, minutes(30))
    await insist(town, () => askApi(town, { method: 'DELETE', path }))
  }
}

/** Somebody can be on call no more, or again. */
async function changePerson(town: Town, { people }: ScheduleSetting): Promise<void> {
  const body = { role: town.dice.pick(['viewer', 'editor', 'editor']) }
  await insist(town, () => askApi(town, { method: 'PATCH', path: `/users/${town.dice.pick(people)}/`, body }))
}

/** The clock of a schedule becomes that of another place. */
async function moveZone(town: Town, { ids }: ScheduleSetting): Promise<void> {
  const body = { time_zone: zoneOf(town) }
  await insist(town, () => askApi(town, { method: 'PATCH', path: `/schedules/${town.dice.pick(ids)}/`, body }))
}

type Thing = Readonly<Record<string, unknown>>

type Changes = {
  readonly query?: string
  readonly made: () => object
  readonly changed: (thing: Thing) => object
}

/** Adds something to a list, or changes or removes something that is there. */
async function changeSome(town: Town, path: string, { query = '', made, changed }: Changes): Promise<void> {
  const { dice } = town
  const things = await listed(town, `${path}${query}`)
  const thing = things[dice.below(things.length)]
  if (thing === undefined || (things.length < 4 && dice.chance(0.5))) {
    const body = made()
    await insist(town, () => askApi(town, { method: 'POST', path, body }))
    return
  }
  const own = `${path}${String(thing['id'])}/`
  const body = changed(thing)
  if (dice.chance(0.3)) await insist(town, () => askApi(town, { method: 'DELETE', path: own }))
  else await insist(town, () => askApi(town, { method: 'PATCH', path: own, body }))
}

/** From some minutes before or after now, in whole minutes. */
function stretch({ dice, world }: Town, soonest = -30): { readonly start: string; readonly end: string } {
  const start = Math.ceil(world.now() / minutes(1)) + soonest + dice.below(60)
  const end = Math.max(start, Math.ceil(world.now() / minutes(1))) + 1 + dice.below(hours(2) / minutes(1))
  const text = (minute: number): string => isoMinute(minute * minutes(1))
  return { start: text(start), end: text(end) }
}

const isoMinute = (at: Instant | number): string => `${new Date(at).toISOString().slice(0, 19)}Z`
