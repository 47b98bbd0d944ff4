import type { UserId } from '../../../src/lib/ids.ts'
import { instant } from '../../../src/lib/time.ts'
import type { Weekday } from '../../../src/schedules/calendar.ts'
import type {
  Layer,
  Override,
  Recurrence,
  Restriction,
  Rotation,
  Schedule,
  TimeWindow,
} from '../../../src/schedules/engine/schedule.ts'
import { localAt, type Zone } from '../../../src/schedules/zone.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/**
 * Who is on call in each minute of a window, told the slow and obvious way: the clock of every zone is watched minute by minute, and what
 * it has read at most is looked up in lists of all turns and occurrences since the beginning. Shares nothing with the engine but the
 * zones' rules and the shapes of a schedule. Good for times in whole steps of five minutes, and for schedules that are not old.
 */
export function onCallByMinute(schedule: Schedule, { startAt, endAt }: TimeWindow): readonly string[] {
  const clocks = new Map<Zone, Watch>()
  const layers = schedule.layers.map((layer) => ({ layer, pieces: piecesOf(layer, endAt) }))
  const answers: string[] = []
  for (let at = startAt - 3 * day; at < endAt; at += minute) {
    for (const { layer } of layers) if (layer.kind !== 'fixed' && !clocks.has(layer.zone)) clocks.set(layer.zone, new Watch())
    for (const [zone, watch] of clocks) watch.read(localAt(zone, instant(at)))
    if (at < startAt) continue
    const covers = layers.flatMap(({ layer, pieces }) => {
      if (at < (layer.fromAt ?? -Infinity) || at >= (layer.toAt ?? Infinity)) return []
      return pieces
        .filter(({ from, to, isElapsed, restricted }) => {
          const reading = layer.kind === 'fixed' ? at : (clocks.get(layer.zone)?.most ?? NaN)
          const time = isElapsed ? at : reading
          return from <= time && time < to && (restricted.length === 0 || isInHours(restricted, reading))
        })
        .map(({ users }) => ({ level: layer.level, users: swapped(schedule, users, at) }))
    })
    answers.push(decided(schedule, covers, at))
  }
  return answers
}

/** The most that a clock on the wall has shown so far. */
class Watch {
  most = -Infinity
  read(reading: number): void {
    this.most = Math.max(this.most, reading)
  }
}

type Piece = {
  readonly from: number
  readonly to: number
  /** From and to are instants; else they are readings of the layer's clock. */
  readonly isElapsed: boolean
  readonly restricted: readonly Restriction[]
  readonly users: readonly UserId[]
}

function piecesOf(layer: Layer, endAt: number): readonly Piece[] {
  if (layer.kind === 'fixed')
    return [{ from: layer.startAt, to: layer.endAt, isElapsed: true, restricted: [], users: layer.users }]
  if (layer.groups.length === 0) return []
  return layer.kind === 'rotation' ? turnsOf(layer, endAt + 2 * day) : occurrencesOf(layer, endAt + 2 * day)
}

function turnsOf(layer: Rotation, until: number): readonly Piece[] {
  const { turn, groups, startLocal, restrictions, zone } = layer
  const end = layer.endLocal ?? Infinity
  const pieces: Piece[] = []
  let taken = 0
  if (turn.unit === 'elapsed') {
    const first = firstMinuteReading(zone, startLocal)
    const last = end === Infinity ? Infinity : firstMinuteReading(zone, end)
    for (let from = first; from < Math.min(until, last); from += turn.length) {
      pieces.push({
        from,
        to: Math.min(from + turn.length, last),
        isElapsed: true,
        restricted: restrictions,
        users: groups[taken % groups.length] ?? [],
      })
      taken += 1
    }
    return pieces
  }
  let from: number = startLocal
  for (const to of handovers(layer, until)) {
    const consumes = layer.consumption === 'calendar' || restrictions.length === 0 || hasHours(restrictions, from, to)
    pieces.push({
      from,
      to: Math.min(to, end),
      isElapsed: false,
      restricted: restrictions,
      users: groups[taken % groups.length] ?? [],
    })
    if (consumes) taken += 1
    from = to
  }
  return pieces
}

/** All hand-overs after the start. */
function handovers({ turn, startLocal }: Rotation, until: number): readonly number[] {
  if (turn.unit === 'elapsed') return []
  const isHandover = (time: number): boolean => {
    if (time % day !== turn.handover) return false
    if (turn.unit === 'weeks') return weekday(time) === turn.weekday
    return turn.unit !== 'months' || monthday(time) === Math.min(turn.monthday, lengthOfMonth(time))
  }
  let anchor: number = startLocal
  while (!isHandover(anchor)) anchor -= 5 * minute
  const found: number[] = []
  if (turn.unit === 'hours') {
    for (let time = anchor; time < until + turn.length * hour; time += turn.length * hour) if (time > startLocal) found.push(time)
    return found
  }
  let count = 0
  for (let time = anchor + 5 * minute; found.length === 0 || (found.at(-1) ?? 0) < until; time += 5 * minute) {
    if (!isHandover(time)) continue
    count += 1
    if (count % turn.length === 0) found.push(time)
  }
  return found
}

