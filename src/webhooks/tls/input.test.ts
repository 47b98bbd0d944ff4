import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { newAuthority, selfSigned } from '../../../test/support/certificates.ts'
import { instant } from '../../lib/time.ts'
import type { ClientTls } from '../../ports.ts'
import { endOf, parseTls } from './input.ts'

const now = instant(Date.now())
const clients = newAuthority('Those who may call')
const { certificate, key } = clients.issue({ name: 'watchbell' })
const ca = newAuthority('The root').certificate
const mask = '*'.repeat(16)

const parse = (body: object, current: ClientTls | null = null) => parseTls({ ...body }, { current, now })

/** What is wrong, by field. */
function faultsOf(body: object, current: ClientTls | null = null): unknown {
  const read = parse(body, current)
  if (read.ok) return null
  return read.reason.kind === 'invalid-fields' ? read.reason.fields : read.reason
}

describe('certificates', () => {
  test('come with their key, with authorities, or with both', () => {
    expect(parse({ client_certificate: certificate, client_key: key })).toEqual({
      ok: true,
      value: { certificate, key, ca: null },
    })
    expect(parse({ ca })).toEqual({ ok: true, value: { certificate: null, key: null, ca } })
    expect(parse({ client_certificate: certificate, client_key: key, ca, other: 1 })).toMatchObject({ ok: true, value: { ca } })
  })

  test('are kept without what else is in the text', () => {
    const chain = `# ours\n${certificate}\nsubject=CN = somebody\n${clients.certificate}`
    expect(parse({ client_certificate: chain, client_key: key })).toMatchObject({
      value: { certificate: certificate + clients.certificate },
    })
  })

  test('end when the first of them ends', () => {
    const soon = new Date(Math.floor(now / 1000) * 1000 + 3_600_000)
    const early = clients.issue({ name: 'early', endsAt: soon }).certificate
    expect(endOf(certificate + early)).toBe(soon.getTime())
  })

  test.each([
    ['nothing', {}, { kind: 'invalid', detail: expect.stringContaining('Send client_certificate and client_key, or ca') }],
    ['nulls', { client_certificate: null, client_key: null, ca: null }, { kind: 'invalid', detail: expect.any(String) }],
    ['no key', { client_certificate: certificate }, { client_key: ['The certificate and its key are sent together.'] }],
    ['a key alone', { client_key: key, ca }, { client_certificate: ['The certificate and its key are sent together.'] }],
    ['no certificate in it', { ca: 'hello' }, { ca: ['This is no certificate in PEM form (-----BEGIN CERTIFICATE-----).'] }],
    ['what is none', { ca: ca.replace('MII', 'AAA') }, { ca: [expect.stringMatching(/^This is no certificate in PEM/)] }],
    ['one good and one bad', { ca: ca + ca.replace('MII', 'AAA') }, { ca: [expect.stringMatching(/^This is no certificate/)] }],
    ['a number', { ca: true }, { ca: ['Not a valid string.'] }],
    ['a text that is too long', { ca: ca.repeat(200) }, { ca: ['Ensure this field has no more than 65536 characters.'] }],
    ['too many', { ca: ca.repeat(51) }, { ca: ['There may be at most 50 certificates.'] }],
    [
      'a key in place of a certificate',
      { client_certificate: certificate + key, client_key: key },
      {
        client_certificate: ['There is a private key in it, which would be shown.'],
      },
    ],
    [
      'the key of another',
      { client_certificate: certificate, client_key: clients.key },
      {
        client_key: ['The key does not belong to the first certificate.'],
      },
    ],
    [
      'a chain in the wrong order',
      { client_certificate: clients.certificate + certificate, client_key: key },
      {
        client_key: ['The key does not belong to the first certificate.'],
      },
    ],
    [
      'no key in it',
      { client_certificate: certificate, client_key: certificate },
      {
        client_key: ['This is no private key in PEM form (-----BEGIN PRIVATE KEY-----).'],
      },
    ],
  ])('that are wrong are told: %s', (_what, body, faults) => {
    expect(faultsOf(body)).toEqual(faults)
  })

  test('that no handshake would take are told, and why', () => {
    const weak = selfSigned({ name: 'weak', rsaBits: 1024 }).certificate
    expect(faultsOf({ client_certificate: certificate + weak, client_key: key })).toEqual({
      client_certificate: ['It cannot be used in a handshake: ca key too small.'],
    })
  })

  test('that have expired are told by name and end', () => {
    const old = clients.issue({ name: 'old', endsAt: new Date('2020-01-02T03:04:05Z') })
    const words = 'The certificate of "CN=old" has expired at 2020-01-02T03:04:05Z.'
    expect(faultsOf({ client_certificate: old.certificate, client_key: old.key })).toEqual({ client_certificate: [words] })
    expect(faultsOf({ ca: ca + old.certificate })).toEqual({ ca: [words] })
  })
})

describe('a key', () => {
  test('with a passphrase is refused', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const encrypted = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'sesame' }).toString()
    expect(faultsOf({ client_certificate: certificate, client_key: encrypted })).toEqual({
      client_key: ['The key is encrypted: send it without a passphrase.'],
    })
  })

  test('that is weak, or of a kind that is not used, is refused', () => {
    const weak = selfSigned({ name: 'weak', rsaBits: 1024 })
    const curve = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
    const exchange = generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
    for (const client_key of [weak.key, curve.toString(), exchange.toString()])
      expect(faultsOf({ client_certificate: weak.certificate, client_key })).toEqual({
        client_key: [expect.stringMatching(/^The key must be RSA of 2048 to 8192 bits/)],
      })
  })

  test('of RSA is taken, in its older form too', () => {
    const rsa = selfSigned({ name: 'rsa', rsaBits: 2048 })
    expect(parse({ client_certificate: rsa.certificate, client_key: rsa.key })).toMatchObject({
      ok: true,
      value: { key: rsa.key },
    })
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const older = pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
    expect(faultsOf({ client_certificate: rsa.certificate, client_key: older })).toEqual({
      client_key: ['The key does not belong to the first certificate.'],
    })
  })

  test('is kept by the mask, as long as it fits', () => {
    const current = { certificate, key, ca: null }
    expect(parse({ client_certificate: certificate, client_key: mask, ca }, current)).toEqual({
      ok: true,
      value: { certificate, key, ca },
    })
    const other = clients.issue({ name: 'other' }).certificate
    expect(faultsOf({ client_certificate: other, client_key: mask }, current)).toEqual({
      client_key: ['The key does not belong to the first certificate.'],
    })
    expect(faultsOf({ client_certificate: certificate, client_key: mask })).toEqual({
      client_key: ['There is no key yet that the mask could stand for.'],
    })
  })
})
