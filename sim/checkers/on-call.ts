import type { LayerVersion, OverrideVersion, Restriction, ScheduleFacts, ShiftVersion } from './schedule-facts.ts'
import { minuteMs, newWallClock, readingOf, type WallClock } from './wall-clock.ts'

/** Who is on call in a schedule at an instant, as anybody would work it out with a calendar and a clock on the wall. */
export type OnCallThen = (scheduleId: string, at: number) => ReadonlySet<string>

/** All that is asked is asked about instants of this time. Layers and shifts begin some days before it. */
type Watched = { readonly startAt: number; readonly endAt: number }

/**
 * The second implementation of docs/schedules.md, slow and obvious: for one instant only, with nothing but the rules of the zones in common
 * with the first.
 */
export function newOnCall(facts: ScheduleFacts, { startAt, endAt }: Watched): OnCallThen {
  const clocks = new Map<string, WallClock>()
  const looked = { startAt: Math.floor(startAt / minuteMs) * minuteMs - 7 * dayMs, endAt }
  const clockIn = (zone: string): WallClock => {
    const clock = clocks.get(zone) ?? newWallClock(zone, looked)
    clocks.set(zone, clock)
    return clock
  }
  return (scheduleId, at) => {
    const schedule = facts.schedules.find((version) => version.id === scheduleId && holds(version, at))
    if (schedule === undefined) return new Set()
    const isThere = (id: string): boolean =>
      facts.presence.findLast((row) => row.user_id === id && row.at.getTime() <= at)?.present ?? true
    const zoneOf = ({ definition }: LayerVersion | ShiftVersion): string => definition.time_zone ?? schedule.time_zone ?? 'UTC'
    const swapped = standIns(facts, { scheduleId, at, isThere })
    const covers = [
      ...facts.layers
        .filter((layer) => layer.schedule_id === scheduleId && holds(layer, at))
        .map((layer) => ({ level: layer.definition.level, people: onTurn(layer, clockIn(zoneOf(layer)), at) })),
      ...facts.shifts
        .filter((shift) => schedule.shift_ids.includes(shift.id) || (schedule.counts_own && shift.schedule_id === scheduleId))
        .filter((shift) => holds(shift, at))
        .map((shift) => ({ level: levelOf(shift), people: onShift(shift, clockIn(zoneOf(shift)).readingAt(at)) })),
    ]
      .map(({ level, people }) => ({ level, people: people.map(swapped).filter(isThere) }))
      .filter(({ people }) => people.length > 0)
    const highest = Math.max(...covers.map(({ level }) => level))
    let onCall = new Set(covers.flatMap(({ level, people }) => (level === highest ? people : [])))
    for (const override of facts.overrides)
      if (override.schedule_id === scheduleId && holds(override, at)) onCall = overridden(onCall, { override, at, isThere })
    return onCall
  }
}

const dayMs = 1440 * minuteMs

const holds = ({ from, to }: { readonly from: Date; readonly to: Date | null }, at: number): boolean =>
  from.getTime() <= at && (to === null || at < to.getTime())

// Layers and shifts ---------------------------------------------------------------------------------------------------------

/** Whose turn it is in a layer: its turns are counted one by one, from the hand-over at or before its start. */
function onTurn({ definition }: LayerVersion, clock: WallClock, at: number): readonly string[] {
  const { until, groups, first_group: firstGroup, restrictions, turn } = definition
  const reading = clock.readingAt(at)
  const start = readingOf(definition.start)
  if (reading < start || (until !== null && reading >= readingOf(until))) return []
  if (restrictions.length > 0 && !restrictions.some((restriction) => isWithin(restriction, reading))) return []
  const now = turn.unit === 'elapsed' ? at : reading
  const begun = turn.unit === 'elapsed' ? clock.firstAt(start) : handOverBefore(turn, start)
  const lengthMs = turn.length * { elapsed: 1000, hours: 60 * minuteMs, days: dayMs, weeks: 7 * dayMs }[turn.unit]
  let turns = 0
  for (let next = begun + lengthMs; next <= now; next += lengthMs) turns += 1
  return groups[(firstGroup + turns) % groups.length] ?? []
}

