import { describe, expect, test } from 'vitest'
import type { OnCallShift } from './shift.ts'
import { known } from '../../lib/check.ts'
import { asId } from '../../lib/ids.ts'
import { hours, instant, isoZ, minutes } from '../../lib/time.ts'
import { parseLocalTime } from '../local-time.ts'
import { onCallAt, finalShifts } from '../engine/on-call.ts'
import { layerOf } from './shift-layers.ts'

describe('the cover of a single shift', () => {
  test('its own zone counts before the zone of the schedule, and UTC when there is neither', () => {
    expect(spanOf({ timeZone: 'Asia/Calcutta' }, 'Europe/Berlin')).toBe('2025-06-02T03:30:00Z 2025-06-02T11:30:00Z')
    expect(spanOf({ timeZone: null }, 'Europe/Berlin')).toBe('2025-06-02T07:00:00Z 2025-06-02T15:00:00Z')
    expect(spanOf({ timeZone: null }, null)).toBe('2025-06-02T09:00:00Z 2025-06-02T17:00:00Z')
  })

  test('its length is what the clock on the wall says', () => {
    const night = { timeZone: 'Europe/London', durationMs: hours(12) }
    expect(spanOf({ ...night, start: '2025-03-29T20:00:00' }, null)).toBe('2025-03-29T20:00:00Z 2025-03-30T07:00:00Z')
    expect(spanOf({ ...night, start: '2025-10-25T20:00:00' }, null)).toBe('2025-10-25T19:00:00Z 2025-10-26T08:00:00Z')
  })

  test('it is gone when the clock skips all of it', () => {
    const swallowed = shift({ timeZone: 'Europe/London', start: '2025-03-30T01:10:00', durationMs: minutes(40) })
    expect(finalShifts(scheduleOf([swallowed], null), year)).toEqual([])
  })

  test('a shift that repeats until a time before its start never happens', () => {
    const days = { frequency: 'daily', interval: 1, weekStart: 'MO', byDay: null, byMonth: null, byMonthday: null } as const
    const until = (text: string): OnCallShift => ({
      ...{ ...shift({}), ...days, type: 'recurrent_event' },
      untilLocal: known(parseLocalTime(text), 'a local time'),
    })
    expect(finalShifts(scheduleOf([until('2025-06-01T09:00:00')], null), year)).toEqual([])
    expect(finalShifts(scheduleOf([until('2025-06-03T09:00:00')], null), year)).toHaveLength(2)
  })

  test('a single event covers with all its users on its level', () => {
    expect(layerOf(shift({}), placed(null))).toMatchObject({ level: 3, users: ['UANA', 'UBEN'], id: 'OSHIFT' })
  })

  test('overrides beat every level, and add up', () => {
    const { level: _level, ...common } = shift({})
    const override = (name: string): OnCallShift => ({ ...common, id: asId(name), type: 'override', users: [asId(name)] })
    const single = { ...shift({}), level: 2_147_483_647 }
    const noon = instant(Date.parse('2025-06-02T12:00:00Z'))
    const found = onCallAt(scheduleOf([single, override('U1'), override('U2')], null), noon)
    expect(found.map(({ userId }) => userId)).toEqual(['U1', 'U2'])
  })
})

const year = { startAt: instant(Date.parse('2025-01-01T00:00:00Z')), endAt: instant(Date.parse('2026-01-01T00:00:00Z')) }
const placed = (timeZone: string | null) => ({ fromAt: null, toAt: null, timeZone })
const scheduleOf = (shifts: readonly OnCallShift[], timeZone: string | null) => ({
  layers: shifts.map((one) => layerOf(one, placed(timeZone))),
  overrides: [],
  swaps: [],
  passedOver: new Set<never>(),
})

type Said = Partial<Pick<OnCallShift, 'timeZone' | 'durationMs'>> & { readonly start?: string }

function shift({ start = '2025-06-02T09:00:00', ...said }: Said) {
  const startLocal = known(parseLocalTime(start), 'a local time')
  return {
    id: asId('OSHIFT'),
    type: 'single_event',
    level: 3,
    teamId: null,
    name: 'Days',
    timeZone: null,
    startLocal,
    rotationStartLocal: startLocal,
    durationMs: hours(8),
    users: [asId('UANA'), asId('UBEN')],
    source: 'api',
    ...said,
  } satisfies OnCallShift
}

const spanOf = (said: Said, scheduleTimeZone: string | null) =>
  finalShifts(scheduleOf([{ ...shift(said), users: [asId('UANA')] }], scheduleTimeZone), year)
    .map((row) => `${isoZ(row.startAt)} ${isoZ(row.endAt)}`)
    .join()
