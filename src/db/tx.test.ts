import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { freshDatabase } from '../../test/support/database.ts'
import { silentLog } from '../../test/support/log.ts'
import { Again } from '../lib/again.ts'
import { notFound } from '../lib/rejection.ts'
import { instant, ms } from '../lib/time.ts'
import type { Closing, LoopName, Tx } from '../ports.ts'
import { type OpenDatabase, openDatabase } from './open.ts'

let db: OpenDatabase
let now = 0
let woken: LoopName[] = []
let onWake: (loop: LoopName) => void = () => {}

beforeAll(async () => {
  const clock = { now: () => instant((now += 1)), monotonic: () => ms(0), wait: async () => {} }
  const random = { bytes: (count: number) => randomBytes(count) }
  const connection = await freshDatabase()
  db = openDatabase({ connection, poolSize: 6, clock, random, log: silentLog, onWake: (loop) => onWake(loop) })
  await sql`create table notes (id integer primary key, text text not null)`.execute(db.sql)
})

afterAll(() => db.close())

beforeEach(async () => {
  woken = []
  onWake = (loop) => void woken.push(loop)
  await sql`delete from notes`.execute(db.sql)
})

const write = (tx: Tx, id: number, text = '') => sql`insert into notes values (${id}, ${text})`.execute(tx.sql)

async function notes(): Promise<readonly number[]> {
  const { rows } = await sql<{ readonly id: number }>`select id from notes order by id`.execute(db.sql)
  return rows.map(({ id }) => id)
}

/** A failure as PostgreSQL tells it. */
const fail = (tx: Tx, code: string) =>
  sql.raw(`do $$ begin raise exception 'as wanted' using errcode = '${code}'; end $$`).execute(tx.sql)

describe('a transaction', () => {
  test('answers with what the work answers, and keeps what it wrote', async () => {
    const answer = await db.tx('note', async (tx) => {
      await write(tx, 1)
      return `${tx.name} written`
    })
    expect(answer).toBe('note written')
    expect(await notes()).toEqual([1])
  })

  test('that throws keeps nothing', async () => {
    const working = db.tx('note', async (tx) => {
      await write(tx, 1)
      throw notFound()
    })
    await expect(working).rejects.toMatchObject({ refusal: { kind: 'not-found' } })
    expect(await notes()).toEqual([])
  })

  test('has one instant for all of it', async () => {
    const [first, second] = await db.tx('note', async (tx) => {
      const early = tx.now
      await write(tx, 1)
      return [early, tx.now]
    })
    expect(second).toBe(first)
  })
})

describe('what is worth another try', () => {
  const again: readonly [string, (tx: Tx) => Promise<unknown>][] = [
    ['a serialization failure', (tx) => fail(tx, '40001')],
    ['a deadlock', (tx) => fail(tx, '40P01')],
    ['somebody who was faster', () => Promise.reject(new Again())],
  ]

  test.each(again)('%s is done again from the beginning, with a new instant', async (_what, faulty) => {
    const instants: number[] = []
    await db.tx('note', async (tx) => {
      instants.push(tx.now)
      await write(tx, instants.length)
      if (instants.length < 3) await faulty(tx)
    })
    expect(await notes()).toEqual([3])
    expect(new Set(instants).size).toBe(3)
  })

  test.each(again)('%s is given up after five times', async (_what, faulty) => {
    let attempts = 0
    const working = db.tx('note', async (tx) => {
      attempts += 1
      await faulty(tx)
    })
    await expect(working).rejects.toBeInstanceOf(Error)
    expect(attempts).toBe(5)
  })

  test('two transactions that lock each other out both end well', async () => {
    await db.tx('notes', async (tx) => {
      await write(tx, 1, 'a')
      await write(tx, 2, 'a')
    })
    const doors = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
    let attempts = 0
    const change = (mine: 0 | 1) => {
      let isFirstTry = true
      return db.tx(`change ${mine}`, async (tx) => {
        attempts += 1
        const touch = (id: number) => sql`update notes set text = text || 'b' where id = ${id}`.execute(tx.sql)
        await touch(mine + 1)
        doors[mine].resolve()
        if (isFirstTry) await doors[mine === 0 ? 1 : 0].promise
        isFirstTry = false
        await touch(mine === 0 ? 2 : 1)
      })
    }
    await Promise.all([change(0), change(1)])
    // The one that is ended tries again, and on a slow machine they may meet a second time.
    expect(attempts).toBeGreaterThanOrEqual(3)
    const { rows } = await sql<{ readonly text: string }>`select text from notes`.execute(db.sql)
    expect(rows).toEqual([{ text: 'abb' }, { text: 'abb' }])
  })
})

