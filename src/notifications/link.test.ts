import { expect, test } from 'vitest'
import { asId } from '../lib/ids.ts'
import { instant } from '../lib/time.ts'
import { type LinkClaim, linkKeyFrom, newLink, readLink } from './link.ts'

const key = linkKeyFrom(new Uint8Array(32).fill(7))
const claim: LinkClaim = {
  organizationId: asId('OABCDEFGHIJKL'),
  userId: asId('UABCDEFGHIJKL'),
  alertGroupId: asId('IABCDEFGHIJKL'),
  action: 'acknowledge',
  expiresAt: instant(1_704_448_800_000),
}
const earlier = instant(1_704_448_799_999)

test('a link says what it was made for', () => {
  expect(readLink(key, newLink(key, claim), earlier)).toEqual({ ok: true, value: claim })
  const resolve: LinkClaim = { ...claim, action: 'resolve' }
  expect(readLink(key, newLink(key, resolve), earlier)).toEqual({ ok: true, value: resolve })
})

test('a link expires at its instant', () => {
  expect(readLink(key, newLink(key, claim), claim.expiresAt)).toEqual({ ok: false, reason: 'expired' })
})

test('a link with any character changed, added or left out is forged', () => {
  const token = newLink(key, claim)
  for (let index = 0; index < token.length; index += 1) {
    const other = token[index] === 'A' ? 'B' : 'A'
    const changed = token.slice(0, index) + other + token.slice(index + 1)
    expect(readLink(key, changed, earlier), changed).toEqual({ ok: false, reason: 'forged' })
    const shorter = token.slice(0, index) + token.slice(index + 1)
    expect(readLink(key, shorter, earlier), shorter).toEqual({ ok: false, reason: 'forged' })
  }
  expect(readLink(key, `${token}.x`, earlier)).toEqual({ ok: false, reason: 'forged' })
})

test.each(['', '.', '.....', 'x.a.O.U.I.1', 'ü.a.O.U.I.1', '../../etc/passwd'])('nonsense is forged: "%s"', (token) => {
  expect(readLink(key, token, earlier)).toEqual({ ok: false, reason: 'forged' })
})

test('a link of another server is forged', () => {
  const foreign = linkKeyFrom(new Uint8Array(32).fill(8))
  expect(readLink(key, newLink(foreign, claim), earlier)).toEqual({ ok: false, reason: 'forged' })
})

test('a link is short, needs no encoding in a URL and ends in a letter or digit', () => {
  const token = newLink(key, claim)
  expect(token).toMatch(/^[\w-]{22}\.a\.OABCDEFGHIJKL\.UABCDEFGHIJKL\.IABCDEFGHIJKL\.[0-9a-z]+$/)
  expect(token.length).toBeLessThan(80)
})
