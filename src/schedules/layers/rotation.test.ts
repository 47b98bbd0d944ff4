import { describe, expect, test } from 'vitest'
import type { UserId } from '../../lib/ids.ts'
import { type Instant, instant } from '../../lib/time.ts'
import { onCallAt } from '../engine/on-call.ts'
import { parseLayer } from './input.ts'
import { keepingTurn, rotationOf, withTurnNow } from './rotation.ts'
import type { LayerFields } from './layer.ts'

const at = (text: string): Instant => instant(Date.parse(text))

/** Days from the first of April on, handed over at nine in Berlin, which is seven in UTC. */
function layer(people: string, fields: object = {}): LayerFields {
  const groups = people.split(' ').map((name) => name.split('+'))
  const read = parseLayer({ start: '2026-04-01T09:00:00', time_zone: 'Europe/Berlin', turn: { unit: 'days' }, groups, ...fields })
  if (!read.ok) throw new Error(JSON.stringify(read.reason))
  return read.value.layer
}

const always = { fromAt: null, toAt: null, timeZone: null }
const passedOver = new Set<UserId>()

function onCall(fields: LayerFields, when: string): string {
  const layers = [rotationOf({ ...fields, id: 'LY1' }, always)]
  const people = onCallAt({ layers, overrides: [], swaps: [], passedOver }, at(when))
  return people.map(({ userId }) => userId).join('+')
}

describe('a layer', () => {
  test('begins with its first group', () => {
    expect(onCall(layer('ANA BEN CLEO', { first_group: 1 }), '2026-04-01T08:00:00Z')).toBe('BEN')
    expect(onCall(layer('ANA BEN CLEO', { first_group: 1 }), '2026-04-03T08:00:00Z')).toBe('ANA')
  })

  test('is in the zone of its schedule when it has none of its own', () => {
    const floating = layer('ANA', { time_zone: null })
    const rotation = rotationOf({ ...floating, id: 'LY1' }, { ...always, timeZone: 'Asia/Tokyo' })
    expect(rotation.zone.name).toBe('Asia/Tokyo')
  })
})

describe('an edit of people', () => {
  // On 4 April, from seven in UTC, the turn is of the fourth group.
  const now = at('2026-04-04T12:00:00Z')
  const edit = { now, timeZone: null }
  const edited = (before: LayerFields, after: LayerFields): string => {
    const kept = keepingTurn(before, after, edit)
    return ['2026-04-04T12:00:00Z', '2026-04-05T06:59:59Z', '2026-04-05T07:00:00Z', '2026-04-06T07:00:00Z']
      .map((when) => onCall(kept, when))
      .join(' ')
  }

  test('leaves the turn to who has it, and the hand-overs where they were', () => {
    expect(onCall(layer('ANA BEN CLEO DAN EVE'), '2026-04-04T12:00:00Z')).toBe('DAN')
    expect(edited(layer('ANA BEN CLEO DAN EVE'), layer('BEN CLEO DAN EVE'))).toBe('DAN DAN EVE BEN')
    expect(edited(layer('ANA BEN CLEO DAN EVE'), layer('FAY ANA DAN'))).toBe('DAN DAN FAY ANA')
    expect(edited(layer('ANA BEN CLEO DAN EVE'), layer('DAN+FAY ANA'))).toBe('DAN+FAY DAN+FAY ANA DAN+FAY')
  })

  test('gives the turn of somebody who left to who would have come next', () => {
    expect(edited(layer('ANA BEN CLEO DAN EVE'), layer('ANA BEN CLEO EVE'))).toBe('EVE EVE ANA BEN')
    expect(edited(layer('ANA BEN CLEO DAN EVE'), layer('FAY GUS'))).toBe('FAY FAY GUS FAY')
  })

  test('knows which of several turns of one person is under way', () => {
    const twice = layer('ANA BEN ANA CLEO', { first_group: 3 })
    expect(onCall(twice, '2026-04-04T12:00:00Z')).toBe('ANA')
    expect(edited(twice, { ...twice, firstGroup: 0 })).toBe('ANA ANA CLEO ANA')
  })

  test('leaves the turn to who has it when the rhythm is another one', () => {
    const weekly = layer('ANA BEN CLEO DAN EVE', { turn: { unit: 'weeks' } })
    expect(edited(layer('ANA BEN CLEO DAN EVE'), weekly)).toBe('DAN DAN DAN DAN')
  })

  test('counts the turns that had cover, where turns wait for it', () => {
    // The fourth is a Saturday: the turn of Monday, of the fourth group, waits.
    const working = { restrictions: [{ days: ['MO', 'TU', 'WE', 'TH', 'FR'], start: '09:00', end: '17:00' }] }
    const active = layer('ANA BEN CLEO DAN', { ...working, turn_consumption: 'active' })
    const kept = keepingTurn(active, { ...active, groups: layer('BEN CLEO DAN').groups, firstGroup: 0 }, edit)
    expect(onCall(kept, '2026-04-06T12:00:00Z')).toBe('DAN')
    expect(onCall(kept, '2026-04-07T12:00:00Z')).toBe('BEN')
  })

  test('leaves the first turn to who has it, before the layer begins', () => {
    const early = { now: at('2026-03-01T00:00:00Z'), timeZone: null }
    const kept = keepingTurn(layer('ANA BEN CLEO', { first_group: 1 }), layer('BEN CLEO'), early)
    expect(onCall(kept, '2026-04-01T08:00:00Z')).toBe('BEN')
  })

  test('gives the turn to another group when that is asked for', () => {
    const wanted = withTurnNow(layer('ANA BEN CLEO DAN EVE'), 1, edit)
    expect(onCall(wanted, '2026-04-04T12:00:00Z')).toBe('BEN')
    expect(onCall(wanted, '2026-04-05T12:00:00Z')).toBe('CLEO')
  })
})
