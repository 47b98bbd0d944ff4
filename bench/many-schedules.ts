import type pg from 'pg'
import type { Client } from '../test/processes/client.ts'

type Made = { readonly id: string }

const peopleEach = 3

/**
 * Schedules with one weekly layer, which all hand over at an instant, each with people, a team and an escalation chain of its own. A
 * week is so long that nobody is to be reminded of a shift while this is measured.
 */
export async function makeTemplates(
  client: Client,
  { count, atMs }: { readonly count: number; readonly atMs: number },
): Promise<void> {
  for (let number = 0; number < count; number += 1) {
    const people: Made[] = []
    for (let place = 0; place < peopleEach; place += 1) {
      const name = `sailor-${number}-${place}`
      people.push(await client.call('POST', 'users/', { username: name, email: `${name}@bell.example`, role: 'editor' }))
    }
    const team = await client.call<Made>('POST', 'teams/', { name: `Crew ${number}` })
    const named = { name: `Watch ${number}`, team_id: team.id }
    const schedule = await client.call<Made>('POST', 'schedules/', { ...named, type: 'web', time_zone: 'UTC' })
    await client.call('POST', `schedules/${schedule.id}/layers/`, {
      name: 'Week',
      level: 0,
      start: new Date(atMs - 14 * 86_400_000).toISOString().slice(0, 19),
      turn: { unit: 'weeks', length: 1, handover: new Date(atMs).toISOString().slice(11, 19), weekday: weekdayOf(atMs) },
      groups: people.map(({ id }) => [id]),
    })
    const chain = await client.call<Made>('POST', 'escalation_chains/', named)
    await client.call('POST', 'escalation_policies/', {
      escalation_chain_id: chain.id,
      type: 'notify_on_call_from_schedule',
      notify_on_call_from_schedule: schedule.id,
    })
  }
}

const weekdayOf = (atMs: number): string => ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'][new Date(atMs).getUTCDay()] ?? ''

const tables = [
  { name: 'schedules', ids: ['id'] },
  { name: 'schedule_versions', ids: ['schedule_id'] },
  { name: 'shifts', ids: ['id'] },
  { name: 'shift_versions', ids: ['shift_id', 'schedule_id'] },
  { name: 'escalation_policies', ids: ['id', 'notify_on_call_from_schedule'] },
  { name: 'schedule_watches', ids: ['schedule_id'] },
] as const

/** Makes each schedule so many as there are to be of it, with what belongs to it. The copies are to be looked at at once. */
export async function copySchedules(database: pg.Client, countEach: number): Promise<void> {
  await database.query('begin')
  for (const { name, ids } of tables) await database.query(copies(name, ids), [countEach])
  await database.query('commit')
  await database.query('vacuum analyze')
}

const copyOf = (id: string): string => `left(${id}, 2) || upper(substr(md5(${id} || n), 1, 12))`

/** It names the layer. */
const onCallOfCopy = `select replace(t.on_call::text, shift_id, ${copyOf('shift_id')})::jsonb from shift_versions
  where schedule_id = t.schedule_id and valid_to is null`

/** A copy differs in its ids, wherever they are in its row, and in the name of its schedule. */
function copies(table: string, ids: readonly string[]): string {
  const idChanges = ids.map((id) => `'${id}', ${copyOf(`t.${id}`)}`)
  const others: Readonly<Record<string, readonly string[]>> = {
    schedule_versions: [`'name', t.name || ' ' || n`],
    schedule_watches: [`'next_change', null`, `'due_at', now()`, `'on_call', (${onCallOfCopy})`],
    escalation_policies: [`'position', t.position + n`],
  }
  return `insert into ${table} select copy.* from ${table} t, generate_series(2, $1::int) n,
    lateral jsonb_populate_record(null::${table},
      to_jsonb(t) || jsonb_build_object(${[...idChanges, ...(others[table] ?? [])].join(', ')})) copy`
}
