import { describe, expect, it } from 'vitest'
import { deliveryTo } from '../../../test/support/held-delivery.ts'
import { asId, type EndpointId } from '../../lib/ids.ts'
import { after, instant, seconds } from '../../lib/time.ts'
import { type Delivery, lanes } from '../delivery.ts'
import { newPositions, type Positions } from './positions.ts'

const start = instant(Date.UTC(2026, 3, 1))
const at = (second: number) => after(start, seconds(second))

const delivery = (id: number, of: Partial<Delivery> = {}): Delivery => deliveryTo('a', id, { dueAt: at(id), ...of })

const shards = [1, 2]

/** The ids up to which the lanes have been read. */
const read = (positions: Positions, second: number, of = shards): readonly number[] =>
  positions.forLook({ shards: of, now: at(second) }).map(({ id }) => id)

/** A first look has read these and took all but those of the ids. */
function positionsAfter(deliveries: readonly Delivery[], left: readonly number[] = []): Positions {
  const positions = newPositions()
  positions.forLook({ shards, now: at(100) })
  positions.note(deliveries, ({ id }) => !left.includes(id))
  return positions
}

describe('a lane of an endpoint', () => {
  it('is read on from the last that is in hand', () => {
    expect(read(positionsAfter([delivery(1), delivery(2)]), 101)).toEqual([2])
  })

  it('is read again from the first that could not be taken', () => {
    expect(read(positionsAfter([delivery(1), delivery(2), delivery(3)], [2]), 101)).toEqual([1])
  })

  it('is read from its beginning where something was given back, is late and was not taken, or has an order of which the first is not known', () => {
    const positions = positionsAfter([delivery(1), delivery(2)])
    positions.giveBack(delivery(1))
    expect(read(positions, 101)).toEqual([])
    const withLate = positionsAfter([delivery(1), delivery(5)])
    withLate.note([delivery(3)], () => false)
    expect(read(withLate, 101)).toEqual([])
    expect(read(positionsAfter([delivery(1, { lane: lanes.ordered })]), 101)).toEqual([])
  })

  it('is read on from the first of what is ordered, itself included, however short ago that came due', () => {
    const [first, second] = [delivery(98, { lane: lanes.ordered }), delivery(99, { lane: lanes.ordered })]
    const positions = positionsAfter([first])
    positions.noteHeads([first])
    expect(read(positions, 101)).toEqual([97])
    positions.note([second], () => true)
    positions.giveBack(first)
    expect(read(positions, 101)).toEqual([97])
    positions.noteHeads([second])
    expect(read(positions, 102)).toEqual([98])
    expect(read(positions, 104)).toEqual([])
  })

  it('keeps its position when something late is taken, and is one of several', () => {
    const positions = positionsAfter([delivery(5), delivery(6, { lane: lanes.replay })])
    positions.note([delivery(3)], () => true)
    expect(read(positions, 101).toSorted()).toEqual([5, 6])
  })

  it('is read from five seconds ago at the latest, since what is due since then may not be committed yet', () => {
    const positions = positionsAfter([delivery(98)])
    expect(positions.forLook({ shards, now: at(101) })).toMatchObject([{ dueAt: at(96), id: 0 }])
  })

  it('is unknown again when others were read last that are too many', () => {
    const many = Array.from({ length: 300 }, (_, index) =>
      delivery(index, { endpointId: asId<EndpointId>(`endpoint ${index}`), dueAt: at(1) }),
    )
    const ids = read(positionsAfter(many), 101)
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([256, 44, 299])
  })
})

describe('a look', () => {
  it('is a whole one every four seconds, which comes by itself after one that was not', () => {
    const positions = positionsAfter([delivery(1)])
    expect(positions.nextWholeLookAt()).toBeNull()
    expect(read(positions, 103)).toEqual([1])
    expect(positions.nextWholeLookAt()).toBe(at(104))
    expect(read(positions, 104)).toEqual([])
    expect(positions.nextWholeLookAt()).toBeNull()
    expect(read(positions, 105)).toEqual([1])
  })

  it('reads nothing of shards that are not owned, and all from the beginning when they have changed', () => {
    const positions = positionsAfter([delivery(1)])
    expect(positions.of([2])).toEqual([])
    expect(read(positions, 101, [2])).toEqual([])
    expect(read(positions, 102)).toEqual([])
  })

  it('is a whole one when the clock was set back', () => {
    expect(read(positionsAfter([delivery(1)]), 50)).toEqual([])
  })
})
