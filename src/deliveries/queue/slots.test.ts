import { describe, expect, it } from 'vitest'
import { deliveryTo } from '../../../test/support/held-delivery.ts'
import { after, instant, minutes, ms, seconds } from '../../lib/time.ts'
import { type Delivery, lanes } from '../delivery.ts'
import { usualSettings } from '../endpoint-settings.ts'
import type { Sign } from '../sending/sign.ts'
import { newSlots, type Slots } from './slots.ts'

const start = instant(Date.UTC(2026, 3, 1))

const newTestSlots = () => newSlots({ perEndpointMax: { webhook: 8, mail: 32 }, suspectsInFlightMax: 2 })

/** Takes as many as there are slots for, and says how many. */
function fill(slots: Slots, endpoint: string, firstId = 1): number {
  let count = 0
  for (; slots.isFree(deliveryTo(endpoint, firstId + count), start); count += 1) {
    slots.take(deliveryTo(endpoint, firstId + count), start)
    slots.leaves(deliveryTo(endpoint, firstId + count), start)
  }
  return count
}

type Ended = Partial<Pick<Sign, 'at' | 'durationMs'>> & { readonly says?: Sign['says'] }

/** One attempt from its beginning to its written end. */
function attempt(slots: Slots, delivery: Delivery, { at = start, durationMs = ms(20), says = { kind: 'well' } }: Ended = {}) {
  slots.take(delivery, start)
  slots.landed(delivery)
  const pause = slots.learn(delivery, { at, durationMs, jitter: 0.5, says })
  slots.written(delivery)
  return pause
}

const failed = { says: { kind: 'failed' } } as const

describe('the share of those that are slow', () => {
  const slow = { durationMs: seconds(2) }
  const isFree = (slots: Slots, endpoint: string) => slots.isFree(deliveryTo(endpoint, 99), start)

  it('is used up by what is taken at one instant, and free again as soon as that has ended', () => {
    const slots = newTestSlots()
    for (const endpoint of ['a', 'b', 'c']) attempt(slots, deliveryTo(endpoint, 1), slow)
    expect(isFree(slots, 'c')).toBe(true)
    for (const [index, endpoint] of ['a', 'b'].entries()) slots.take(deliveryTo(endpoint, 10 + index), start)
    expect(isFree(slots, 'c')).toBe(false)
    slots.landed(deliveryTo('a', 10))
    expect(isFree(slots, 'c')).toBe(true)
  })

  it('is free for another when one of them is no longer slow', () => {
    const slots = newTestSlots()
    for (const endpoint of ['a', 'b', 'c']) attempt(slots, deliveryTo(endpoint, 1), slow)
    for (const id of [10, 11]) slots.take(deliveryTo('a', id), start)
    expect(isFree(slots, 'c')).toBe(false)
    slots.learn(deliveryTo('a', 12), { at: start, durationMs: ms(20), jitter: 0.5, says: { kind: 'well' } })
    expect(isFree(slots, 'c')).toBe(true)
  })

  it('costs hardly more to ask for a thousand of them than to look at all', () => {
    const slots = newTestSlots()
    for (let number = 0; number < 3_000; number += 1) attempt(slots, deliveryTo(`endpoint ${number}`, number), slow)
    const timeOf = (work: () => unknown) => {
      const begunAt = performance.now()
      work()
      return performance.now() - begunAt
    }
    // The least of several, since something else may run in between. The time on the processor is too coarse here.
    const leastOf = (work: () => unknown) => Math.min(...Array.from({ length: 10 }, () => timeOf(work)))
    const looking = leastOf(() => slots.free(start))
    const asking = leastOf(() => Array.from({ length: 1_000 }, (_, number) => isFree(slots, `endpoint ${number}`)))
    expect(asking).toBeLessThan(30 * looking)
  })
})

