import { expect, test } from 'vitest'
import { reading, stillSchedules } from '../../test/support/schedules/still-schedules.ts'
import { after, hours, minutes } from '../lib/time.ts'
import type { LogFields } from '../ports.ts'

const { world, crew, start, count, round, make } = await stillSchedules()

/** A round, and what was logged in it at `warn` and `error`. */
async function linesOfRound(): Promise<readonly (readonly [string, LogFields?])[]> {
  const lines: (readonly [string, LogFields?])[] = []
  const note = (message: string, fields?: LogFields) => void lines.push(fields === undefined ? [message] : [message, fields])
  await round({ ports: { ...world.ports, log: { ...world.ports.log, warn: note, error: note } } })
  return lines
}

const newSchedule = () => make('schedules/', { name: `s${count()}`, type: 'web', time_zone: 'UTC' })

const singleEvent = (schedule: string) => ({
  ...{ type: 'single_event', name: `once ${count()}`, start: reading(start()), duration: 3600, users: [crew.users.editor] },
  schedule,
})

test('a clock that was set back, for which an edited schedule has to wait, is told of', async () => {
  const schedule = await newSchedule()
  expect(await linesOfRound()).toEqual([])
  world.setTime(after(start(), minutes(-90)))
  await make('on_call_shifts/', singleEvent(schedule))
  const until = `${reading(start())}Z`
  expect(await linesOfRound()).toEqual([['schedules wait', { count: 1, schedule_ids: schedule, until }]])
  expect(await linesOfRound()).toEqual([])
})

test('an edit at the very instant of a look is nothing to tell of', async () => {
  const schedule = await newSchedule()
  await round()
  await make('on_call_shifts/', singleEvent(schedule))
  expect(await linesOfRound()).toEqual([])
  world.pass(hours(1))
  expect(await linesOfRound()).toEqual([])
})
