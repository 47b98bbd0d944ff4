import { describe, expect, test } from 'vitest'
import { ms } from '../lib/time.ts'
import type { HttpOutcome } from '../ports.ts'
import { withoutEcho } from './echo.ts'
import { noPhases } from './sending/phases.ts'

const mask = '****************'

type Answered = Extract<HttpOutcome, { kind: 'answered' }>

const answered = (body: string, headers: Record<string, string> = {}): Answered => ({
  kind: 'answered',
  status: 200,
  headers,
  body: Buffer.from(body),
  truncated: false,
  address: null,
  phases: noPhases,
  durationMs: ms(1),
})

const bodyOf = (body: string, sent: Record<string, string>): string =>
  Buffer.from(withoutEcho(answered(body), sent).body).toString()

describe('an answer', () => {
  test.each([
    ['a token behind its scheme', { Authorization: 'Bearer sesame-4711' }, '{"auth":"Bearer sesame-4711"}', `{"auth":"${mask}"}`],
    ['a token without its scheme', { authorization: 'Bearer sesame-4711' }, 'you are sesame-4711!', `you are ${mask}!`],
    ['a key of any header that names one', { 'X-Api-Key': 'sesame-4711' }, 'key=sesame-4711', `key=${mask}`],
    ['what base64 hides', { Authorization: 'Basic YWRhOnNlc2FtZTQ3MTE=' }, 'ada:sesame4711', mask],
    ['a password in base64', { Authorization: 'Basic YWRhOnNlc2FtZTQ3MTE=' }, 'password sesame4711', `password ${mask}`],
    ['a value as JSON writes it', { 'X-Token': 'open"sesame' }, '{"t":"open\\"sesame"}', `{"t":"${mask}"}`],
    ['a value as PHP writes it', { 'X-Token': 'open/sesame' }, '{"t":"open\\/sesame"}', `{"t":"${mask}"}`],
    ['letters beyond ASCII', { 'X-Token': 'öffne-dich' }, 'öffne-dich', mask],
    ['each of two signatures', { 'webhook-signature': 'v1,AAAABBBB v1a,CCCCDDDD' }, 'CCCCDDDD AAAABBBB', `${mask} ${mask}`],
  ])('has no more %s', (_what, sent, body, expected) => {
    expect(bodyOf(body, sent)).toBe(expected)
  })

  test('says nothing of it in its headers either', () => {
    const { headers } = withoutEcho(answered('', { 'x-got': 'Bearer sesame-4711', date: 'today' }), {
      Authorization: 'Bearer sesame-4711',
    })
    expect(headers).toEqual({ 'x-got': mask, date: 'today' })
  })

  test('keeps what is no credential, and what is too short to be told from other words', () => {
    expect(bodyOf('{"ok":true,"team":"database","scheme":"Signature"}', { 'X-Auth-Mode': 'true', 'X-Team': 'database' })).toBe(
      '{"ok":true,"team":"database","scheme":"Signature"}',
    )
    expect(bodyOf('Signature needed', { Authorization: 'Signature abc4711defg' })).toBe('Signature needed')
  })

  test('keeps all its other bytes', () => {
    const body = Buffer.from([0, 255, 128, 10, 195])
    expect(withoutEcho({ ...answered(''), body }, { 'X-Token': 'sesame-4711' }).body).toEqual(body)
  })
})
