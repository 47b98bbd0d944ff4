import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshDatabase } from '../../test/support/database.ts'
import { silentLog } from '../../test/support/log.ts'
import { testClock, testRandom } from '../../test/support/server.ts'
import { type OpenDatabase, openDatabase } from '../db/open.ts'
import { asId, type OrganizationId, type ScheduleId, type ShiftId } from '../lib/ids.ts'
import { countShifts } from './shifts/store.ts'
import { schedulesOfShifts } from './store.ts'

const organizationId = asId<OrganizationId>('O1')
const scheduleId = asId<ScheduleId>('S77')

let db: OpenDatabase

/** 20,000 calendar schedules, each with the shift of its number and the one before: S2 has H1 and H2. */
beforeAll(async () => {
  const connection = await freshDatabase()
  db = openDatabase({ connection, poolSize: 2, clock: testClock, random: testRandom, log: silentLog, onWake: () => {} })
  await sql`insert into organizations (id, name, event_sequence, created_at) values ('O1', 'Acme', 0, now())`.execute(db.sql)
  await sql`insert into schedules (organization_id, id, created_at) select 'O1', 'S' || n, now() from generate_series(1, 20000) n`.execute(
    db.sql,
  )
  await sql`insert into shifts (organization_id, id, kind, created_at) select 'O1', 'H' || n, 'shift', now() from generate_series(1, 20000) n`.execute(
    db.sql,
  )
  await sql`
    insert into schedule_versions (organization_id, schedule_id, name, type, time_zone, shift_ids, enable_web_overrides)
    select 'O1', 'S' || n, 'schedule', 'calendar', 'UTC', array['H' || n - 1, 'H' || n], false
    from generate_series(1, 20000) n`.execute(db.sql)
  await sql`
    insert into shift_versions (organization_id, shift_id, definition)
    select 'O1', 'H' || n, '{}' from generate_series(1, 20000) n`.execute(db.sql)
  await sql`analyze`.execute(db.sql)
})

afterAll(() => db.close())

/** How often the tables of versions were read as a whole. */
async function wholeReads(): Promise<number> {
  await sql`select pg_stat_force_next_flush()`.execute(db.sql)
  const answer = await sql<{ count: number }>`
    select sum(seq_scan)::int as count from pg_stat_user_tables where relname in ('schedule_versions', 'shift_versions')`.execute(
    db.sql,
  )
  return answer.rows[0]?.count ?? 0
}

describe('among twenty thousand schedules', () => {
  test('those that name shifts are found by an index', async () => {
    await wholeReads()
    const before = await wholeReads()
    const shiftIds = ['H1', 'H2', 'H30'].map((id) => asId<ShiftId>(id))
    const found = await schedulesOfShifts(db.sql, organizationId, { shiftIds, ownerIds: [scheduleId] })
    expect(found.map(({ id }) => id).toSorted()).toEqual(['S1', 'S2', 'S3', 'S30', 'S31', 'S77'])
    expect((await wholeReads()) - before).toBe(0)
  })

  test('the shifts of one are found by an index', async () => {
    await wholeReads()
    const before = await wholeReads()
    expect(await countShifts(db.sql, organizationId, { scheduleId })).toBe(2)
    expect((await wholeReads()) - before).toBe(0)
  })
})
