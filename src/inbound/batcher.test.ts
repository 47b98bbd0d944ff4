import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ms } from '../lib/time.ts'
import { batcher } from './batcher.ts'

describe('a batcher', () => {
  it('does what came meanwhile together, with one batch under way', async () => {
    const batches: (readonly number[])[] = []
    const door = gate()
    const { add } = batcher<number, number>({
      ...plain,
      work: async (items) => {
        batches.push(items)
        await door.opened
        return items.map((item) => item * 10)
      },
    })
    const answers = Promise.all([add(1), add(2), add(3)])
    door.open()
    expect(await answers).toEqual([10, 20, 30])
    expect(batches).toEqual([[1], [2, 3]])
  })

  it('makes no batch larger than it may be', async () => {
    const sizes: number[] = []
    const { add } = batcher<number, number>({
      ...plain,
      batchMax: 2,
      work: async (items) => {
        sizes.push(items.length)
        return items
      },
    })
    await Promise.all([1, 2, 3, 4, 5, 6].map(add))
    expect(sizes).toEqual([1, 2, 2, 1])
  })

  it('makes no batch of more than the size, but for one item that is larger itself', async () => {
    const batches: (readonly number[])[] = []
    const { add, waitingSize } = batcher<number, number>({
      ...plain,
      sizeOf: (item) => item,
      work: async (items) => {
        batches.push(items)
        return items
      },
    })
    const answers = Promise.all([1, 60, 40, 1, 500, 2].map(add))
    expect(waitingSize()).toBe(603)
    await answers
    expect(batches).toEqual([[1], [60, 40], [1], [500], [2]])
    expect(waitingSize()).toBe(0)
  })

  it('one item that cannot be done does not take the others with it', async () => {
    const { add } = batcher<number, string>({
      ...plain,
      work: async (items) => {
        if (items.includes(13)) throw new Error('unlucky')
        return items.map((item) => `did ${item}`)
      },
    })
    const answers = await Promise.allSettled([add(1), add(2), add(13), add(4)])
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : answer.reason.message))).toEqual([
      'did 1',
      'did 2',
      'unlucky',
      'did 4',
    ])
  })

  it('a lane that stalls holds up no other one, and no batch has items of two', async () => {
    const stall = gate()
    const batches: (readonly string[])[] = []
    const { add } = batcher<string, string>({
      ...plain,
      laneOf: (item) => item.charAt(0),
      work: async (items) => {
        batches.push(items)
        if (items[0]?.startsWith('a') === true) await stall.opened
        return items
      },
    })
    const stalled = Promise.all(['a1', 'a2', 'a3'].map(add))
    expect(await Promise.all(['b1', 'c1', 'b2', 'c2'].map(add))).toEqual(['b1', 'c1', 'b2', 'c2'])
    stall.open()
    expect(await stalled).toEqual(['a1', 'a2', 'a3'])
    expect(batches).toEqual([['a1'], ['b1'], ['c1', 'c2'], ['b2'], ['a2', 'a3']])
  })

  it('only so many lanes have a batch under way at once, and they take turns', async () => {
    const doors = [gate(), gate(), gate()]
    const begun: string[] = []
    const { add } = batcher<string, string>({
      ...plain,
      batchMax: 1,
      laneOf: (item) => item.charAt(0),
      work: async (items) => {
        begun.push(...items)
        await doors[begun.length - 1]?.opened
        return items
      },
    })
    const answers = Promise.all(['a1', 'b1', 'a2', 'c1'].map(add))
    expect(begun).toEqual(['a1', 'b1'])
    doors.forEach(({ open }) => open())
    await answers
    expect(begun).toEqual(['a1', 'b1', 'a2', 'c1'])
  })

  it('says how long nothing has moved while somebody waits', async () => {
    let now = 100
    const doors = [gate(), gate()]
    const { add, stalledMs } = batcher<number, number>({
      ...plain,
      monotonic: () => ms(now),
      work: async (items) => {
        await doors[items[0] ?? 0]?.opened
        return items
      },
    })
    now = 5_000
    expect(stalledMs()).toBe(0)
    const first = add(0)
    now = 12_000
    const second = add(1)
    expect(stalledMs()).toBe(7_000)
    doors[0]?.open()
    await first
    now = 12_400
    expect(stalledMs()).toBe(400)
    doors[1]?.open()
    await second
    // The answer comes a moment before the end of the work.
    await setImmediate()
    now = 90_000
    expect(stalledMs()).toBe(0)
  })

  it('a fault that is not about the items is not tried again item by item', async () => {
    let tries = 0
    const { add } = batcher<number, number>({
      ...plain,
      isEverybodys: () => true,
      work: async () => {
        tries += 1
        throw new Error('no database')
      },
    })
    const answers = await Promise.allSettled([add(1), add(2), add(3)])
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(tries).toBe(2)
  })
})

const plain = {
  laneOf: () => 'all',
  lanesMax: 2,
  batchMax: 100,
  sizeMax: 100,
  sizeOf: () => 1,
  isEverybodys: () => false,
  monotonic: () => ms(0),
}

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}
