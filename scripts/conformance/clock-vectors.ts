import { known } from '../../src/lib/check.ts'
import { asId } from '../../src/lib/ids.ts'
import { instant, isoZ, ms } from '../../src/lib/time.ts'
import type { Weekday } from '../../src/schedules/calendar.ts'
import { finalShifts, nextChange, onCallAt } from '../../src/schedules/engine/on-call.ts'
import type { Override, Restriction, Rotation, Schedule, TimeWindow, Turn } from '../../src/schedules/engine/schedule.ts'
import { parseLocalTime } from '../../src/schedules/local-time.ts'
import { findZone } from '../../src/schedules/zone.ts'
import { type Case, differences } from './case.ts'
import { inText, mergedByUser, type Row, rowText } from './rows.ts'

/** A file of `test/vectors/schedule-dst.json`'s format, which explains itself. */
export type ClockVectors = { readonly format: 'oncall-dst-vectors'; readonly vectors: readonly Vector[] }

type Vector = {
  readonly id: string
  readonly description: string
  readonly tags?: readonly string[]
  readonly layers: readonly VectorLayer[]
  /** The last layer with cover wins, or all layers add up. */
  readonly composition: 'precedence' | 'union'
  readonly overrides: readonly VectorOverride[]
  readonly window: { readonly from: string; readonly to: string }
  readonly expected_shifts: readonly Row[]
  readonly expected_transitions: readonly Transition[]
  readonly alternatives?: readonly { readonly policy: string; readonly expected_shifts: readonly Row[] }[]
}
type VectorLayer = {
  readonly name: string
  readonly timezone: string
  readonly shift_length: number
  readonly shift_length_unit: 'hours' | 'days' | 'weeks' | 'months' | 'seconds'
  readonly start_local: string
  readonly end_local: string | null
  readonly handoff_local_time: string | null
  readonly handoff_weekday: Weekday | null
  readonly handoff_monthday: number | null
  readonly users: readonly string[]
  readonly restrictions: readonly VectorRestriction[]
}
type VectorRestriction = { readonly start: string; readonly end: string } & (
  | { readonly days: readonly Weekday[] }
  | { readonly start_day: Weekday; readonly end_day: Weekday }
)
type VectorOverride = { readonly start: string; readonly end: string } & (
  | { readonly kind: 'replace_all'; readonly user: string | null }
  | { readonly kind: 'replace_user'; readonly user: string; readonly replaces: string }
  | { readonly kind: 'add'; readonly user: string }
)
type Transition = {
  readonly at: string
  readonly off: readonly string[]
  readonly on: readonly string[]
  readonly on_call_after: readonly string[]
}

/** A case for each vector, and one more for what it says of turns that pass only where something is covered. */
export function clockCases({ vectors }: ClockVectors): readonly Case[] {
  return vectors.flatMap((vector) => {
    const { id, description, tags = [] } = vector
    const active = vector.alternatives?.find(({ policy }) => policy.startsWith('turn_consumption=active'))
    const usual: Case = { id, description, tags, run: () => faultsOf(vector) }
    if (active === undefined) return [usual]
    const run = () => differences('shifts', active.expected_shifts.map(rowText), shiftsOf(vector, 'active'))
    return [usual, { id: `${id} active`, description, tags, run }]
  })
}

function faultsOf(vector: Vector): readonly string[] {
  const transitions = vector.expected_transitions.map(
    ({ at, off, on, on_call_after: after }) => `${at} -[${off.join()}] +[${on.join()}] =[${after.join()}]`,
  )
  return [
    ...differences('shifts', vector.expected_shifts.map(rowText), shiftsOf(vector, 'calendar')),
    ...differences('transitions', transitions, transitionsOf(vector)),
  ]
}

function shiftsOf(vector: Vector, consumption: Rotation['consumption']): readonly string[] {
  return mergedByUser(finalShifts(scheduleOf(vector, consumption), windowOf(vector))).map(rowText)
}

/** What a worker would announce: from one change to the next. */
function transitionsOf(vector: Vector): readonly string[] {
  const schedule = scheduleOf(vector, 'calendar')
  const { startAt, endAt } = windowOf(vector)
  const namesAt = (time: typeof startAt) =>
    onCallAt(schedule, time)
      .map(({ userId }) => String(userId))
      .toSorted(inText)
  const found: string[] = []
  let before = namesAt(startAt)
  let at = nextChange(schedule, { startAt, endAt })
  while (at !== null) {
    const after = namesAt(at)
    const off = before.filter((name) => !after.includes(name))
    const on = after.filter((name) => !before.includes(name))
    found.push(`${isoZ(at)} -[${off.join()}] +[${on.join()}] =[${after.join()}]`)
    before = after
    at = nextChange(schedule, { startAt: at, endAt })
  }
  return found
}

function scheduleOf(vector: Vector, consumption: Rotation['consumption']): Schedule {
  const layers = vector.layers.map((layer, index) => ({
    ...rotationOf(layer),
    consumption,
    id: `${index}`,
    level: vector.composition === 'precedence' ? index : 0,
  }))
  return { layers, overrides: vector.overrides.map(overrideOf), swaps: [], passedOver: new Set() }
}

function rotationOf(layer: VectorLayer): Omit<Rotation, 'id' | 'level' | 'consumption'> {
  return {
    kind: 'rotation',
    fromAt: null,
    toAt: null,
    zone: known(findZone(layer.timezone), `${layer.timezone} is a time zone`),
    groups: layer.users.map((user) => [asId(user)]),
    startLocal: localOf(layer.start_local),
    endLocal: layer.end_local === null ? null : localOf(layer.end_local),
    turn: turnOf(layer),
    restrictions: layer.restrictions.map(restrictionOf),
  }
}

function turnOf(layer: VectorLayer): Turn {
  const { shift_length: length, shift_length_unit: unit } = layer
  if (unit === 'seconds') return { unit: 'elapsed', length: ms(length * 1000) }
  const handover = timeOf(layer.handoff_local_time ?? layer.start_local.slice(11))
  if (unit === 'weeks') return { unit, length, handover, weekday: known(layer.handoff_weekday, 'a week has its weekday') }
  if (unit === 'months') return { unit, length, handover, monthday: known(layer.handoff_monthday, 'a month has its day') }
  return { unit, length, handover }
}

function restrictionOf(restriction: VectorRestriction): Restriction {
  const hours = { start: timeOf(restriction.start), end: timeOf(restriction.end) }
  if ('days' in restriction) return { ...hours, days: restriction.days }
  return { ...hours, startDay: restriction.start_day, endDay: restriction.end_day }
}

function overrideOf(override: VectorOverride, index: number): Override {
  const common = { id: `${index}`, createdAt: instant(index), startAt: at(override.start), endAt: at(override.end) }
  if (override.kind === 'replace_all')
    return { ...common, kind: 'replace-all', users: override.user === null ? [] : [asId(override.user)] }
  if (override.kind === 'add') return { ...common, kind: 'add', userId: asId(override.user) }
  return { ...common, kind: 'replace-user', replaced: asId(override.replaces), userId: asId(override.user) }
}

const windowOf = ({ window }: Vector): TimeWindow => ({ startAt: at(window.from), endAt: at(window.to) })
const at = (text: string) => instant(Date.parse(text))
const localOf = (text: string) => known(parseLocalTime(`${text}:00`), `${text} is a local time`)
const timeOf = (text: string) => ms(Date.parse(`1970-01-01T${text}:00Z`))
