import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { httpsReceiverOf } from '../../../test/fixtures/receiver.ts'
import { httpSender } from '../../../test/support/http-sender.ts'
import { type Certified, newAuthority, selfSigned } from '../../../test/support/certificates.ts'
import { ms } from '../../lib/time.ts'
import type { ClientTls, HttpOutcome } from '../../ports.ts'
import type { HttpSend } from './send.ts'

const host = 'receiver.example'
const root = newAuthority('The root')
const server = root.issue({ name: host, hosts: [host] })
const clients = newAuthority('Those who may call')
const client = clients.issue({ name: 'watchbell' })
const other = clients.issue({ name: 'somebody else' })

const none: ClientTls = { certificate: null, key: null, ca: null }

const ask = (send: HttpSend, port: number, tls: ClientTls | null): Promise<HttpOutcome> =>
  send.http({ method: 'GET', url: `https://${host}:${port}/`, headers: {}, body: null, deadlineMs: ms(5000), tls })

const bodyOf = (outcome: HttpOutcome): string =>
  outcome.kind === 'answered' ? Buffer.from(outcome.body).toString() : `${outcome.kind} ${outcome.detail}`

/** Who the receiver has to do with, by the certificate that it was shown. */
function callerOf({ socket }: IncomingMessage): string {
  const subject = socket instanceof TLSSocket ? socket.getPeerCertificate().subject : undefined
  return String(subject?.CN ?? 'nobody')
}

const plain = ({ certificate, key }: Certified) => ({ cert: certificate, key })
const strict = { ...{ cert: server.certificate, key: server.key, ca: clients.certificate }, requestCert: true }

describe('a client certificate', () => {
  test('is shown to a receiver that asks for one', async () => {
    const receiver = await httpsReceiverOf(strict, (request, response) => response.end(callerOf(request)))
    const send = httpSender({ ca: [root.certificate] })
    expect(bodyOf(await ask(send, receiver.port, { ...none, ...client }))).toBe('watchbell')
    expect(bodyOf(await ask(send, receiver.port, { ...client, ca: root.certificate }))).toBe('watchbell')
  })

  test('that is missing, or is not vouched for, is the fault of the exchange that does not have it', async () => {
    const receiver = await httpsReceiverOf(strict, (_request, response) => response.end())
    const send = httpSender({ ca: [root.certificate] })
    for (const tls of [null, none, { ...none, ...selfSigned({ name: 'watchbell' }) }])
      expect(await ask(send, receiver.port, tls)).toMatchObject({
        kind: 'no-answer',
        fault: expect.stringMatching(/^(tls|broken)$/),
      })
  })

  test('of one webhook is never shown for another one, whose request finds a connection open', async () => {
    const open = { ...strict, rejectUnauthorized: false, keepAliveTimeout: 60_000 }
    const receiver = await httpsReceiverOf(open, (request, response) => response.end(callerOf(request)))
    const send = httpSender({ ca: [root.certificate] })
    const callers = []
    for (const tls of [{ ...none, ...client }, null, { ...none, ...other }, none, { ...none, ...client }])
      callers.push(bodyOf(await ask(send, receiver.port, tls)))
    expect(callers).toEqual(['watchbell', 'nobody', 'somebody else', 'nobody', 'watchbell'])
    expect(receiver.accepted()).toBe(4)
  })

  test('comes with the chain behind it', async () => {
    const middle = clients.authority('In the middle')
    const below = middle.issue({ name: 'deep' })
    const receiver = await httpsReceiverOf(strict, (request, response) => response.end(callerOf(request)))
    const send = httpSender({ ca: [root.certificate] })
    const chain = { ...none, certificate: below.certificate + middle.certificate, key: below.key }
    expect(bodyOf(await ask(send, receiver.port, chain))).toBe('deep')
    expect(await ask(send, receiver.port, { ...none, ...below })).toMatchObject({ kind: 'no-answer' })
  })

  test('that cannot be used is told, and nothing is sent', async () => {
    let requests = 0
    const receiver = await httpsReceiverOf(strict, () => (requests += 1))
    const mixed = { ...none, certificate: client.certificate, key: other.key }
    await expect(async () => ask(httpSender(), receiver.port, mixed)).rejects.toThrow(/key values mismatch/)
    expect(requests).toBe(0)
  })
})

