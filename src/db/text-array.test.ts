import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../../test/support/database.ts'
import { silentLog } from '../../test/support/log.ts'
import { instant, ms } from '../lib/time.ts'
import { type OpenDatabase, openDatabase } from './open.ts'
import { textArray } from './text-array.ts'

let db: OpenDatabase

beforeAll(async () => {
  const clock = { now: () => instant(0), monotonic: () => ms(0), wait: async () => {} }
  const random = { bytes: (count: number) => randomBytes(count) }
  const connection = await freshDatabase()
  db = openDatabase({ connection, poolSize: 1, clock, random, log: silentLog, onWake: () => {} })
})

afterAll(() => db.close())

/** The texts as PostgreSQL has them, in their order. */
async function received(texts: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ readonly text: string }>`
    select text from unnest(${textArray(texts)}::text[]) with ordinality as sent (text, place) order by place`.execute(db.sql)
  return rows.map(({ text }) => text)
}

test('texts arrive letter by letter, whatever they hold', async () => {
  const texts = ['{"name":"Ann \\"A\\" O\'Neil\\n"}', '', 'NULL', '{a,b}', 'Übergabe 🔔', '\\', 'x'.repeat(100_000)]
  expect(await received(texts)).toEqual(texts)
})

test('no texts are no rows', async () => {
  expect(await received([])).toEqual([])
})

test('half a letter arrives as U+FFFD', async () => {
  expect(await received(['a\ud800b'])).toEqual(['a\uFFFDb'])
})