describe('the slots of an endpoint with a rate', () => {
  const limited = (id: number, rateMax: number | null = 2): Delivery => {
    const delivery = deliveryTo('a', id)
    return { ...delivery, endpoint: { ...delivery.endpoint, settings: { ...usualSettings, rateMax } } }
  }

  it('are taken by what has not left yet, and given back when it does not leave', () => {
    const slots = newTestSlots()
    for (let id = 1; id <= 5; id += 1) attempt(slots, limited(id))
    slots.take(limited(6), start)
    slots.take(limited(7), start)
    expect(slots.isFree(limited(8), start)).toBe(false)
    slots.landed(limited(6))
    expect(slots.isFree(limited(8), start)).toBe(true)
    slots.leaves(limited(7), start)
    expect(slots.isFree(limited(8), start)).toBe(true)
    expect(slots.nextRefillAt(start)).toBeNull()
    slots.take(limited(8), start)
    slots.leaves(limited(8), start)
    expect(slots.isFree(limited(9), start)).toBe(false)
    expect(slots.nextRefillAt(start)).toBe(after(start, ms(500)))
    expect(slots.isFree(limited(9), after(start, ms(500)))).toBe(true)
  })

  it('are free at once when the rate is taken away', () => {
    const slots = newTestSlots()
    for (let id = 1; id <= 5; id += 1) attempt(slots, limited(id, 0.01))
    slots.take(limited(6, 0.01), start)
    slots.leaves(limited(6, 0.01), start)
    slots.landed(limited(6, 0.01))
    expect([slots.isFree(limited(7, 0.01), start), slots.isFree(limited(7, null), start)]).toEqual([false, true])
    expect(slots.nextRefillAt(start)).toBeNull()
  })
})

describe('the slots for replays', () => {
  const replay: Delivery = { ...deliveryTo('a', 99), lane: lanes.replay }
  const freeOf = (slots: Slots) => slots.free(start).map(({ others, replays, isReplaysTurn }) => [others, replays, isReplaysTurn])

  it('are all but one, and the last one too after ten others', () => {
    const slots = newTestSlots()
    for (let id = 1; id <= 9; id += 1) attempt(slots, deliveryTo('a', id))
    expect(freeOf(slots)).toEqual([[8, 7, false]])
    attempt(slots, deliveryTo('a', 10))
    expect(freeOf(slots)).toEqual([[8, 8, true]])
    attempt(slots, replay)
    expect(freeOf(slots)).toEqual([[8, 7, false]])
  })

  it('are the only one where there is one', () => {
    const slots = newTestSlots()
    attempt(slots, deliveryTo('a', 1), failed)
    expect(freeOf(slots)).toEqual([[1, 1, false]])
    expect(slots.isFree(replay, start)).toBe(true)
  })
})