function handOverBefore({ unit, handover = '', weekday }: LayerVersion['definition']['turn'], start: number): number {
  const stepMs = unit === 'hours' ? 60 * minuteMs : dayMs
  let latest = startOfDay(start) + timeOf(handover)
  while (latest + stepMs <= start) latest += stepMs
  while (latest > start || (unit === 'weeks' && weekdayOf(latest) !== weekday)) latest -= stepMs
  return latest
}

function isWithin({ days, start, end }: Restriction, reading: number): boolean {
  const [from, to] = [timeOf(start), timeOf(end)]
  const lasts = to > from ? to - from : to - from + dayMs
  return [startOfDay(reading) - dayMs, startOfDay(reading)].some(
    (day) => days.includes(weekdayOf(day)) && day + from <= reading && reading < day + from + lasts,
  )
}

const startOfDay = (reading: number): number => Math.floor(reading / dayMs) * dayMs
const timeOf = (text: string): number => readingOf(`1970-01-01T${text}`)
const weekdayOf = (reading: number): string => new Date(reading).toUTCString().slice(0, 2).toUpperCase()

/** Who has a shift when the clock on the wall shows this: its occurrences are looked through one by one. */
function onShift({ definition }: ShiftVersion, reading: number): readonly string[] {
  const { users, frequency, interval = 1, until = null, rolling_users: groups = [users] } = definition
  const lasts = definition.duration * 1000
  const start = readingOf(definition.start)
  if (frequency === undefined) return start <= reading && reading < start + lasts ? users : []
  if (until !== null && reading >= readingOf(until)) return []
  const everyMs = interval * (frequency === 'hourly' ? 60 * minuteMs : dayMs)
  const rotationStart = frequency === 'hourly' ? readingOf(definition.rotation_start) : start
  const people: string[] = []
  let turn = definition.start_rotation_from_user_index ?? 0
  for (let begin = start; begin <= reading; begin += everyMs) {
    if (begin >= rotationStart && reading < begin + lasts) people.push(...(groups[turn % groups.length] ?? []))
    turn += 1
  }
  return people
}

const levelOf = ({ definition }: ShiftVersion): number => (definition.type === 'override' ? Infinity : (definition.level ?? 0))

// Swaps and overrides -------------------------------------------------------------------------------------------------------

type Then = { readonly at: number; readonly isThere: (id: string) => boolean }

/** Who stands in for whom: the swaps in the order in which they were made. */
function standIns({ swaps }: ScheduleFacts, { scheduleId, at, isThere }: Then & { readonly scheduleId: string }) {
  const taken = swaps.filter(
    (swap) => swap.schedule_id === scheduleId && holds(swap, at) && swap.starts_at.getTime() <= at && at < swap.ends_at.getTime(),
  )
  return (id: string): string => {
    let person = id
    for (const { beneficiary_id: beneficiary, benefactor_id: benefactor } of taken)
      if (person === beneficiary && benefactor !== null && isThere(benefactor)) person = benefactor
    return person
  }
}

type Overriding = Then & { readonly override: OverrideVersion }

function overridden(onCall: Set<string>, { override: { definition }, at, isThere }: Overriding): Set<string> {
  if (at < Date.parse(definition.start) || at >= Date.parse(definition.end)) return onCall
  if (definition.kind === 'replace_all') {
    const people = (definition.users ?? []).filter(isThere)
    return people.length > 0 || definition.users === null ? new Set(people) : onCall
  }
  if (definition.kind === 'remove') return new Set([...onCall].filter((id) => id !== definition.user))
  const { user } = definition
  if (!isThere(user)) return onCall
  if (definition.kind !== 'replace_user') return new Set([...onCall, user])
  const { replaced } = definition
  return onCall.has(replaced) ? new Set([...[...onCall].filter((id) => id !== replaced), user]) : onCall
}
