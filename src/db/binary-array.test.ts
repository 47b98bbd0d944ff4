import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../../test/support/database.ts'
import { silentLog } from '../../test/support/log.ts'
import { instant, ms } from '../lib/time.ts'
import { byteaArray, jsonbArray, textArray } from './binary-array.ts'
import { type OpenDatabase, openDatabase } from './open.ts'

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

test('bytes arrive as they are, and nulls as nulls', async () => {
  const values = [Uint8Array.of(0, 92, 34, 255), null, new Uint8Array(), Buffer.alloc(100_000, 7)]
  const { rows } = await sql<{ readonly value: Buffer | null }>`
    select value from unnest(${byteaArray(values)}::bytea[]) with ordinality as sent (value, place) order by place`.execute(
    db.sql,
  )
  expect(rows.map(({ value }) => value)).toEqual([Buffer.of(0, 92, 34, 255), null, Buffer.alloc(0), Buffer.alloc(100_000, 7)])
})

test('JSON arrives as jsonb, and nulls as nulls, which JSON nulls are not', async () => {
  const texts = ['{"name":"Ann \\"A\\" Übergabe"}', null, 'null', '[1,"{}"]']
  const { rows } = await sql<{ readonly text: string | null }>`
    select value::text as text from unnest(${jsonbArray(texts)}::jsonb[]) with ordinality as sent (value, place)
    order by place`.execute(db.sql)
  expect(rows.map(({ text }) => text)).toEqual(['{"name": "Ann \\"A\\" Übergabe"}', null, 'null', '[1, "{}"]'])
})

test('no bytes are no rows', async () => {
  const { rows } = await sql`select from unnest(${byteaArray([])}::bytea[])`.execute(db.sql)
  expect(rows).toEqual([])
})
