import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { reading, stillSchedules } from '../../test/support/schedules/still-schedules.ts'
import { shardOf } from '../lib/shard.ts'
import { after, hours, minutes } from '../lib/time.ts'

const { world, crew, start, count, round, make } = await stillSchedules()

/** A schedule in which the admin is on call for an hour and then the editor, looked at already. */
async function handingOver(): Promise<void> {
  const schedule = await make('schedules/', { name: `s${count()}`, type: 'web', time_zone: 'UTC' })
  const single = { type: 'single_event', duration: 3600, schedule }
  await make('on_call_shifts/', { ...single, name: 'a', start: reading(start()), users: [crew.users.admin] })
  await make('on_call_shifts/', { ...single, name: 'b', start: reading(after(start(), hours(1))), users: [crew.users.editor] })
  await round()
}

/** When shift changes that were announced were to happen, in minutes from the beginning of the test. */
async function handOvers(): Promise<readonly number[]> {
  const rows = await world.db.sql
    .selectFrom('events')
    .select('data')
    .where('type', '=', 'schedule.shift_changed')
    .where('at', '>=', new Date(start()))
    .orderBy('sequence')
    .execute()
  return rows.map(({ data }) => (Date.parse(JSON.parse(data).scheduled_at) - start()) / 60_000)
}

/** As many edits of the editor's account as an import makes. */
async function editAccount(times: number): Promise<void> {
  const change = () => ({
    organization_id: crew.organizationId,
    id: randomUUID(),
    shard: shardOf(crew.organizationId),
    user_id: crew.users.editor,
    at: new Date(world.now()),
    present: null,
    pending: true,
  })
  await world.db.sql
    .insertInto('presence_changes')
    .values(Array.from({ length: times }, change))
    .execute()
}

test('a person whose account is edited very often holds up no hand-over', async () => {
  await handingOver()
  world.pass(minutes(10))
  await round()
  await editAccount(3000)
  world.pass(minutes(50))
  const transactions: string[] = []
  const tx: typeof world.ports.db.tx = (name, work) => {
    transactions.push(name)
    return world.ports.db.tx(name, work)
  }
  const ports = { ...world.ports, db: { ...world.ports.db, tx } }
  const run = () => round({ ports })
  expect(await run()).toBe(world.now())
  expect(transactions.filter((name) => name === 'take presence changes')).toHaveLength(4)
  expect(await handOvers()).toEqual([0, 60])
  await run()
  expect(transactions.filter((name) => name === 'take presence changes')).toHaveLength(6)
})

test('a change of a person that cannot be taken holds up no other', async () => {
  await handingOver()
  world.pass(minutes(10))
  await round()
  await editAccount(3)
  const { id } = await world.db.sql
    .selectFrom('presence_changes')
    .select('id')
    .where('pending', '=', true)
    .limit(1)
    .executeTakeFirstOrThrow()
  await sql`alter table presence_changes add constraint untakeable check (id <> ${sql.lit(id)} or pending)`.execute(world.db.sql)
  world.pass(minutes(50))
  await round()
  await sql`alter table presence_changes drop constraint untakeable`.execute(world.db.sql)
  expect(await handOvers()).toEqual([0, 60])
  expect(world.errors.map(({ message, user_id }) => [message, user_id])).toEqual([['presence change failed', crew.users.editor]])
  await round()
  expect(await world.db.sql.selectFrom('presence_changes').select('id').where('pending', '=', true).execute()).toEqual([])
})
