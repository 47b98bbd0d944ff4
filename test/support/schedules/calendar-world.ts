import { egressPolicy } from '../../../src/deliveries/egress/egress.ts'
import { noPhases } from '../../../src/deliveries/sending/phases.ts'
import { allShards } from '../../../src/lib/shard.ts'
import { after, type Instant, type Ms, ms } from '../../../src/lib/time.ts'
import type { Clock, HttpOutcome, HttpRequest, Ports } from '../../../src/ports.ts'
import { calendarsLoop } from '../../../src/schedules/calendars/loop.ts'
import { scheduleRoutes } from '../../../src/schedules/routes.ts'
import { type Crew, newCrew } from '../still-world.ts'
import { testNow, testRandom, testServer } from '../server.ts'

type Answer = {
  readonly status?: number
  readonly body?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  readonly truncated?: boolean
}

/** The API of schedules and the loop of calendars, with time and the servers of calendars in the hands of the test. */
export type CalendarWorld = {
  readonly crew: Crew
  readonly db: Ports['db']
  readonly requests: HttpRequest[]
  /** What the servers answer from now on, by URL; `undefined` is no answer. */
  readonly files: Map<string, Answer>
  now(): Instant
  pass(duration: Ms): void
  /** Lets the loop do all that is due. */
  refresh(): Promise<void>
  newCrew(word: string): Promise<Crew>
  put(scheduleId: string, body: string, type?: string): Promise<{ readonly status: number; readonly json: unknown }>
  close(): Promise<void>
}

export async function calendarWorld(): Promise<CalendarWorld> {
  let now = testNow
  const requests: HttpRequest[] = []
  const files = new Map<string, Answer>()
  const http = async (request: HttpRequest): Promise<HttpOutcome> => {
    requests.push(request)
    const durationMs = ms(5)
    const answer = files.get(request.url)
    if (answer === undefined)
      return {
        kind: 'no-answer',
        fault: 'connect',
        detail: 'No connection.',
        isSent: false,
        address: null,
        phases: noPhases,
        durationMs,
      }
    const { status = 200, body = '', headers = {}, truncated = false } = answer
    return {
      kind: 'answered',
      status,
      headers,
      body: Buffer.from(body),
      truncated,
      address: '192.0.2.1',
      phases: noPhases,
      durationMs,
    }
  }
  const clock: Clock = { now: () => now, monotonic: () => ms(now), wait: async () => {} }
  const send: Ports['send'] = { http, mail: () => Promise.reject(new Error('nobody is to be written to')) }
  const egress = egressPolicy([], 'https://bell.example')
  const server = await testServer((app, db) => scheduleRoutes(app, { db, clock, send, egress }), undefined, clock)
  const { app, db, log } = server
  const loop = calendarsLoop({ clock, random: testRandom, db, send, log })
  const crew = await newCrew(server, 'harbour')
  return {
    crew,
    db,
    requests,
    files,
    now: () => now,
    pass: (duration) => {
      now = after(now, duration)
    },
    refresh: async () => {
      let next = await loop.run(allShards)
      while (next !== null && next <= now) next = await loop.run(allShards)
    },
    newCrew: (word) => newCrew(server, word),
    put: async (scheduleId, body, type = 'text/calendar') => {
      const headers = { authorization: crew.tokens.editor, 'content-type': type }
      const answer = await app.inject({ method: 'PUT', url: `/api/v1/schedules/${scheduleId}/calendar/`, headers, payload: body })
      return { status: answer.statusCode, json: answer.body === '' ? null : answer.json() }
    },
    close: () => server.close(),
  }
}
