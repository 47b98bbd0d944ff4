import { clientOf } from '../test/processes/client.ts'
import { startBenchServer } from './bench-server.ts'
import { openConnection } from './connection.ts'
import { timed } from './lists.ts'
import { below, type Row, shown } from './row.ts'

const layerCount = 5
const peopleCount = 6
const timesEach = 2_000
const targetMs = 5

/** How long it takes to hear who is on call, one question after the other: a schedule of five layers, on which each person has a week. */
export async function measureOnCall(): Promise<readonly Row[]> {
  const bench = await startBenchServer()
  const client = clientOf(bench.server.url)
  const people: string[] = []
  for (let number = 0; number < peopleCount; number += 1) {
    const person = { username: `sailor ${number}`, email: `sailor${number}@bell.example`, role: 'editor' }
    people.push((await client.call<Made>('POST', 'users/', person)).id)
  }
  const { id } = await client.call<Made>('POST', 'schedules/', { name: 'Watch', type: 'web', time_zone: 'Europe/London' })
  for (let level = 0; level < layerCount; level += 1) {
    const turn = { unit: 'weeks', length: 1, handover: '09:00:00', weekday: 'MO' }
    const groups = people.map((person) => [person])
    await client.call('POST', `schedules/${id}/layers/`, {
      name: `Level ${level}`,
      level,
      start: '2020-01-06T09:00:00',
      turn,
      groups,
    })
  }
  const connection = await openConnection(new URL(bench.server.url))
  const ask = (path: string) => timed(connection, new URL(`/api/v1/${path}`, bench.server.url), timesEach)
  const now = await ask(`schedules/${id}/on_call/`)
  const listed = await ask(`schedules/${id}/`)
  const explained = await ask(`schedules/${id}/explain/`)
  connection.close()
  await bench.close()
  return [
    rowOf('who is on call now over the API, 5 layers, with what comes next, p99', now),
    rowOf('  as on_call_now of the schedule', listed),
    rowOf('  explained', explained),
  ]
}

type Made = { readonly id: string }

const rowOf = (what: string, { p50Ms, p99Ms, status }: Awaited<ReturnType<typeof timed>>): Row => ({
  what,
  measured: `${shown(p99Ms)} ms (p50 ${shown(p50Ms)} ms)${status === 200 ? '' : `, answered ${status}`}`,
  target: below(p99Ms, targetMs, ' ms'),
})