function occurrencesOf(layer: Recurrence, until: number): readonly Piece[] {
  const { rule, startLocal, firstLocal, durationMs, groups, periodsPerTurn } = layer
  const step = rule.frequency === 'hourly' ? hour : day
  const pieces: Piece[] = []
  let [period, lastPeriod, periodsTaken] = [0, -1, 0]
  for (let time: number = startLocal; time < until; time += step) {
    if (time > startLocal && beginsPeriod(rule, time)) period += 1
    if (period % rule.interval !== 0 || !isPicked(rule, time, startLocal)) continue
    if (period !== lastPeriod) periodsTaken += 1
    lastPeriod = period
    const users = groups[Math.floor((periodsTaken - 1) / periodsPerTurn) % groups.length] ?? []
    const to = Math.min(time + durationMs, layer.endLocal ?? Infinity)
    if (time >= firstLocal) pieces.push({ from: time, to, isElapsed: false, restricted: [], users })
  }
  return pieces
}

function beginsPeriod({ frequency, weekStart }: Recurrence['rule'], time: number): boolean {
  if (frequency === 'weekly') return weekday(time) === weekStart
  return frequency !== 'monthly' || monthday(time) === 1
}

function isPicked({ frequency, days, months, monthdays }: Recurrence['rule'], time: number, start: number): boolean {
  if (months !== null && !months.includes(new Date(time).getUTCMonth() + 1)) return false
  if (days !== null && !days.includes(weekday(time))) return false
  if (
    monthdays !== null &&
    !monthdays.some((wanted) => (wanted > 0 ? wanted : lengthOfMonth(time) + 1 + wanted) === monthday(time))
  )
    return false
  if (days !== null || monthdays !== null) return true
  if (frequency === 'weekly') return weekday(time) === weekday(start)
  return frequency !== 'monthly' || monthday(time) === monthday(start)
}

const hasHours = (restrictions: readonly Restriction[], from: number, to: number): boolean => {
  for (let time = from; time < to; time += 5 * minute) if (isInHours(restrictions, time)) return true
  return false
}

/** Whether a reading lies in hours that opened on its day or on one of the seven before. */
function isInHours(restrictions: readonly Restriction[], reading: number): boolean {
  const today = Math.floor(reading / day) * day
  return restrictions.some((restriction) =>
    [0, 1, 2, 3, 4, 5, 6, 7].some((back) => {
      const opening = today - back * day + restriction.start
      if (!('days' in restriction ? restriction.days : [restriction.startDay]).includes(weekday(opening))) return false
      let closing = Math.floor(opening / day) * day + restriction.end
      while (closing <= opening || !('days' in restriction || weekday(closing) === restriction.endDay)) closing += day
      return opening <= reading && reading < closing
    }),
  )
}

function swapped({ swaps, passedOver }: Schedule, users: readonly UserId[], at: number): readonly UserId[] {
  let named = users
  for (const { beneficiary, benefactor, startAt, endAt } of swaps.toSorted(byCreation)) {
    if (benefactor === null || passedOver.has(benefactor) || at < startAt || at >= endAt) continue
    named = named.map((user) => (user === beneficiary ? benefactor : user))
  }
  return named.filter((user) => !passedOver.has(user))
}

function decided(schedule: Schedule, covers: readonly { level: number; users: readonly UserId[] }[], at: number): string {
  const staffed = covers.filter(({ users }) => users.length > 0)
  const highest = Math.max(...staffed.map(({ level }) => level))
  let people = new Set(staffed.filter(({ level }) => level === highest).flatMap(({ users }) => users))
  for (const override of schedule.overrides.toSorted(byCreation)) {
    if (at >= override.startAt && at < override.endAt) people = overridden(people, override, schedule.passedOver)
  }
  return [...people].toSorted().join(' ')
}

function overridden(people: ReadonlySet<UserId>, override: Override, passedOver: ReadonlySet<UserId>): Set<UserId> {
  const after = new Set(people)
  if (override.kind === 'remove') after.delete(override.userId)
  if (override.kind === 'replace-all') {
    const there = override.users.filter((user) => !passedOver.has(user))
    return override.users.length > 0 && there.length === 0 ? after : new Set(there)
  }
  if (override.kind === 'remove' || passedOver.has(override.userId)) return after
  if (override.kind === 'replace-user' && !after.delete(override.replaced)) return after
  return after.add(override.userId)
}

function firstMinuteReading(zone: Zone, reading: number): number {
  let at = reading - 27 * hour
  while (localAt(zone, instant(at)) < reading) at += minute
  return at
}

const byCreation = (left: { createdAt: number; id: string }, right: { createdAt: number; id: string }) =>
  left.createdAt - right.createdAt || (left.id < right.id ? -1 : 1)
const weekday = (time: number): Weekday =>
  (['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'] as const)[new Date(time).getUTCDay()] ?? 'SU'
const monthday = (time: number) => new Date(time).getUTCDate()
const lengthOfMonth = (time: number) =>
  new Date(Date.UTC(new Date(time).getUTCFullYear(), new Date(time).getUTCMonth() + 1, 0)).getUTCDate()
