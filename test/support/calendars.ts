import ical from 'ical.js'
import { expect } from 'vitest'
import { createUser } from '../../src/accounts/commands.ts'
import type { NewUser } from '../../src/accounts/user.ts'
import type { UserId } from '../../src/lib/ids.ts'
import type { Instant, Ms } from '../../src/lib/time.ts'
import type { Clock } from '../../src/ports.ts'
import { scheduleRoutes } from '../../src/schedules/routes.ts'
import { type Api, testApi } from './api.ts'
import { noWayOut, testClock, testServer, type TestServer } from './server.ts'

/** An entry of a calendar, as ical.js reads it; the window is its start and its end. */
type Entry = { readonly uid: string; readonly summary: string; readonly description: string; readonly window: string }

type Fetched = { readonly statusCode: number; readonly body: string; readonly headers: Readonly<Record<string, unknown>> }

/** Schedules and their calendars. The clock stands at noon of 2026-04-01, UTC, so calendars show 2026-03-17 up to 2026-09-29. */
export type Calendars = {
  readonly server: TestServer
  readonly api: Api
  /** What the routes are told of the time, until it is set again. */
  setClock(clock: { readonly now?: () => Instant; readonly monotonic?: () => Ms }): void
  newUser(name: string, fields?: Partial<NewUser>): Promise<UserId>
  /** A schedule that has always had these shifts. */
  newSchedule(shifts: readonly object[], fields?: object): Promise<string>
  /** The address of the calendar of `schedules/S…` or `users/U…`. */
  exportUrl(path: string): Promise<string>
  fetched(url: string, headers?: Readonly<Record<string, string>>): Promise<Fetched>
  entriesOf(url: string): Promise<readonly Entry[]>
}

export async function testCalendars(): Promise<Calendars> {
  let told: Partial<Clock> = {}
  const clock: Clock = {
    ...testClock,
    now: () => (told.now ?? testClock.now)(),
    monotonic: () => (told.monotonic ?? testClock.monotonic)(),
  }
  const server = await testServer((app, db) => scheduleRoutes(app, { db, clock, ...noWayOut }))
  const api = await testApi(server)
  const made = async (path: string, body: object): Promise<any> => {
    const answer = await api.call('POST', `/api/v1/${path}/`, body)
    expect({ path, status: answer.status, text: answer.text }).toEqual({ path, status: 201, text: answer.text })
    return answer.body
  }
  const fetched: Calendars['fetched'] = async (url, headers = {}) => {
    const { pathname, search } = new URL(url)
    return server.app.inject({ url: pathname + search, headers })
  }
  return {
    server,
    api,
    setClock: (clockNow) => {
      told = clockNow
    },
    newUser: async (name, fields) => {
      const input = { username: name, email: `${name}@example.com`, role: 'editor', ...fields } as const
      return (await server.db.tx('create user', (tx) => createUser(tx, api.system, input))).id
    },
    newSchedule: async (shifts, fields) => {
      const ids: string[] = []
      for (const shift of shifts) ids.push((await made('on_call_shifts', shift)).id)
      return (await made('schedules', { type: 'web', name: 'Primary', time_zone: 'UTC', shifts: ids, ...fields })).id
    },
    exportUrl: async (path) => (await made(`${path}/export_token`, {})).export_url,
    fetched,
    entriesOf: async (url) => {
      const { statusCode, body } = await fetched(url)
      expect({ statusCode, body }).toMatchObject({ statusCode: 200 })
      return new ical.Component(ical.parse(body)).getAllSubcomponents('vevent').map((component) => {
        const { uid, startDate, endDate, summary, description } = new ical.Event(component)
        return { uid, summary, description, window: `${startDate.toJSDate().toISOString()} ${endDate.toJSDate().toISOString()}` }
      })
    },
  }
}

/** A shift that is once. */
export const single = (start: string, hours: number, users: readonly string[]) => ({
  ...{ type: 'single_event', start, duration: hours * 3600, users },
})
