import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adminToken, type Client, clientOf } from '../processes/client.ts'
import { freePort, launchServer, type ServerProcess, stopServer, untilReady } from '../processes/server-process.ts'

const script = fileURLToPath(new URL('read_calendar.py', import.meta.url))
/** Debian's own, which finds Debian's packages; another one may come first in the path. */
const python = '/usr/bin/python3'
const hasIcalendar = spawnSync(python, ['-c', 'import icalendar']).status === 0

type Made = { readonly id: string }
type Entry = readonly [title: string, description: string, start: string, end: string]
type FinalShift = {
  readonly user_username: string
  readonly user_email: string
  readonly shift_start: string
  readonly shift_end: string
}

/** Between them the clocks of these zones are changed in every half year. */
const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe']

/** What icalendar must not stumble over. A backslash before an `n` it does, of itself: it takes the two for a line break. */
const names = ['grace', `[L9] ${'🔔'.repeat(40)}, "bell"; back\\slash`, `lovelace; ${'é,'.repeat(70)}`]

const dayMs = 86_400_000
const day = (count: number): string => new Date(Date.now() + count * dayMs).toISOString().slice(0, 10)

describe.skipIf(!hasIcalendar)('a calendar that icalendar reads (needs python3-icalendar)', () => {
  let folder: string
  let server: ServerProcess
  let client: Client
  let people: readonly string[]

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'watchbell-calendar-'))
    chmodSync(folder, 0o755)
    server = launchServer({ folder, name: 'data', port: await freePort(), env: { WATCHBELL_BOOTSTRAP_TOKEN: adminToken } })
    await untilReady(server)
    client = clientOf(server.url)
    const made = await Promise.all(
      names.map((username, index) =>
        client.call<Made>('POST', 'users/', { username, email: `${index}@people.example`, role: 'editor' }),
      ),
    )
    people = made.map(({ id }) => id)
  })
  afterAll(async () => {
    await stopServer(server)
    rmSync(folder, { recursive: true, force: true })
  })

  it.each(zones)('has the final shifts of a schedule in %s, to the second', async (zone) => {
    const id = await newSchedule(zone)
    const { export_url: url } = await client.call<{ export_url: string }>('POST', `schedules/${id}/export_token/`)
    const [from, to] = [day(-10), day(170)]
    const { results } = await client.call<{ results: readonly FinalShift[] }>(
      'GET',
      `schedules/${id}/final_shifts/?start_date=${from}&end_date=${to}`,
    )
    expect(results.length).toBeGreaterThan(200)
    expect(clipped(await entriesOf(url), `${from}T00:00:00Z`, `${to}T00:00:00Z`)).toEqual(
      results.map((row) => [titleOf(row.user_username), row.user_email, row.shift_start, row.shift_end].join(' | ')).toSorted(),
    )
  })

  it('has the shifts of one person in all schedules', async () => {
    const { export_url: url } = await client.call<{ export_url: string }>('POST', `users/${people[0]}/export_token/`)
    const titles = new Set((await entriesOf(url)).map(([title]) => title))
    expect([...titles].toSorted()).toEqual(zones.map((zone) => `Watch\nEND:VEVENT of ${zone}: grace`).toSorted())
  })

  /** Turns of a week, by day and on weekends in smaller ones, and an override of some minutes. */
  async function newSchedule(zone: string): Promise<string> {
    const groups = people.map((person) => [person])
    const rolling = { type: 'rolling_users', rolling_users: groups, start_rotation_from_user_index: 0 }
    const shifts = [
      { ...rolling, frequency: 'weekly', week_start: 'MO', start: '2026-01-05T09:30:00', duration: 604_800 },
      { ...rolling, frequency: 'hourly', interval: 6, by_day: ['SU'], start: '2026-01-04T00:00:00', duration: 10_800, level: 2 },
      { type: 'override', start: `${day(3)}T01:15:00`, duration: 600, users: people },
    ]
    const ids: string[] = []
    for (const shift of shifts) ids.push((await client.call<Made>('POST', 'on_call_shifts/', shift)).id)
    const schedule = { type: 'web', name: `Watch\nEND:VEVENT of ${zone}`, time_zone: zone, shifts: ids }
    return (await client.call<Made>('POST', 'schedules/', schedule)).id
  }
})

const titleOf = (username: string): string => (username.startsWith('[L9]') ? `[L0] ${username}` : username)

async function entriesOf(url: string): Promise<readonly Entry[]> {
  const input = new Uint8Array(await (await fetch(url)).arrayBuffer())
  const { status, stdout, stderr } = spawnSync(python, [script], { input, maxBuffer: 64 * 1024 * 1024 })
  expect({ status, stderr: String(stderr) }).toEqual({ status: 0, stderr: '' })
  return JSON.parse(String(stdout))
}

/** The entries inside a window, cut at its edges as final shifts are. */
const clipped = (entries: readonly Entry[], from: string, to: string): readonly string[] =>
  entries
    .filter(([, , start, end]) => start < to && end > from)
    .map(([title, address, start, end]) => [title, address, start < from ? from : start, end > to ? to : end].join(' | '))
    .toSorted()
