import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { freshDatabase } from '../../test/support/database.ts'
import { silentLog } from '../../test/support/log.ts'
import { createOrganization } from '../accounts/commands.ts'
import * as escalations from '../escalations/store.ts'
import { asId, newUuid, type OrganizationId } from '../lib/ids.ts'
import { after, before, type Instant, instant, minutes, seconds, toDate } from '../lib/time.ts'
import * as notifications from '../notifications/store.ts'
import { type OpenDatabase, openDatabase } from './open.ts'

const now = instant(Date.UTC(2026, 3, 1, 12))
const random = { bytes: (count: number) => randomBytes(count) }

let db: OpenDatabase
let organizationId: OrganizationId
let userId: string
let subjects = 0

beforeAll(async () => {
  const clock = { now: () => now, monotonic: () => seconds(0), wait: async () => {} }
  db = openDatabase({ connection: await freshDatabase(), poolSize: 2, clock, random, log: silentLog, onWake: () => {} })
  const made = await db.tx('begin', (tx) => createOrganization(tx, { name: 'Harbour', email: 'ada@example.com' }))
  organizationId = made.organizationId
  userId = made.userId
})

afterAll(() => db.close())

beforeEach(async () => {
  await db.sql.deleteFrom('escalation_runs').execute()
  await db.sql.deleteFrom('notification_runs').execute()
})

type Row = { readonly state?: string; readonly dueAt: Instant; readonly shard?: number }

/** What both tables have; the rest is their own. */
function common({ state = 'running', dueAt, shard = 3 }: Row) {
  return {
    organization_id: organizationId,
    id: newUuid(now, random.bytes),
    shard,
    subject_id: `I${(subjects += 1)}`,
    subject: '{}',
    steps: '[]',
    next_step: 0,
    state,
    due_at: toDate(dueAt),
    started_at: toDate(now),
  }
}

const tables = [
  {
    table: 'escalation_runs' as const,
    store: escalations,
    insert: async (row: Row): Promise<string> => {
      const values = { ...common(row), escalation_chain_id: 'F1', repeat_count: 0 }
      await db.sql.insertInto('escalation_runs').values(values).execute()
      return values.id
    },
  },
  {
    table: 'notification_runs' as const,
    store: notifications,
    insert: async (row: Row): Promise<string> => {
      const values = { ...common(row), user_id: userId, important: false }
      await db.sql.insertInto('notification_runs').values(values).execute()
      return values.id
    },
  },
]

describe.each(tables)('$table', ({ table, store, insert }) => {
  const dueAtOf = async (id: string): Promise<Instant> => {
    const { rows } = await sql<{ due_at: Date }>`select due_at from ${sql.table(table)} where id = ${id}`.execute(db.sql)
    return instant(rows[0]?.due_at.getTime() ?? 0)
  }

  const postpone = (id: string, owner = organizationId) =>
    db.tx('postpone', (tx) => store.postpone(tx, { organizationId: owner, id: asId(id) }, after(now, minutes(1))))

  const dueIds = async (shards: readonly number[], limit = 10) =>
    (await store.dueRuns(db.sql, shards, { now, limit })).map(({ id }) => id)

  test('a run that is due is put off', async () => {
    const ids = [await insert({ dueAt: now }), await insert({ dueAt: before(now, minutes(5)) })]
    for (const id of ids) {
      await postpone(id)
      expect(await dueAtOf(id)).toBe(after(now, minutes(1)))
    }
    expect(await dueIds([3])).toEqual([])
  })

  test.each(['finished', 'stopped'])('a run that is %s is left alone', async (state) => {
    const id = await insert({ state, dueAt: before(now, seconds(1)) })
    await postpone(id)
    expect(await dueAtOf(id)).toBe(before(now, seconds(1)))
  })

  test('a run that has moved on is left alone', async () => {
    const id = await insert({ dueAt: after(now, seconds(1)) })
    await postpone(id)
    expect(await dueAtOf(id)).toBe(after(now, seconds(1)))
  })

  test('no other run is put off, and none by another organization', async () => {
    const [id, other] = [await insert({ dueAt: now }), await insert({ dueAt: now })]
    await postpone(id, asId('OSTRANGER0000'))
    expect(await dueAtOf(id)).toBe(now)
    await postpone(id)
    expect(await dueAtOf(other)).toBe(now)
  })

  test('the longest waiting of the given shards come first, as many as are asked for', async () => {
    const late = await insert({ dueAt: before(now, seconds(1)) })
    const latest = await insert({ dueAt: now, shard: 5 })
    const oldest = await insert({ dueAt: before(now, minutes(1)), shard: 5 })
    await insert({ dueAt: before(now, minutes(1)), shard: 6 })
    await insert({ dueAt: after(now, seconds(1)) })
    await insert({ dueAt: now, state: 'finished' })
    expect(await dueIds([3, 5])).toEqual([oldest, late, latest])
    expect(await dueIds([3, 5], 2)).toEqual([oldest, late])
    expect(await dueIds([])).toEqual([])
  })

  test('the next one is the first of the given shards that still runs', async () => {
    expect(await store.nextDueAt(db.sql, [3, 5])).toBe(null)
    await insert({ dueAt: after(now, minutes(2)) })
    await insert({ dueAt: after(now, minutes(1)), shard: 5 })
    await insert({ dueAt: now, state: 'stopped' })
    await insert({ dueAt: now, shard: 6 })
    expect(await store.nextDueAt(db.sql, [3, 5])).toBe(after(now, minutes(1)))
    expect(await store.nextDueAt(db.sql, [3])).toBe(after(now, minutes(2)))
  })
})
