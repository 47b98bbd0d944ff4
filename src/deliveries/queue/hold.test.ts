import { describe, expect, it } from 'vitest'
import { deliveryTo as newDelivery } from '../../../test/support/held-delivery.ts'
import { instant, ms } from '../../lib/time.ts'
import { type Delivery, lanes } from '../delivery.ts'
import { newHold } from './hold.ts'

const deliveryTo = (endpoint: string, id: number): Delivery =>
  newDelivery(endpoint, id, { shard: id % 4, dueAt: instant(0), messageAt: instant(0) })

const limits = {
  inFlightMax: 4,
  webhooksInFlightMax: 4,
  webhookBytesInFlightMax: 1000,
  perEndpointMax: { webhook: 2, mail: 3 },
  suspectsInFlightMax: 2,
  heldMax: 5,
  hangingMax: 0,
  hangingBytesMax: 1000,
}

const now = instant(1_000_000)
const well = { at: now, durationMs: ms(20), jitter: 0.5, says: { kind: 'well' } } as const

/** A hold that has learnt that endpoints can take all that they may have. */
function seasoned(options: Partial<typeof limits> = {}) {
  const hold = newHold({ ...limits, ...options })
  const take = (delivery: Delivery) => hold.take(delivery, now)
  for (const [index, endpoint] of ['a', 'b', 'c'].entries()) {
    const delivery = deliveryTo(endpoint, 100 + index)
    take(delivery)
    hold.landed(delivery, now)
    hold.learn(delivery, well)
    hold.release(delivery)
  }
  return { ...hold, take, look: () => hold.look(now), landed: (delivery: Delivery) => hold.landed(delivery, now) }
}

