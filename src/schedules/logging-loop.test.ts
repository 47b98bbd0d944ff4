import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { reading, stillSchedules } from '../../test/support/schedules/still-schedules.ts'
import { allShards } from '../lib/shard.ts'
import { after, hours, minutes, ms } from '../lib/time.ts'
import type { LogFields } from '../ports.ts'

const { world, crew, start, count, newLoop, make } = await stillSchedules()

type Line = readonly [string, LogFields?]

/** A loop, and how to have a round of it; answers what was logged at `warn` and `error`. */
function loggingLoop(): () => Promise<readonly Line[]> {
  const lines: Line[] = []
  const note = (message: string, fields?: LogFields) => void lines.push(fields === undefined ? [message] : [message, fields])
  const loop = newLoop({ ports: { ...world.ports, log: { ...world.ports.log, warn: note, error: note } } })
  return async () => {
    await loop.run(allShards)
    return lines.splice(0)
  }
}

const newSchedule = () => make('schedules/', { name: `s${count()}`, type: 'web', time_zone: 'UTC' })

const singleEvent = (schedule: string) => ({
  ...{ type: 'single_event', name: `once ${count()}`, start: reading(start()), duration: 3600, users: [crew.users.editor] },
  schedule,
})

test('a clock that was set back, for which an edited schedule has to wait, is told of', async () => {
  const linesOfRound = loggingLoop()
  const schedule = await newSchedule()
  expect(await linesOfRound()).toEqual([])
  world.setTime(after(start(), minutes(-90)))
  await make('on_call_shifts/', singleEvent(schedule))
  const until = `${reading(start())}Z`
  expect(await linesOfRound()).toEqual([['schedules wait', { count: 1, schedule_ids: schedule, until }]])
  expect(await linesOfRound()).toEqual([])
})

test('an edit at the very instant of a look is nothing to tell of', async () => {
  const linesOfRound = loggingLoop()
  const schedule = await newSchedule()
  await linesOfRound()
  await make('on_call_shifts/', singleEvent(schedule))
  expect(await linesOfRound()).toEqual([])
  world.pass(hours(1))
  expect(await linesOfRound()).toEqual([])
})

test('what cannot be read of a schedule is told once, until it becomes something else', async () => {
  const linesOfRound = loggingLoop()
  const schedule = await newSchedule()
  const hourly = { type: 'recurrent_event', duration: 1800, frequency: 'hourly', interval: 1, start: reading(start()) }
  await make('on_call_shifts/', { ...hourly, name: `sound ${count()}`, users: [crew.users.editor], schedule })
  const broken = await make('on_call_shifts/', { ...singleEvent(schedule), start: reading(after(start(), hours(9))) })
  const write = (duration: string) =>
    sql`update shift_versions set definition = jsonb_set(definition, '{duration}', ${duration}::text::jsonb)
      where shift_id = ${broken}`.execute(world.db.sql)
  await write('"long"')
  const told = ['shifts unreadable', { schedule_id: schedule, count: 1, shift_ids: broken }]
  expect(await linesOfRound()).toEqual([told])
  const linesOfHandOver = async () => {
    world.pass(minutes(30))
    const announcing = await linesOfRound()
    world.pass(ms(1))
    return [...announcing, ...(await linesOfRound())]
  }
  expect(await linesOfHandOver()).toEqual([])
  expect(await linesOfHandOver()).toEqual([])
  await write('3600')
  expect(await linesOfHandOver()).toEqual([])
  await write('"long"')
  expect(await linesOfHandOver()).toEqual([told])
})
