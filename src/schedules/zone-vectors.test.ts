import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { OnCallShift } from './shift.ts'
import type { Cover, FinalShift } from './on-call.ts'
import { known } from '../lib/check.ts'
import { asId } from '../lib/ids.ts'
import { instant, isoZ, ms } from '../lib/time.ts'
import { localTime } from './local-time.ts'
import { finalShifts, nextChange, onCallAt } from './on-call.ts'
import { coversOf } from './shift.ts'

type Vector = {
  readonly id: string
  readonly description: string
  readonly layers: readonly Layer[]
  readonly composition: 'precedence' | 'union'
  readonly overrides: readonly {
    readonly kind: string
    readonly user: string | null
    readonly start: string
    readonly end: string
  }[]
  readonly window: { readonly from: string; readonly to: string }
  readonly expected_shifts: readonly { readonly user: string; readonly start: string; readonly end: string }[]
  readonly expected_transitions: readonly { readonly at: string; readonly on_call_after: readonly string[] }[]
}
type Layer = {
  readonly timezone: string
  readonly arithmetic: 'wall' | 'elapsed'
  readonly shift_length: number
  readonly shift_length_unit: string
  readonly start_local: string
  readonly end_local: string | null
  readonly handoff_local_time: string | null
  readonly handoff_weekday: string | null
  readonly handoff_monthday: number | null
  readonly users: readonly string[]
  readonly restrictions: readonly Restriction[]
}
type Restriction = { readonly start: string; readonly end: string } & (
  | { readonly days: readonly string[] }
  | { readonly start_day: string; readonly end_day: string }
)
type Piece = { readonly fromMs: number; readonly toMs: number; readonly user: string }

/**
 * The vectors describe rotations. Here every turn, cut to the hours of its restrictions, is written out as one `single_event` shift, in
 * plain calendar arithmetic; what is put to the test is the local clock and the final schedule.
 */
const vectors: readonly Vector[] = JSON.parse(readFileSync('test/vectors/schedule-dst.json', 'utf8')).vectors

describe('vectors of clock changes', () => {
  const answered = vectors.filter((vector) => kindOf(vector) === null)
  const left = vectors.filter((vector) => kindOf(vector) !== null)

  test.each(answered)('$id $description', (vector) => {
    const covers = coversOfVector(vector)
    const window = { startAt: at(vector.window.from), endAt: at(vector.window.to) }
    expect(mergedByUser(finalShifts(covers, window))).toEqual(vector.expected_shifts)

    const changes: { at: string; on_call_after: string[] }[] = []
    let change = nextChange(covers, window.startAt)
    while (change !== null && change < window.endAt) {
      changes.push({
        at: isoZ(change),
        on_call_after: onCallAt(covers, change)
          .map((person) => person.userId)
          .toSorted(),
      })
      change = nextChange(covers, change)
    }
    expect(changes).toEqual(vector.expected_transitions.map(({ at, on_call_after }) => ({ at, on_call_after })))
  })

  test('all but six of the 78 vectors are answered, and it is known why not those', () => {
    expect(answered).toHaveLength(72)
    expect(left.map((vector) => `${vector.id}: ${kindOf(vector)}`)).toEqual([
      'API-06: elapsed turns',
      'NYC-05: elapsed turns',
      'NYC-21: override that removes',
      'NYC-22: override of one user',
      'NYC-23: override that adds',
      'NYC-29: override that removes',
    ])
  })
})

/** The kind that cannot be said yet with shifts that happen once; null when every part of the vector can. */
function kindOf(
  vector: Vector,
): 'elapsed turns' | 'override of one user' | 'override that adds' | 'override that removes' | null {
  if (vector.layers.some((layer) => layer.arithmetic === 'elapsed')) return 'elapsed turns'
  if (vector.overrides.some((override) => override.kind === 'replace_user')) return 'override of one user'
  if (vector.overrides.some((override) => override.kind === 'add')) return 'override that adds'
  return vector.overrides.some((override) => override.user === null) ? 'override that removes' : null
}

function coversOfVector(vector: Vector): readonly Cover[] {
  const layers = vector.layers.flatMap((layer, index) => {
    const level = vector.composition === 'precedence' ? index : 0
    return piecesOf(layer, Date.parse(vector.window.to)).flatMap((piece) => coversOf(shiftOf(piece, level), layer.timezone))
  })
  const overrides = vector.overrides.map(
    (override, index): Cover => ({
      startAt: at(override.start),
      endAt: at(override.end),
      users: override.user === null ? [] : [asId(override.user)],
      kind: 'override',
      level: index,
      shiftId: asId(`override ${index}`),
    }),
  )
  return [...layers, ...overrides]
}

const shiftOf = (piece: Piece, level: number): OnCallShift => ({
  id: asId(`turn of ${piece.user}`),
  type: 'single_event',
  level,
  teamId: null,
  name: null,
  timeZone: null,
  startLocal: localTime(piece.fromMs),
  rotationStartLocal: localTime(piece.fromMs),
  durationMs: ms(piece.toMs - piece.fromMs),
  users: [asId(piece.user)],
  source: 'api',
})