describe('the hold', () => {
  it('takes no more for an endpoint than may be under way at once, and none twice', () => {
    const hold = seasoned()
    expect([1, 1, 2, 3].map((id) => hold.take(deliveryTo('a', id)))).toEqual([true, false, true, false])
    expect(hold.look().free).toContainEqual({ endpointId: 'a', pages: 0, others: 0, replays: 0, isReplaysTurn: false })
    expect(hold.take(deliveryTo('b', 4))).toBe(true)
  })

  it('takes one for an endpoint of which nothing is known, but all pages', () => {
    const hold = newHold(limits)
    const page = (id: number): Delivery => ({ ...deliveryTo('a', id), lane: lanes.page })
    expect([deliveryTo('a', 1), deliveryTo('a', 2), page(3), page(4)].map((delivery) => hold.take(delivery, now))).toEqual([
      true,
      false,
      true,
      false,
    ])
  })

  it('has room again for an endpoint when a request has ended, although its outcome is not written', () => {
    const hold = seasoned()
    const first = deliveryTo('a', 1)
    hold.take(first)
    hold.take(deliveryTo('a', 2))
    hold.landed(first)
    expect(hold.look().free).toContainEqual({ endpointId: 'a', pages: 1, others: 1, replays: 0, isReplaysTurn: false })
    expect(hold.look().ids).toEqual([1, 2])
    expect(hold.take(first)).toBe(false)
  })

  it('is full when too many outcomes are not written, so that nothing is fetched while the database is down', () => {
    const hold = seasoned()
    for (let id = 1; id <= 5; id += 1) {
      hold.take(deliveryTo('a', id))
      hold.landed(deliveryTo('a', id))
    }
    expect(hold.look().room).toBe(0)
    expect(hold.isRoomAwaited()).toBe(true)
    hold.release(deliveryTo('a', 3))
    expect(hold.look().room).toBe(1)
    expect(hold.isRoomAwaited()).toBe(false)
  })

  it('has the room again of what has hung for a second, up to a limit, and says when that will be', () => {
    const hold = newHold({ ...limits, webhooksInFlightMax: 2, hangingMax: 1 })
    const later = instant(now + 1_001)
    const [first, second, third, fourth] = [1, 2, 3, 4].map((id) => deliveryTo(`endpoint ${id}`, id)) as [
      Delivery,
      Delivery,
      Delivery,
      Delivery,
    ]
    for (const delivery of [first, second]) {
      hold.take(delivery, now)
      hold.leaves(delivery, 10, now)
    }
    expect([hold.look(now).pagesOnly, hold.nextRoomAt(now)]).toEqual([true, later])
    expect(hold.look(later).pagesOnly).toBe(false)
    expect([third, fourth].map((delivery) => hold.take(delivery, later))).toEqual([true, false])
    hold.leaves(third, 10, later)
    expect([hold.look(later).pagesOnly, hold.nextRoomAt(later)]).toEqual([true, null])
    expect(hold.state(later)).toMatchObject({ webhooks: 3, suspects: 2 })
    expect(hold.landed(first, later)).toBe(true)
    expect(hold.look(later).pagesOnly).toBe(false)
  })

  it('has room for pages only while the bodies under way are large, and says when a webhook waits for it', () => {
    const hold = seasoned()
    const [large, other] = [deliveryTo('a', 1), deliveryTo('b', 2)]
    const page: Delivery = { ...deliveryTo('mail', 3), lane: lanes.page }
    hold.take(large)
    hold.leaves(large, 999, now)
    expect(hold.look().pagesOnly).toBe(false)
    hold.take(page)
    hold.leaves(page, 5_000, now)
    expect(hold.look().pagesOnly).toBe(false)
    hold.take(other)
    hold.leaves(other, 1, now)
    expect(hold.look().pagesOnly).toBe(true)
    expect(hold.take(deliveryTo('c', 4))).toBe(false)
    expect([hold.landed(page), hold.landed(large)]).toEqual([false, true])
    expect(hold.look().pagesOnly).toBe(false)
    expect(hold.take(deliveryTo('c', 4))).toBe(true)
  })

  it('keeps room that only pages may have, and says when a webhook waits for the rest', () => {
    const hold = seasoned({ webhooksInFlightMax: 1 })
    const [webhook, other] = [deliveryTo('a', 1), deliveryTo('b', 2)]
    const page: Delivery = { ...deliveryTo('mail', 3), lane: lanes.page }
    expect(hold.look()).toMatchObject({ room: 4, pagesOnly: false })
    expect([webhook, other, page].map(hold.take)).toEqual([true, false, true])
    expect(hold.look()).toMatchObject({ room: 2, pagesOnly: true })
    expect([hold.landed(page), hold.landed(webhook)]).toEqual([false, true])
    expect(hold.look()).toMatchObject({ room: 3, pagesOnly: false })
    expect(hold.take(other)).toBe(true)
  })

  it('says of the end of a request whether something was seen to wait for its endpoint', () => {
    const hold = seasoned()
    const [first, second] = [deliveryTo('a', 1), deliveryTo('b', 2)]
    expect([first, second].map(hold.take)).toEqual([true, true])
    hold.look()
    expect(hold.noteWaiting(deliveryTo('a', 3), now)).toBe(true)
    hold.take(deliveryTo('a', 3))
    expect(hold.noteWaiting(deliveryTo('a', 4), now)).toBe(false)
    expect([hold.landed(first), hold.landed(second)]).toEqual([true, false])
    hold.look()
    hold.noteUnread()
    expect(hold.landed(deliveryTo('a', 3))).toBe(true)
  })

  it('takes nothing ordered while something ordered of the same endpoint is under way, and everything else', () => {
    const hold = seasoned()
    const inOrder = (id: number): Delivery => ({ ...deliveryTo('a', id), lane: lanes.ordered })
    expect([inOrder(1), inOrder(2), deliveryTo('a', 3)].map(hold.take)).toEqual([true, false, true])
    expect(hold.landed(inOrder(1))).toBe(true)
    expect(hold.take(inOrder(2))).toBe(true)
  })

  it('holds what nothing leaves for, without a slot', () => {
    const hold = seasoned()
    hold.keep(deliveryTo('a', 1))
    expect(hold.look()).toMatchObject({ room: 4, ids: [1] })
    expect(hold.take(deliveryTo('a', 1))).toBe(false)
  })

  it('names the shards of all that it holds', () => {
    const hold = seasoned()
    hold.take(deliveryTo('a', 1))
    hold.take(deliveryTo('b', 6))
    hold.landed(deliveryTo('a', 1))
    expect(hold.shards()).toEqual(new Set([1, 2]))
    hold.release(deliveryTo('a', 1))
    expect(hold.shards()).toEqual(new Set([2]))
  })
})
