import { describe, expect, it } from 'vitest'
import { instant, ms } from '../lib/time.ts'
import type { HttpOutcome, MailOutcome } from '../ports.ts'
import { lanes } from './delivery.ts'
import { noPhases } from './sending/phases.ts'
import { judge, judgeFailure, type Try } from './retry.ts'

const now = instant(Date.UTC(2026, 3, 1, 12))
const live: Try = { lane: lanes.live, attempt: 1, plan: 'standard', now, expiresAt: null, jitter: 0.5 }

const answered = (status: number, headers: Record<string, string> = {}): HttpOutcome => ({
  kind: 'answered',
  status,
  headers,
  body: new Uint8Array(),
  truncated: false,
  address: '192.0.2.1',
  phases: noPhases,
  durationMs: ms(12),
})
const timeout: HttpOutcome = {
  kind: 'no-answer',
  fault: 'timeout',
  detail: 'nothing within 15 s',
  isSent: true,
  address: null,
  phases: noPhases,
  durationMs: ms(15_000),
}

const secondsUntilNext = (outcome: HttpOutcome | MailOutcome, tried: Try): number | string => {
  const verdict = judge(outcome, tried)
  return verdict.kind === 'retry' ? (verdict.dueAt - now) / 1000 : verdict.kind
}

describe('a webhook that fails', () => {
  it('is tried ten times over about three days', () => {
    const pauses = Array.from({ length: 10 }, (_, index) => secondsUntilNext(answered(500), { ...live, attempt: index + 1 }))
    expect(pauses).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400, 'dead'])
  })

  it.each([
    ['fast', [5, 15, 45, 120, 'dead']],
    ['squadcast', [10, 60, 300, 'dead']],
    ['none', ['dead']],
    [[1000, 7000].map(ms), [1, 7, 'dead']],
  ] as const)('is tried as the plan %j says, also in order', (plan, wanted) => {
    for (const lane of [lanes.live, lanes.ordered]) {
      const pauses = wanted.map((_, index) => secondsUntilNext(answered(500), { ...live, lane, plan, attempt: index + 1 }))
      expect(pauses).toEqual(wanted)
    }
  })

  it('says after how many attempts it was given up, and why', () => {
    expect(judge(answered(503), { ...live, attempt: 10 })).toEqual({
      kind: 'dead',
      reason: 'Given up after 10 attempts. The receiver answered 503',
    })
    expect(judge(timeout, { ...live, attempt: 10 })).toEqual({
      kind: 'dead',
      reason: 'Given up after 10 attempts. No answer (timeout): nothing within 15 s',
    })
  })

  it('comes back up to a fifth earlier or later', () => {
    expect(secondsUntilNext(answered(500), { ...live, attempt: 2, jitter: 0 })).toBe(240)
    expect(secondsUntilNext(answered(500), { ...live, attempt: 2, jitter: 1 })).toBe(360)
  })

  it('is not tried again past its time', () => {
    const expiresAt = instant(now + 4_000)
    expect(judge(answered(500), { ...live, expiresAt })).toEqual({
      kind: 'dead',
      reason: 'Out of time after one attempt. The receiver answered 500',
    })
    expect(secondsUntilNext(answered(500), { ...live, expiresAt: instant(now + 5_000) })).toBe(5)
  })
})

describe.each([lanes.page, lanes.ordered])('a page, or what is ordered, that fails', (lane) => {
  const page: Try = { ...live, lane }

  it('is tried seventeen times within an hour, most of them in the first minutes', () => {
    const pauses = Array.from({ length: 17 }, (_, index) => secondsUntilNext(timeout, { ...page, attempt: index + 1 }))
    expect(pauses).toEqual([5, 15, 30, 60, 120, 300, ...Array.from({ length: 10 }, () => 300), 'dead'])
  })

  it('follows the wish of a receiver for five minutes at most', () => {
    expect(secondsUntilNext(answered(429, { 'retry-after': '7200' }), page)).toBe(300)
  })
})

describe('Retry-After', () => {
  it.each([
    ['60', 60],
    ['1', 5],
    ['0', 5],
    ['-5', 5],
    ['soon', 5],
    ['999999999', 86_400],
    ['Wed, 01 Apr 2026 12:02:00 GMT', 120],
    ['Wed, 01 Apr 2026 11:00:00 GMT', 5],
    ['Thu, 01 Apr 2036 12:00:00 GMT', 86_400],
  ])('%s puts the second attempt off by %d s', (header, expected) => {
    expect(secondsUntilNext(answered(429, { 'retry-after': header }), live)).toBe(expected)
  })

  it('never brings an attempt forward', () => {
    expect(secondsUntilNext(answered(503, { 'retry-after': '10' }), { ...live, attempt: 3 })).toBe(1800)
  })
})

describe('an outcome', () => {
  it.each([200, 201, 202, 204, 299])('with %d is a success', (status) => {
    expect(judge(answered(status), live)).toEqual({ kind: 'success' })
  })

  it.each([301, 304, 307, 400, 401, 404, 409, 422, 429, 500, 502, 503])('with %d is tried again', (status) => {
    expect(judge(answered(status), live).kind).toBe('retry')
  })

  it('with 410 ends the delivery', () => {
    expect(judge(answered(410), live)).toEqual({ kind: 'dead', reason: 'The receiver answered 410: it is gone for good.' })
  })

  it('without an answer is tried again, whatever the fault', () => {
    for (const fault of ['timeout', 'dns', 'connect', 'tls', 'broken'] as const) {
      expect(
        judge({ kind: 'no-answer', fault, detail: 'x', isSent: true, address: null, phases: noPhases, durationMs: ms(1) }, live)
          .kind,
      ).toBe('retry')
    }
  })

  it('with a refused address ends the delivery with the reason', () => {
    expect(judge({ kind: 'refused', detail: 'The receiver has a private address.', durationMs: ms(0) }, live)).toEqual({
      kind: 'dead',
      reason: 'The receiver has a private address.',
    })
  })

  it('of a mail: accepted, refused for good, put off, impossible', () => {
    expect(judge({ kind: 'accepted', response: '250 ok', durationMs: ms(9) }, live)).toEqual({ kind: 'success' })
    expect(judge({ kind: 'rejected', detail: '550 no such user', durationMs: ms(9) }, live)).toEqual({
      kind: 'dead',
      reason: 'The mail server refused the message: 550 no such user',
    })
    expect(judge({ kind: 'deferred', detail: '451 later', durationMs: ms(9) }, live).kind).toBe('retry')
    expect(judge({ kind: 'off', detail: 'E-mail is off', durationMs: ms(0) }, live)).toEqual({
      kind: 'dead',
      reason: 'E-mail is off',
    })
  })

  it('that never came, because nothing could be sent, is tried again too', () => {
    expect(judgeFailure('The request could not be made.', live)).toEqual({ kind: 'retry', dueAt: now + 5_000 })
  })
})
