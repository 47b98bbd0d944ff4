import { describe, expect, test } from 'vitest'
import type { OnCallShift } from './shift.ts'
import { known } from '../lib/check.ts'
import { asId } from '../lib/ids.ts'
import { hours, isoZ, minutes } from '../lib/time.ts'
import { parseLocalTime } from './local-time.ts'
import { coversOf } from './shift.ts'

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
    expect(coversOf(swallowed, null)).toEqual([])
  })

  test('a single event covers with all its users on its level', () => {
    expect(coversOf(shift({}), null)).toMatchObject([{ kind: 'shift', level: 3, users: ['UANA', 'UBEN'], shiftId: 'OSHIFT' }])
  })

  test('an override has no level, so that overrides add up', () => {
    const { level: _level, ...common } = shift({})
    expect(coversOf({ ...common, type: 'override' }, null)).toMatchObject([
      { kind: 'override', level: 0, users: ['UANA', 'UBEN'] },
    ])
  })
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
  coversOf(shift(said), scheduleTimeZone)
    .map((cover) => `${isoZ(cover.startAt)} ${isoZ(cover.endAt)}`)
    .join()
