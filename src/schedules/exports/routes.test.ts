import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Api } from '../../../test/support/api.ts'
import { type Calendars, single, testCalendars } from '../../../test/support/calendars.ts'
import { instant, ms } from '../../lib/time.ts'

let calendars: Calendars
let api: Api

beforeAll(async () => {
  calendars = await testCalendars()
  api = calendars.api
})

afterAll(() => calendars.server.close())

describe('an answer', () => {
  let url: string

  beforeAll(async () => {
    url = await calendars.exportUrl(
      `schedules/${await calendars.newSchedule([single('2026-04-02T08:00:00', 8, [api.users.admin])])}`,
    )
  })

  test('is a calendar that may be kept for five minutes, by whoever asked', async () => {
    const { headers, body } = await calendars.fetched(url)
    expect(headers).toMatchObject({
      ...{ 'content-type': 'text/calendar; charset=utf-8', 'cache-control': 'private, max-age=300' },
      ...{ 'content-disposition': 'inline; filename="on-call.ics"', etag: expect.stringMatching(/^W\/"[\w-]{43}"$/) },
    })
    expect(body).toMatch(/^BEGIN:VCALENDAR\r\n/)
  })

  test('is 304 while nothing has changed, however the tag is sent', async () => {
    const tag = String((await calendars.fetched(url)).headers['etag'])
    calendars.setClock({ now: () => instant(Date.parse('2026-04-01T15:00:00Z')) })
    for (const sent of [tag, tag.slice(2), `"other", ${tag}`, '*']) {
      const { statusCode, headers, body } = await calendars.fetched(url, { 'if-none-match': sent })
      expect({ sent, statusCode, body, etag: headers['etag'] }).toEqual({ sent, statusCode: 304, body: '', etag: tag })
    }
    calendars.setClock({})
    expect((await calendars.fetched(url, { 'if-none-match': '"other"' })).statusCode).toBe(200)
  })

  test('has another tag after a change', async () => {
    const id = await calendars.newSchedule([])
    const own = await calendars.exportUrl(`schedules/${id}`)
    const tag = String((await calendars.fetched(own)).headers['etag'])
    await api.call('POST', '/api/v1/on_call_shifts/', { ...single('2026-04-02T08:00:00', 8, [api.users.admin]), schedule: id })
    expect((await calendars.fetched(own, { 'if-none-match': tag })).statusCode).toBe(200)
  })

  test('to HEAD is the same without the body, and a slash before the query changes nothing', async () => {
    const { pathname, search } = new URL(url)
    const head = await calendars.server.app.inject({ method: 'HEAD', url: pathname + search })
    expect(head).toMatchObject({ statusCode: 200, body: '' })
    expect(head.headers['etag']).toBe((await calendars.fetched(url)).headers['etag'])
    expect((await calendars.server.app.inject({ url: `${pathname}/${search}` })).statusCode).toBe(200)
  })

  test('is refused for a while when making it has taken long again and again', async () => {
    const own = await calendars.exportUrl(`schedules/${await calendars.newSchedule([])}`)
    let passed = 0
    // Each look at the clock is two seconds after the one before.
    calendars.setClock({ monotonic: () => ms((passed += 2000)) })
    let [answer, madeCount] = [await calendars.fetched(own), 0]
    for (; answer.statusCode === 200 && madeCount < 20; madeCount += 1) answer = await calendars.fetched(own)
    calendars.setClock({})
    expect(madeCount).toBeGreaterThan(3)
    const retryAfter = String(answer.headers['retry-after'])
    expect(retryAfter).toMatch(/^\d+$/)
    expect(answer).toMatchObject({
      ...{ statusCode: 429, body: `{"detail":"Request was throttled. Expected available in ${retryAfter} seconds."}` },
    })
  })

  test('goes to whoever takes calendars', async () => {
    expect((await calendars.fetched(url, { accept: 'text/calendar' })).statusCode).toBe(200)
    expect((await calendars.fetched(url, { accept: 'application/json' })).statusCode).toBe(406)
  })
})
