import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import PostalMime from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterEach, expect, test, vi } from 'vitest'
import type { Mail } from '../../ports.ts'
import { seconds } from '../time.ts'
import { createMailSend, type MailSend } from './mail-send.ts'

const mail: Mail = {
  from: 'Watchbell <page@example.com>',
  to: 'alice@example.com',
  raw: Buffer.from('From: page@example.com\r\nTo: alice@example.com\r\nSubject: Disk full\r\n\r\n.dot\r\n'),
  deadlineMs: seconds(10),
}

type Received = { readonly from: string; readonly to: readonly string[]; readonly raw: Buffer }

const opened: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close()
})

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))

/** A mail server that keeps what it accepts. */
async function mailServer(options: SMTPServerOptions = {}) {
  const received: Received[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map((recipient) => recipient.address),
          raw: Buffer.concat(chunks),
        })
        done(null)
      })
    },
    ...options,
  })
  const port = await listening(server.server)
  opened.push(() => new Promise((resolve) => server.close(() => resolve())))
  return { port, received }
}

function sender(smtpUrl: string | null): MailSend {
  const send = createMailSend({ smtpUrl })
  opened.push(async () => send.close())
  return send
}

const refusal = (code: number, words: string) => Object.assign(new Error(words), { responseCode: code })

test('an accepted e-mail arrives byte for byte, at its one recipient', async () => {
  const { port, received } = await mailServer()
  const outcome = await sender(`smtp://127.0.0.1:${port}`).mail(mail)
  expect(outcome).toMatchObject({ kind: 'accepted', response: expect.stringMatching(/^250 /) })
  expect(received).toEqual([{ from: 'page@example.com', to: ['alice@example.com'], raw: Buffer.from(mail.raw) }])
  const parsed = await PostalMime.parse(received[0]?.raw ?? '')
  expect(parsed.subject).toBe('Disk full')
})

test('an address with a comma is one recipient', async () => {
  const { port, received } = await mailServer()
  await sender(`smtp://127.0.0.1:${port}`).mail({ ...mail, to: 'alice@example.com,eve@example.com' })
  expect(received.flatMap(({ to }) => to)).not.toContain('eve@example.com')
})

test('many e-mails at once share a few connections', async () => {
  let connections = 0
  const { port, received } = await mailServer({
    onConnect: (_session, done) => {
      connections += 1
      done()
    },
  })
  const send = sender(`smtp://127.0.0.1:${port}`)
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => send.mail(mail)))
  expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['accepted']))
  expect(received).toHaveLength(100)
  expect(connections).toBeLessThanOrEqual(32)
})

test.each([
  ['rejected', 550, 'no such user'],
  ['deferred', 451, 'try again later'],
])('a recipient that is %s with %i stays so, and the next e-mail goes through', async (kind, code, words) => {
  const { port } = await mailServer({
    onRcptTo: (address, _session, done) => (address.address.startsWith('bob') ? done(refusal(code, words)) : done()),
  })
  const send = sender(`smtp://127.0.0.1:${port}`)
  expect(await send.mail({ ...mail, to: 'bob@example.com' })).toMatchObject({ kind, detail: expect.stringContaining(words) })
  expect(await send.mail(mail)).toMatchObject({ kind: 'accepted' })
})

test.each([
  ['rejected', 554, 'looks like spam'],
  ['deferred', 452, 'disk full'],
])('a message that is %s with %i stays so', async (kind, code, words) => {
  const { port } = await mailServer({
    onData: (stream, _session, done) => {
      stream.resume()
      stream.on('end', () => done(refusal(code, words)))
    },
  })
  const outcome = await sender(`smtp://127.0.0.1:${port}`).mail(mail)
  expect(outcome).toMatchObject({ kind, detail: expect.stringContaining(words) })
})

test('a refused connection is worth another try', async () => {
  const closed = createServer()
  const port = await listening(closed)
  await new Promise((resolve) => closed.close(resolve))
  expect(await sender(`smtp://127.0.0.1:${port}`).mail(mail)).toMatchObject({
    kind: 'deferred',
    detail: expect.stringContaining('ECONNREFUSED'),
  })
})

test('a server that turns everybody away, or that we cannot sign in to, is worth another try', async () => {
  const closed = await mailServer({ onConnect: (_session, done) => done(refusal(554, 'no service today')) })
  expect(await sender(`smtp://127.0.0.1:${closed.port}`).mail(mail)).toMatchObject({ kind: 'deferred' })
  const guarded = await mailServer({ onAuth: (_auth, _session, done) => done(refusal(535, 'bad credentials')) })
  const outcome = await sender(`smtp://watchbell:hunter2@127.0.0.1:${guarded.port}`).mail(mail)
  expect(outcome).toMatchObject({ kind: 'deferred', detail: expect.stringContaining('535') })
  expect(JSON.stringify(outcome)).not.toContain('hunter2')
})

test('a hanging server is given up at the deadline, and one that breaks off is worth another try', async () => {
  const sockets: Socket[] = []
  const hanging = createServer((socket) => sockets.push(socket))
  const port = await listening(hanging)
  opened.push(async () => {
    for (const socket of sockets) socket.destroy()
    hanging.close()
  })
  const outcome = await sender(`smtp://127.0.0.1:${port}`).mail({ ...mail, deadlineMs: seconds(1) })
  expect(outcome).toMatchObject({ kind: 'deferred', detail: 'The mail server took longer than 1 s' })
  expect(outcome.durationMs).toBeGreaterThanOrEqual(990)
  expect(outcome.durationMs).toBeLessThan(5000)
  const breaking = createServer((socket) => socket.destroy())
  const otherPort = await listening(breaking)
  opened.push(async () => void breaking.close())
  expect(await sender(`smtp://127.0.0.1:${otherPort}`).mail(mail)).toMatchObject({ kind: 'deferred' })
})

test('a server that offers TLS must have a certificate that can be trusted, unless the URL says otherwise', async () => {
  const { port } = await mailServer({ disabledCommands: [] })
  const url = `smtp://127.0.0.1:${port}`
  expect(await sender(url).mail(mail)).toMatchObject({ kind: 'deferred', detail: expect.stringContaining('certificate') })
  expect(await sender(`${url}?tls.rejectUnauthorized=false`).mail(mail)).toMatchObject({ kind: 'accepted' })
})

test('credentials are never written down, whatever the URL asks for', async () => {
  const written: string[] = []
  const spies = (['log', 'info', 'error', 'debug', 'warn'] as const).map((method) =>
    vi.spyOn(console, method).mockImplementation((...words) => void written.push(words.join(' '))),
  )
  const signedIn: unknown[] = []
  const { port } = await mailServer({
    onAuth: (auth, _session, done) => {
      signedIn.push(auth.password)
      done(null, { user: 'watchbell' })
    },
  })
  const url = `smtp://watchbell:hunter2@127.0.0.1:${port}?logger=true&debug=true&transactionLog=true`
  expect(await sender(url).mail(mail)).toMatchObject({ kind: 'accepted' })
  for (const spy of spies) spy.mockRestore()
  expect(signedIn).toEqual(['hunter2'])
  expect(written).toEqual([])
})

test('without a mail server e-mail is off', async () => {
  expect(await sender(null).mail(mail)).toEqual({
    kind: 'off',
    detail: 'E-mail is off: WATCHBELL_SMTP_URL is not set',
    durationMs: 0,
  })
})
