import { known } from '../../src/lib/check.ts'
import { asId, type UserId } from '../../src/lib/ids.ts'
import { instant, seconds } from '../../src/lib/time.ts'
import type { Weekday } from '../../src/schedules/calendar.ts'
import { finalShifts } from '../../src/schedules/engine/on-call.ts'
import type { Rule, Schedule, Swap } from '../../src/schedules/engine/schedule.ts'
import { parseLocalTime } from '../../src/schedules/local-time.ts'
import { layerOf } from '../../src/schedules/shifts/shift-layers.ts'
import type { OnCallShift } from '../../src/schedules/shifts/shift.ts'
import { type Case, differences } from './case.ts'
import { mergedByUser, type Row, rowText } from './rows.ts'

/** A file of `test/vectors/oncall-shifts.json`'s format, which explains itself. */
export type ShiftVectors = { readonly format: 'oncall-shift-vectors'; readonly vectors: readonly Vector[] }

type Vector = {
  readonly id: string
  readonly description: string
  readonly time_zone: string
  readonly shifts: readonly VectorShift[]
  readonly swaps?: readonly VectorSwap[]
  readonly passed_over?: readonly string[]
  readonly window: { readonly from: string; readonly to: string }
  readonly expected_shifts: readonly Row[]
}
type VectorShift = {
  readonly type: OnCallShift['type']
  readonly level?: number
  readonly start: string
  readonly rotation_start?: string
  readonly until?: string
  readonly duration: number
  readonly users?: readonly string[]
  readonly frequency?: Rule['frequency']
  readonly interval?: number
  readonly week_start?: Weekday
  readonly by_day?: readonly Weekday[]
  readonly by_month?: readonly number[]
  readonly by_monthday?: readonly number[]
  readonly rolling_users?: readonly (readonly string[])[]
  readonly start_rotation_from_user_index?: number
}
type VectorSwap = {
  readonly beneficiary: string
  readonly benefactor: string | null
  readonly swap_start: string
  readonly swap_end: string
}

/** A case for each vector. */
export function shiftCases({ vectors }: ShiftVectors): readonly Case[] {
  return vectors.map((vector) => ({
    id: vector.id,
    description: vector.description,
    tags: [vector.id.replace(/-.*$/, '')],
    run: () => {
      const window = { startAt: at(vector.window.from), endAt: at(vector.window.to) }
      const found = mergedByUser(finalShifts(scheduleOf(vector), window))
      return differences('shifts', vector.expected_shifts.map(rowText), found.map(rowText))
    },
  }))
}

function scheduleOf(vector: Vector): Schedule {
  const placement = { fromAt: null, toAt: null, timeZone: vector.time_zone }
  return {
    layers: vector.shifts.map((shift, index) => layerOf(shiftOf(shift, `${index}`), placement)),
    overrides: [],
    swaps: (vector.swaps ?? []).map(swapOf),
    passedOver: new Set((vector.passed_over ?? []).map(user)),
  }
}

function shiftOf(shift: VectorShift, id: string): OnCallShift {
  const common = {
    id: asId<OnCallShift['id']>(id),
    teamId: null,
    name: null,
    timeZone: null,
    startLocal: local(shift.start),
    rotationStartLocal: local(shift.rotation_start ?? shift.start),
    durationMs: seconds(shift.duration),
    users: (shift.users ?? []).map(user),
    source: 'api',
  } as const
  const { type, level = 0 } = shift
  if (type === 'override') return { ...common, type }
  if (type === 'single_event') return { ...common, type, level }
  const repeated = {
    ...common,
    level,
    frequency: known(shift.frequency, 'what repeats has a frequency'),
    interval: shift.interval ?? 1,
    weekStart: shift.week_start ?? 'SU',
    byDay: shift.by_day ?? null,
    byMonth: shift.by_month ?? null,
    byMonthday: shift.by_monthday ?? null,
    untilLocal: shift.until === undefined ? null : local(shift.until),
  }
  if (type === 'recurrent_event') return { ...repeated, type }
  const rollingUsers = (shift.rolling_users ?? []).map((group) => group.map(user))
  return { ...repeated, type, rollingUsers, startRotationFromUserIndex: shift.start_rotation_from_user_index ?? 0 }
}

const swapOf = (swap: VectorSwap, index: number): Swap => ({
  id: `${index}`,
  createdAt: instant(index),
  startAt: at(swap.swap_start),
  endAt: at(swap.swap_end),
  beneficiary: user(swap.beneficiary),
  benefactor: swap.benefactor === null ? null : user(swap.benefactor),
})

const user = (name: string) => asId<UserId>(name)
const at = (text: string) => instant(Date.parse(text))
const local = (text: string) => known(parseLocalTime(text), `${text} is a local time`)
