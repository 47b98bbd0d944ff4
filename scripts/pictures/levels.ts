import { known } from '../../src/lib/check.ts'
import { asId, type UserId } from '../../src/lib/ids.ts'
import { days, hours, type Instant, instant } from '../../src/lib/time.ts'
import { type FinalShift, finalShifts } from '../../src/schedules/engine/on-call.ts'
import type { Override, Rotation, Schedule, Swap, TimeWindow } from '../../src/schedules/engine/schedule.ts'
import { parseLocalTime } from '../../src/schedules/local-time.ts'
import { findZone } from '../../src/schedules/zone.ts'
import { document, labelled, rectangle, type Svg, text, upright } from './svg.ts'

const utc = known(findZone('UTC'), 'UTC is a time zone')
const at = (time: string): Instant => instant(Date.parse(`${time}:00Z`))
const user = (name: string): UserId => asId(name)
const window: TimeWindow = { startAt: at('2026-06-01T00:00'), endAt: at('2026-06-08T00:00') }
const colours = ['Ann', 'Ben', 'Cem', 'Dana', 'Eve']

type Turns = Pick<Rotation, 'id' | 'level' | 'groups' | 'restrictions'>

const weekly = ({ id, level, groups, restrictions }: Turns): Rotation => ({
  kind: 'rotation',
  id,
  level,
  groups,
  restrictions,
  fromAt: null,
  toAt: null,
  zone: utc,
  startLocal: known(parseLocalTime('2026-05-25T00:00:00'), 'a local time'),
  endLocal: null,
  turn: { unit: 'weeks', length: 1, weekday: 'MO', handover: hours(0) },
  consumption: 'calendar',
})

const primary = weekly({ id: 'primary', level: 0, groups: [[user('Ben')], [user('Ann')]], restrictions: [] })
const office = weekly({
  id: 'office',
  level: 0,
  groups: [[user('Eve')]],
  restrictions: [{ days: ['MO', 'TU', 'WE', 'TH', 'FR'], start: hours(8), end: hours(18) }],
})
const weekend = weekly({
  id: 'weekend',
  level: 1,
  groups: [[user('Cem')]],
  restrictions: [{ startDay: 'SA', start: hours(0), endDay: 'MO', end: hours(0) }],
})
const override: Override = {
  id: 'override',
  createdAt: window.startAt,
  startAt: at('2026-06-02T12:00'),
  endAt: at('2026-06-03T12:00'),
  kind: 'replace-all',
  users: [user('Dana')],
}
const swap: Swap = {
  id: 'swap',
  createdAt: window.startAt,
  startAt: at('2026-06-04T00:00'),
  endAt: at('2026-06-05T12:00'),
  beneficiary: user('Ann'),
  benefactor: user('Ben'),
}

type Row = {
  readonly label: string
  readonly detail: string
  /** What it says alone, and which of the final shifts it has put there. */
  readonly says: readonly FinalShift[]
  readonly counts: (shift: FinalShift) => boolean
}

const nothing: Schedule = { layers: [], overrides: [], swaps: [], passedOver: new Set() }
const left = 196
const width = 860
const top = 112
const rowHeight = 46

/** What overrides, swaps and layers of several levels come to in a week. */
export function levels(): string {
  const schedule: Schedule = { ...nothing, layers: [primary, office, weekend], overrides: [override], swaps: [swap] }
  const final = finalShifts(schedule, window)
  const rows = rowsOf()
  const finalTop = top + rows.length * rowHeight + 26
  const title = 'What counts: overrides, then swaps, then the higher level'
  const description =
    'A week of a schedule. Ann is on call all week by level 0, and Eve with her in office hours, since one level adds up. Cem has the ' +
    'weekend by level 1, which beats level 0. A swap gives Ben what Ann has on Thursday and Friday morning. An override puts Dana in ' +
    'the place of everybody from Tuesday noon to Wednesday noon. What is beaten is drawn pale.'
  return document({ title, description, width, height: finalTop + 92 }, [
    text({ x: 24, y: 36 }, 'heading', title),
    text({ x: 24, y: 58 }, 'soft', 'What is beaten by something above it is pale.'),
    ...dayLines(finalTop + 76),
    ...rows.flatMap((row, index) => rowDrawn(row, final, top + index * rowHeight)),
    rectangle({ x: 24, y: finalTop - 14, width: width - 48, height: 2 }, 'rule'),
    text({ x: 32, y: finalTop + 22 }, 'strong', 'Final shifts'),
    text({ x: 32, y: finalTop + 38 }, 'soft', 'who is on call'),
    ...finalDrawn(final, finalTop),
  ])
}

function rowsOf(): readonly Row[] {
  const alone = (layer: Rotation) => finalShifts({ ...nothing, layers: [layer] }, window)
  const byLayer = (layer: Rotation, label: string, detail: string): Row => ({
    label,
    detail,
    says: alone(layer),
    counts: ({ cover, insteadOf }) => cover.source.id === layer.id && insteadOf === null,
  })
  return [
    {
      label: 'Override',
      detail: 'replaces everybody',
      says: finalShifts({ ...nothing, overrides: [override] }, window),
      counts: ({ cover }) => cover.source.kind === 'override',
    },
    {
      label: 'Swap',
      detail: 'Ben stands in for Ann',
      says: finalShifts({ ...nothing, layers: [primary], swaps: [swap] }, window).filter(({ insteadOf }) => insteadOf !== null),
      counts: ({ swapId, insteadOf }) => swapId !== null && insteadOf !== null,
    },
    byLayer(weekend, 'Level 1', 'weekends'),
    byLayer(office, 'Level 0', 'office hours'),
    byLayer(primary, 'Level 0', 'a week each'),
  ]
}

function rowDrawn({ label, detail, says, counts }: Row, final: readonly FinalShift[], y: number): readonly Svg[] {
  return [
    text({ x: 32, y: y + 13 }, 'strong', label),
    text({ x: 32, y: y + 28 }, 'soft', detail),
    ...says.flatMap((shift) => shiftDrawn(shift, { y, height: 30 }, 'beaten')),
    ...final.filter(counts).flatMap((shift) => shiftDrawn(shift, { y, height: 30 }, '')),
  ]
}

/** Each person that is on call at the same time has a lane. */
function finalDrawn(final: readonly FinalShift[], y: number): readonly Svg[] {
  return final.flatMap((shift) => {
    const beside = final.some(
      (other) => other.cover.source.id !== office.id && other.startAt < shift.endAt && shift.startAt < other.endAt,
    )
    const lane = beside && shift.cover.source.id === office.id ? 1 : 0
    return shiftDrawn(shift, { y: y + lane * 35, height: 30 }, '')
  })
}

type Lane = { readonly y: number; readonly height: number }

function shiftDrawn({ userId, startAt, endAt }: FinalShift, lane: Lane, look: string): readonly Svg[] {
  const box = { x: scale(startAt) + 1, width: scale(endAt) - scale(startAt) - 2, ...lane }
  return labelled(box, `p${colours.indexOf(userId)} ${look}`.trim(), look === '' ? [userId] : [])
}

function dayLines(bottom: number): readonly Svg[] {
  return ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].flatMap((name, index) => {
    const startAt = instant(window.startAt + days(index))
    const middle = (scale(startAt) + scale(instant(startAt + days(1)))) / 2
    return [
      upright({ x: scale(startAt), y: top - 26 }, bottom - top + 26, 'line'),
      text({ x: middle, y: top - 14 }, 'soft middle', name),
    ]
  })
}

function scale(time: Instant): number {
  return left + ((time - window.startAt) / (window.endAt - window.startAt)) * (width - left - 26)
}