describe('what is not worth another try', () => {
  test.each<[string, (tx: Tx) => Promise<unknown>]>([
    ['a rejection', () => Promise.reject(notFound())],
    ['a defect', () => Promise.reject(new TypeError('x is not a function'))],
    ['a row that is there already', (tx) => write(tx, 1)],
    ['a full disk', (tx) => fail(tx, '53100')],
  ])('%s ends it at once', async (_what, faulty) => {
    let attempts = 0
    const working = db.tx('note', async (tx) => {
      attempts += 1
      await write(tx, 1)
      await faulty(tx)
    })
    await expect(working).rejects.toBeDefined()
    expect(attempts).toBe(1)
    expect(await notes()).toEqual([])
  })
})

describe('the closings of a transaction', () => {
  const story: string[] = []
  const closing = (name: string, more: (tx: Tx) => Promise<unknown> = async () => {}): Closing<string[]> => ({
    start: () => {
      story.push(`${name} starts`)
      return []
    },
    finish: async (tx, state) => {
      story.push(`${name} has ${state.join(' and ')}`)
      await more(tx)
    },
  })

  beforeEach(() => void (story.length = 0))

  test('gather while it works and are done once, in the order in which they were first asked for', async () => {
    const [first, second] = [closing('first'), closing('second')]
    await db.tx('note', async (tx) => {
      tx.atEnd(first).push('a')
      tx.atEnd(second).push('b')
      tx.atEnd(first).push('c')
      story.push('worked')
    })
    expect(story).toEqual(['first starts', 'second starts', 'worked', 'first has a and c', 'second has b'])
  })

  test('may ask for others, which come after them', async () => {
    const last = closing('last')
    const middle = closing('middle', async (tx) => void tx.atEnd(last).push('m'))
    const first = closing('first', async (tx) => void tx.atEnd(middle).push('f'))
    await db.tx('note', async (tx) => void tx.atEnd(first).push('w'))
    expect(story.filter((line) => line.includes('has'))).toEqual(['first has w', 'middle has f', 'last has m'])
  })

  test('write in the same transaction: when one fails, nothing is kept', async () => {
    const failing = closing('failing', async (tx) => {
      await write(tx, 2)
      throw notFound()
    })
    const working = db.tx('note', async (tx) => {
      await write(tx, 1)
      tx.atEnd(failing)
    })
    await expect(working).rejects.toMatchObject({ refusal: { kind: 'not-found' } })
    expect(await notes()).toEqual([])
  })

  test('are not done when the work throws, and begin with nothing when it is done again', async () => {
    const one = closing('one')
    let attempts = 0
    await db.tx('note', async (tx) => {
      attempts += 1
      tx.atEnd(one).push(`try ${attempts}`)
      if (attempts === 1) throw new Again()
    })
    expect(story).toEqual(['one starts', 'one starts', 'one has try 2'])
  })

  test('of two transactions at once know nothing of each other', async () => {
    const shared = closing('shared')
    await Promise.all([1, 2].map((number) => db.tx('note', async (tx) => void tx.atEnd(shared).push(`of ${number}`))))
    expect(story.filter((line) => line.includes('has')).toSorted()).toEqual(['shared has of 1', 'shared has of 2'])
  })
})

describe('a loop is woken', () => {
  test('after the commit, when others can see what there is to do, and once', async () => {
    const { promise: seen, resolve } = Promise.withResolvers<readonly number[]>()
    onWake = (loop) => {
      woken.push(loop)
      if (loop === 'alerts') void notes().then(resolve)
    }
    await db.tx('note', async (tx) => {
      tx.wake('alerts')
      tx.wake('deliveries')
      await write(tx, 1)
      tx.wake('alerts')
      expect(woken).toEqual([])
    })
    expect(woken).toEqual(['alerts', 'deliveries'])
    expect(await seen).toEqual([1])
  })

  test('by what a closing does too', async () => {
    const waking: Closing<null> = { start: () => null, finish: async (tx) => tx.wake('webhooks') }
    await db.tx('note', async (tx) => void tx.atEnd(waking))
    expect(woken).toEqual(['webhooks'])
  })

  test('by nothing that is rolled back', async () => {
    const working = db.tx('note', async (tx) => {
      tx.wake('alerts')
      throw notFound()
    })
    await expect(working).rejects.toBeDefined()
    let attempts = 0
    await db.tx('note', async (tx) => {
      attempts += 1
      tx.wake(attempts === 1 ? 'alerts' : 'schedules')
      if (attempts === 1) throw new Again()
    })
    expect(woken).toEqual(['schedules'])
  })
})