describe('the slots of an endpoint', () => {
  it('are one at first, one more for each success that comes soon, and eight at most', () => {
    const counts = [0, 1, 2, 7, 20].map((successes) => {
      const slots = newTestSlots()
      for (let id = 1; id <= successes; id += 1) attempt(slots, deliveryTo('a', id))
      return fill(slots, 'a')
    })
    expect(counts).toEqual([1, 2, 3, 8, 8])
  })

  it('are one again after a failure', () => {
    const slots = newTestSlots()
    for (let id = 1; id <= 20; id += 1) attempt(slots, deliveryTo('a', id))
    attempt(slots, deliveryTo('a', 21), failed)
    expect(fill(slots, 'a')).toBe(1)
  })

  it('are one while the last answer took more than a second, although it was a success', () => {
    const slots = newTestSlots()
    for (let id = 1; id <= 20; id += 1) attempt(slots, deliveryTo('a', id))
    attempt(slots, deliveryTo('a', 21), { durationMs: ms(1_001) })
    expect(fill(slots, 'a')).toBe(1)
  })

  it('are four at most for one that answers well but late, while the slow ones use less than half of their share', () => {
    const slots = newSlots({ perEndpointMax: { webhook: 8, mail: 32 }, suspectsInFlightMax: 12 })
    const late = (endpoint: string, count: number) => {
      for (let id = 1; id <= count; id += 1) attempt(slots, deliveryTo(endpoint, id), { durationMs: seconds(3) })
    }
    late('a', 1)
    expect(fill(slots, 'a', 100)).toBe(2)
    late('b', 9)
    expect(fill(slots, 'b', 200)).toBe(4)
    late('c', 9)
    expect(fill(slots, 'c', 300)).toBe(1)
    attempt(slots, deliveryTo('b', 10), { ...failed, durationMs: seconds(3) })
    for (let id = 200; id < 204; id += 1) slots.landed(deliveryTo('b', id))
    expect(fill(slots, 'b', 400)).toBe(1)
  })

  it('are none more when a request is older than a second', () => {
    const slots = newTestSlots()
    for (let id = 1; id <= 3; id += 1) attempt(slots, deliveryTo('a', id))
    slots.take(deliveryTo('a', 4), start)
    slots.leaves(deliveryTo('a', 4), start)
    expect(slots.isFree(deliveryTo('a', 5), after(start, ms(1_000)))).toBe(true)
    expect(slots.isFree(deliveryTo('a', 5), after(start, ms(1_001)))).toBe(false)
    expect(slots.isFree({ ...deliveryTo('a', 6), lane: lanes.page }, after(start, ms(1_001)))).toBe(true)
  })

  it('are shared by all suspects, and nobody else', () => {
    const slots = newTestSlots()
    for (const endpoint of ['a', 'b', 'c']) attempt(slots, deliveryTo(endpoint, 1), { durationMs: seconds(2) })
    expect(['a', 'b', 'c', 'new'].map((endpoint, index) => fill(slots, endpoint, 10 * index))).toEqual([1, 1, 0, 1])
    expect(slots.free(start)).toContainEqual({ endpointId: 'c', pages: 2, others: 0, replays: 0, isReplaysTurn: false })
    slots.landed(deliveryTo('a', 0))
    expect(fill(slots, 'c', 30)).toBe(1)
  })

  it('are none but for pages while its breaker is open, and one until that is closed', () => {
    const slots = newTestSlots()
    const pauses = [1, 2, 3, 4, 5].map((id) => attempt(slots, deliveryTo('a', id), failed))
    expect(pauses).toEqual([null, null, null, null, { until: after(start, seconds(30)), breakerMs: 30_000 }])
    expect(fill(slots, 'a')).toBe(1)
    slots.landed(deliveryTo('a', 1))
    const at = after(start, seconds(30))
    expect(attempt(slots, deliveryTo('a', 6), { at, ...failed })).toEqual({ until: after(at, seconds(60)), breakerMs: 60_000 })
    expect(attempt(slots, deliveryTo('a', 7), { at: after(at, seconds(60)) })).toEqual({ until: null, breakerMs: null })
    expect(fill(slots, 'a')).toBe(1)
  })

  it('are none until the pause is written, from which on the table says it', () => {
    const slots = newTestSlots()
    const busy = { kind: 'busy', pauseMs: seconds(7) } as const
    slots.take(deliveryTo('a', 1), start)
    slots.landed(deliveryTo('a', 1))
    const sign = { at: start, durationMs: ms(20), jitter: 0.5, says: busy }
    expect(slots.learn(deliveryTo('a', 1), sign)).toEqual({ until: after(start, seconds(7)), breakerMs: null })
    expect(slots.free(start)).toEqual([{ endpointId: 'a', pages: 8, others: -1, replays: -1, isReplaysTurn: false }])
    expect(slots.isFree(deliveryTo('a', 2), after(start, seconds(7)))).toBe(true)
    slots.written(deliveryTo('a', 1))
    expect(slots.free(start)).toEqual([{ endpointId: 'a', pages: 8, others: 1, replays: 1, isReplaysTurn: false }])
  })

  it('go on where another process has left a breaker open', () => {
    const slots = newTestSlots()
    const { endpoint, ...rest } = deliveryTo('a', 1)
    const left = { ...rest, endpoint: { ...endpoint, breaker: { lengthMs: minutes(2), until: start } } }
    expect(attempt(slots, left, failed)).toEqual({ until: after(start, minutes(4)), breakerMs: 240_000 })
  })

  it('of mail are all there are, whatever becomes of mails', () => {
    const slots = newTestSlots()
    const mail = (id: number): Delivery => ({
      ...deliveryTo('mail', id),
      endpoint: { kind: 'mail', ownerId: 'mail', url: null, closed: false, isDisabled: false, settings: null, breaker: null },
    })
    expect([1, 2, 3, 4, 5, 6].map((id) => attempt(slots, mail(id), failed))).toEqual([null, null, null, null, null, null])
    expect(slots.free(start)).toEqual([{ endpointId: 'mail', pages: 32, others: 32, replays: 31, isReplaysTurn: false }])
  })

  it('are forgotten after a minute without work, those of one that fails after half an hour', () => {
    const slots = newTestSlots()
    for (let id = 1; id <= 3; id += 1) attempt(slots, deliveryTo('a', id))
    for (let id = 4; id <= 7; id += 1) attempt(slots, deliveryTo('b', id), failed)
    const known = (second: number) => slots.free(after(start, seconds(second))).map(({ endpointId }) => endpointId)
    expect([known(60), known(61)]).toEqual([['a', 'b'], ['b']])
    expect(fill(slots, 'a')).toBe(1)
    expect(attempt(slots, deliveryTo('b', 8), { at: after(start, seconds(90)), ...failed })).not.toBeNull()
  })

  it('are two for pages while it may hang, so that pages to many such leave room for the others', () => {
    const slots = newTestSlots()
    const pageTo = (id: number) => ({ ...deliveryTo('a', id), lane: lanes.page })
    slots.take(pageTo(1), start)
    slots.leaves(pageTo(1), start)
    const free = (second: number) => slots.free(after(start, seconds(second))).map(({ pages }) => pages)
    expect([free(1), free(2)]).toEqual([[7], [1]])
    slots.take(pageTo(2), after(start, seconds(2)))
    expect(slots.isFree(pageTo(3), after(start, seconds(2)))).toBe(false)
    slots.landed(pageTo(1))
    expect(slots.isFree(pageTo(3), after(start, seconds(2)))).toBe(true)
  })

  it('are none, and not fewer, where its owner has just allowed fewer than are under way', () => {
    const slots = newTestSlots()
    for (let id = 1; id <= 8; id += 1) slots.take({ ...deliveryTo('a', id), lane: lanes.page }, start)
    const { endpoint, ...rest } = { ...deliveryTo('a', 9), lane: lanes.page }
    expect(slots.isFree({ ...rest, endpoint: { ...endpoint, settings: { ...usualSettings, inFlightMax: 1 } } }, start)).toBe(
      false,
    )
    expect(slots.free(start)).toEqual([{ endpointId: 'a', pages: 0, others: 0, replays: 0, isReplaysTurn: false }])
  })

  it('are told of first where something left longest ago', () => {
    const slots = newTestSlots()
    for (const endpoint of ['a', 'b', 'c']) fill(slots, endpoint)
    slots.landed(deliveryTo('a', 1))
    fill(slots, 'a')
    expect(slots.free(start).map(({ endpointId }) => endpointId)).toEqual(['b', 'c', 'a'])
  })

  it('are kept for half an hour for one that was slow, so that many such do not begin anew together', () => {
    const slots = newTestSlots()
    attempt(slots, deliveryTo('a', 1), { durationMs: seconds(2) })
    expect(slots.free(after(start, minutes(30))).map(({ endpointId }) => endpointId)).toEqual(['a'])
    expect(slots.isSuspect(deliveryTo('a', 2), after(start, minutes(30)))).toBe(true)
    expect(slots.free(after(start, seconds(1801)))).toEqual([])
  })
})