/** All turns up to the window's end, in readings of the layer's clock. */
function piecesOf(layer: Layer, windowEndMs: number): readonly Piece[] {
  const startMs = Date.parse(`${layer.start_local}Z`)
  const endMs = layer.end_local === null ? windowEndMs + 2 * dayMs : Date.parse(`${layer.end_local}Z`)
  const anchorMs = anchorOf(layer, startMs)
  const pieces: Piece[] = []
  for (let turn = 0; layer.users.length > 0 && boundary(layer, anchorMs, turn) < endMs; turn += 1) {
    const fromMs = Math.max(startMs, boundary(layer, anchorMs, turn))
    const toMs = Math.min(endMs, boundary(layer, anchorMs, turn + 1))
    const user = known(layer.users[turn % layer.users.length], 'a turn has a user')
    pieces.push(...restricted(layer, { fromMs, toMs, user }))
  }
  return pieces
}

/** The latest hand-over at or before the start. */
function anchorOf(layer: Layer, startMs: number): number {
  for (let back = 0; back < 400; back += 1) {
    const day = isoDay(startMs - back * dayMs)
    const candidateMs = Date.parse(`${day}T${layer.handoff_local_time ?? layer.start_local.slice(11)}Z`)
    const isWeekday = layer.handoff_weekday === null || weekday(candidateMs) === layer.handoff_weekday
    if (candidateMs <= startMs && isWeekday && isMonthday(layer, candidateMs)) return candidateMs
  }
  throw new Error('no hand-over before the start')
}

function isMonthday(layer: Layer, candidateMs: number): boolean {
  if (layer.handoff_monthday === null) return true
  const date = new Date(candidateMs)
  return date.getUTCDate() === Math.min(layer.handoff_monthday, daysInMonth(date.getUTCFullYear(), date.getUTCMonth()))
}

function boundary(layer: Layer, anchorMs: number, turn: number): number {
  const count = turn * layer.shift_length
  if (layer.shift_length_unit !== 'months') return anchorMs + count * known(unitMs[layer.shift_length_unit], 'a known unit')
  const anchor = new Date(anchorMs)
  const month = anchor.getUTCMonth() + count
  const day = Math.min(layer.handoff_monthday ?? anchor.getUTCDate(), daysInMonth(anchor.getUTCFullYear(), month))
  return Date.UTC(anchor.getUTCFullYear(), month, day) + (anchorMs % dayMs)
}

/** The parts of a turn that lie in the hours of a restriction; the whole turn when there is none. */
function restricted(layer: Layer, turn: Piece): readonly Piece[] {
  if (layer.restrictions.length === 0) return [turn]
  const pieces: Piece[] = []
  for (let dayStart = turn.fromMs - (turn.fromMs % dayMs) - 8 * dayMs; dayStart < turn.toMs; dayStart += dayMs) {
    for (const restriction of layer.restrictions) {
      const opensOn = 'days' in restriction ? restriction.days : [restriction.start_day]
      if (!opensOn.includes(weekday(dayStart))) continue
      const opensMs = Date.parse(`${isoDay(dayStart)}T${restriction.start}Z`)
      const closesMs = closingOf(restriction, opensMs)
      const [fromMs, toMs] = [Math.max(opensMs, turn.fromMs), Math.min(closesMs, turn.toMs)]
      if (fromMs < toMs) pieces.push({ fromMs, toMs, user: turn.user })
    }
  }
  return pieces
}

/** The first time after the opening at which the hour of closing strikes, on the day of closing if there is one. */
function closingOf(restriction: Restriction, opensMs: number): number {
  const candidates = Array.from({ length: 8 }, (_none, days) =>
    Date.parse(`${isoDay(opensMs + days * dayMs)}T${restriction.end}Z`),
  )
  const isClosingDay = (timeMs: number) => !('end_day' in restriction) || weekday(timeMs) === restriction.end_day
  return known(
    candidates.find((timeMs) => timeMs > opensMs && isClosingDay(timeMs)),
    'a restriction closes within a week',
  )
}

/** As the vectors want it: rows of one user that touch are one. */
function mergedByUser(rows: readonly FinalShift[]): readonly { user: string; start: string; end: string }[] {
  const merged: { user: string; startAt: number; endAt: number }[] = []
  for (const { userId, startAt, endAt } of rows) {
    const before = merged.find((row) => row.user === userId && row.endAt === startAt)
    if (before === undefined) merged.push({ user: userId, startAt, endAt })
    else before.endAt = endAt
  }
  return merged.map((row) => ({ user: row.user, start: isoZ(instant(row.startAt)), end: isoZ(instant(row.endAt)) }))
}

const dayMs = 86_400_000
const unitMs: Readonly<Record<string, number>> = { hours: 3_600_000, days: dayMs, weeks: 7 * dayMs }
const at = (text: string) => instant(Date.parse(text))
const isoDay = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 10)
const weekday = (timeMs: number) => known(['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'][new Date(timeMs).getUTCDay()], 'a weekday')
const daysInMonth = (year: number, month: number) => new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