describe('an authority', () => {
  test('that a webhook brings is the only one that it trusts, and nobody else does', async () => {
    const receiver = await httpsReceiverOf(plain(server), (_request, response) => response.end('hi'))
    const elsewhere = newAuthority('Elsewhere')
    const send = httpSender({ ca: [elsewhere.certificate] })
    expect(bodyOf(await ask(send, receiver.port, { ...none, ca: root.certificate }))).toBe('hi')
    for (const tls of [null, none, { ...none, ca: elsewhere.certificate }])
      expect(await ask(send, receiver.port, tls)).toMatchObject({ kind: 'no-answer', fault: 'tls' })
    const usual = await httpsReceiverOf(plain(elsewhere.issue({ name: host, hosts: [host] })), (_request, response) =>
      response.end('hi'),
    )
    expect(bodyOf(await ask(send, usual.port, null))).toBe('hi')
    expect(await ask(send, usual.port, { ...none, ca: root.certificate })).toMatchObject({ kind: 'no-answer', fault: 'tls' })
  })

  test('may be one of several', async () => {
    const receiver = await httpsReceiverOf(plain(server), (_request, response) => response.end('hi'))
    const list = newAuthority('First').certificate + root.certificate
    expect(bodyOf(await ask(httpSender(), receiver.port, { ...none, ca: list }))).toBe('hi')
    expect(bodyOf(await ask(httpSender({ ca: [list] }), receiver.port, null))).toBe('hi')
  })
})

describe('a receiver whose certificate', () => {
  const days = 86_400_000
  test.each([
    ['has expired', { endsAt: new Date(Date.now() - 1000) }, 'the certificate has expired'],
    ['is not valid yet', { startsAt: new Date(Date.now() + days / 2) }, 'CERT_NOT_YET_VALID'],
    ['is for another name', { hosts: ['other.example'] }, 'the certificate is for another host name'],
  ])('%s is not spoken to', async (_what, wrong, cause) => {
    let requests = 0
    const { certificate: cert, key } = root.issue({ name: host, hosts: [host], ...wrong })
    const receiver = await httpsReceiverOf({ cert, key }, () => (requests += 1))
    expect(await ask(httpSender({ ca: [root.certificate] }), receiver.port, null)).toMatchObject({
      kind: 'no-answer',
      fault: 'tls',
      detail: `No secure connection to the receiver (${cause}).`,
    })
    expect(requests).toBe(0)
  })

  test('is its own is not spoken to', async () => {
    const { certificate: cert, key } = selfSigned({ name: host, hosts: [host] })
    const receiver = await httpsReceiverOf({ cert, key }, (_request, response) => response.end())
    const detail = 'No secure connection to the receiver (the certificate is self-signed).'
    expect(await ask(httpSender(), receiver.port, null)).toMatchObject({ fault: 'tls', detail })
    expect(await ask(httpSender(), receiver.port, { ...none, ca: cert })).toMatchObject({ kind: 'answered' })
  })
})

test('of very many identities those that were used longest ago end their connections, and get new ones', async () => {
  const patient = { ...strict, keepAliveTimeout: 60_000 }
  const receiver = await httpsReceiverOf(patient, (request, response) => response.end(callerOf(request)))
  const send = httpSender({ ca: [root.certificate] })
  // Identities differ by the text of what they trust, here by blank lines.
  const identity = (index: number): ClientTls => ({ ...client, ca: root.certificate + '\n'.repeat(index) })
  for (let index = 0; index < 140; index += 1) expect(bodyOf(await ask(send, receiver.port, identity(index)))).toBe('watchbell')
  await expect.poll(() => receiver.open()).toBe(128)
  expect(bodyOf(await ask(send, receiver.port, identity(0)))).toBe('watchbell')
  expect(receiver.accepted()).toBe(141)
})
