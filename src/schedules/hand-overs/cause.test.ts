import { expect, test } from 'vitest'
import { known } from '../../lib/check.ts'
import { asId, type UserId } from '../../lib/ids.ts'
import { type Instant, instant, ms } from '../../lib/time.ts'
import {
  aboveEveryLevel,
  type Fixed,
  type Layer,
  type Override,
  type Rotation,
  type Schedule,
  type Swap,
} from '../engine/schedule.ts'
import { handOversAfter, type Phase } from './hand-overs.ts'
import { localTime } from '../local-time.ts'
import { findZone } from '../zone.ts'

const hour = 3_600_000
/** A Wednesday. */
const midnight = Date.UTC(2026, 3, 1)
const at = (hours: number): Instant => instant(midnight + hours * hour)
const [ana, ben, cai] = ['ana', 'ben', 'cai'].map((name) => asId<UserId>(name)) as unknown as readonly [UserId, UserId, UserId]

const daily: Rotation = {
  ...{ kind: 'rotation', id: 'daily', level: 0, fromAt: null, toAt: null },
  zone: known(findZone('UTC'), 'UTC is a zone'),
  groups: [[ana], [ben]],
  startLocal: localTime(midnight),
  endLocal: null,
  turn: { unit: 'days', length: 1, handover: ms(0) },
  restrictions: [],
  consumption: 'calendar',
}
const inOfficeHours = {
  ...daily,
  restrictions: [{ days: ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'], start: ms(9 * hour), end: ms(17 * hour) }],
} as const
const single = (fields: Partial<Fixed>): Fixed => ({
  ...{ kind: 'fixed', id: 'single', level: 0, fromAt: null, toAt: null },
  ...{ startAt: at(3), endAt: at(6), users: [cai] },
  ...fields,
})
const addition: Override = { kind: 'add', id: 'add', createdAt: at(0), startAt: at(3), endAt: at(6), userId: cai }
const absence: Override = { kind: 'remove', id: 'remove', createdAt: at(0), startAt: at(3), endAt: at(6), userId: ana }
const swap: Swap = { id: 'swap', createdAt: at(0), startAt: at(3), endAt: at(6), beneficiary: ana, benefactor: cai }

const scheduleOf = (parts: Partial<Schedule>): Schedule => ({
  layers: [],
  overrides: [],
  swaps: [],
  passedOver: new Set(),
  ...parts,
})
const layers = (...all: readonly Layer[]): Schedule => scheduleOf({ layers: all })

/** When who takes over in a day and a minute, and why. */
function told(schedule: Schedule, later: readonly Phase[] = []): readonly string[] {
  const progress = { processedUntil: at(-1), onCall: [], settledUntil: at(0) }
  const course = { phases: [{ fromAt: at(-1), schedule }, ...later], names: new Map() }
  const handOvers = handOversAfter(progress, course, { now: at(0), endAt: instant(at(24) + 60_000), zonesChanged: false })
  return [...handOvers].map(
    (found) => `${(found.at - midnight) / hour} ${found.current.map(({ userId }) => userId).join('+')} ${found.cause}`,
  )
}

test.each<[string, Schedule, readonly string[]]>([
  ['turns', layers(daily), ['0 ana layer_start', '24 ben rotation']],
  ['hours that open and close', layers(inOfficeHours), ['9 ana restriction', '17  restriction']],
  [
    'turns that end with the hours',
    layers({ ...inOfficeHours, turn: { unit: 'hours', length: 12, handover: ms(0) } }),
    ['9 ana restriction', '12 ben rotation', '17  restriction'],
  ],
  ['a turn of nobody', layers({ ...daily, groups: [[ana], []] }), ['0 ana layer_start', '24  rotation']],
  [
    'a turn of nobody while the hours are open',
    layers({ ...inOfficeHours, groups: [[ana], []], turn: { unit: 'hours', length: 12, handover: ms(0) } }),
    ['9 ana restriction', '12  rotation'],
  ],
  ['one stretch of time', layers(single({})), ['3 cai layer_start', '6  layer_end']],
  [
    'the end of a rotation',
    layers({ ...daily, endLocal: localTime(midnight + 6 * hour) }),
    ['0 ana layer_start', '6  layer_end'],
  ],
  [
    'a higher level for a while',
    layers(daily, single({ level: 1 })),
    ['0 ana layer_start', '3 cai layer_start', '6 ana layer_end', '24 ben rotation'],
  ],
  [
    'an override',
    scheduleOf({ layers: [daily], overrides: [addition] }),
    ['0 ana layer_start', '3 ana+cai override_start', '6 ana override_end', '24 ben rotation'],
  ],
  [
    'an absence',
    scheduleOf({ layers: [daily], overrides: [absence] }),
    ['0 ana layer_start', '3  override_start', '6 ana override_end', '24 ben rotation'],
  ],
  [
    'an override of the Grafana OnCall API',
    layers(daily, single({ level: aboveEveryLevel })),
    ['0 ana layer_start', '3 cai override_start', '6 ana override_end', '24 ben rotation'],
  ],
  [
    'a swap',
    scheduleOf({ layers: [daily], swaps: [swap] }),
    ['0 ana layer_start', '3 cai swap', '6 ana swap', '24 ben rotation'],
  ],
  [
    'an edit',
    layers({ ...daily, toAt: at(2) }, { ...daily, groups: [[cai]], fromAt: at(2) }),
    ['0 ana layer_start', '2 cai configuration'],
  ],
  [
    'an edit of an override',
    layers(
      daily,
      single({ level: aboveEveryLevel, toAt: at(4) }),
      single({ level: aboveEveryLevel, users: [ben], fromAt: at(4) }),
    ),
    ['0 ana layer_start', '3 cai override_start', '4 ben configuration', '6 ana override_end', '24 ben rotation'],
  ],
  [
    'an override that is taken back',
    layers(daily, single({ level: aboveEveryLevel, toAt: at(4) })),
    ['0 ana layer_start', '3 cai override_start', '4 ana override_end', '24 ben rotation'],
  ],
  [
    'an override that makes no difference where turns end',
    scheduleOf({
      layers: [daily],
      overrides: [
        { ...absence, startAt: at(24), endAt: at(25), userId: cai },
        { ...absence, id: 'earlier', startAt: at(20), endAt: at(24), userId: cai },
      ],
    }),
    ['0 ana layer_start', '24 ben rotation'],
  ],
  [
    'an override by somebody who is passed over where turns end',
    scheduleOf({
      layers: [daily],
      overrides: [{ kind: 'replace-all', id: 'all', createdAt: at(0), startAt: at(24), endAt: at(25), users: [cai] }],
      passedOver: new Set([cai]),
    }),
    ['0 ana layer_start', '24 ben rotation'],
  ],
  [
    'an override by which nobody is on call',
    scheduleOf({
      layers: [daily],
      overrides: [{ kind: 'replace-all', id: 'all', createdAt: at(0), startAt: at(3), endAt: at(6), users: [] }],
    }),
    ['0 ana layer_start', '3  override_start', '6 ana override_end', '24 ben rotation'],
  ],
  [
    'somebody instead of somebody else',
    scheduleOf({
      layers: [daily],
      overrides: [
        { kind: 'replace-user', id: 'instead', createdAt: at(0), startAt: at(3), endAt: at(24), replaced: ana, userId: cai },
        { kind: 'replace-user', id: 'none', createdAt: at(0), startAt: at(6), endAt: at(7), replaced: ben, userId: ana },
      ],
    }),
    ['0 ana layer_start', '3 cai override_start', '24 ben override_end'],
  ],
])('%s', (_name, schedule, expected) => {
  expect(told(schedule)).toEqual(expected)
})

test('somebody who leaves', () => {
  const away = [{ fromAt: at(5), schedule: { ...layers(daily), passedOver: new Set([ana]) } }]
  expect(told(layers(daily), away)).toEqual(['0 ana layer_start', '5  user', '24 ben rotation'])
})
