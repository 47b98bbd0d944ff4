import { gzipSync } from 'node:zlib'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { httpReceiver, httpsReceiver, rawReceiver, receiverCertificate } from '../../../test/fixtures/receiver.ts'
import { httpSender } from '../../../test/support/http-sender.ts'
import { ms } from '../../lib/time.ts'
import type { HttpOutcome, HttpRequest } from '../../ports.ts'

function post(port: number, changes: Partial<HttpRequest> = {}): HttpRequest {
  const body = Buffer.from('{"a":1}')
  return { method: 'POST', url: `http://127.0.0.1:${port}/hook`, headers: {}, body, deadlineMs: ms(5000), ...changes }
}

const secure = (port: number, host = 'receiver.example'): string => `https://${host}:${port}/hook`

const ok = 'HTTP/1.1 200 OK\r\n'

/** Sends one request to a receiver that answers these bytes and then leaves the connection open, or ends it. */
async function answerOf(bytes: string | readonly string[], { ends = false, deadlineMs = ms(5000) } = {}): Promise<HttpOutcome> {
  const receiver = await rawReceiver((socket) => {
    for (const part of [bytes].flat()) socket.write(part)
    if (ends) socket.end()
  })
  return httpSender().http(post(receiver.port, { deadlineMs }))
}

const bodyOf = (outcome: HttpOutcome): string | null =>
  outcome.kind === 'answered' ? Buffer.from(outcome.body).toString('latin1') : null

describe('a request', () => {
  test('arrives byte for byte, with the headers it brought and ours', async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 256)
    const seen: unknown[] = []
    const receiver = await httpReceiver((request, response) => {
      seen.push(request.method, request.url, request.headers)
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => response.end(String(Buffer.concat(chunks).equals(bytes))))
    })
    const headers = { 'Content-Type': 'application/json', 'X-Name': 'Zoë' }
    const url = `http://127.0.0.1:${receiver.port}/a%2Fb?q=1&q=2#part`
    const outcome = await httpSender().http(post(receiver.port, { url, method: 'PUT', headers, body: bytes }))
    expect(bodyOf(outcome)).toBe('true')
    expect(seen).toEqual([
      'PUT',
      '/a%2Fb?q=1&q=2',
      {
        'accept-encoding': 'identity',
        connection: 'keep-alive',
        'content-length': '70000',
        'content-type': 'application/json',
        host: `127.0.0.1:${receiver.port}`,
        'user-agent': 'Watchbell/1.2.3',
        'x-name': 'Zoë',
      },
    ])
  })

  test('keeps its own user agent, and none of the headers that belong to the connection', async () => {
    let headers: unknown
    const receiver = await httpReceiver((request, response) => {
      headers = request.headers
      response.end()
    })
    const brought = {
      'User-Agent': 'mine',
      Host: 'inner.example',
      'Content-Length': '1',
      'Transfer-Encoding': 'chunked',
      Connection: 'upgrade',
      Upgrade: 'websocket',
      Expect: '100-continue',
      'Accept-Encoding': 'gzip',
    }
    await httpSender().http(post(receiver.port, { headers: brought }))
    expect(headers).toEqual({
      'accept-encoding': 'identity',
      connection: 'keep-alive',
      'content-length': '7',
      host: `127.0.0.1:${receiver.port}`,
      'user-agent': 'mine',
    })
  })

  test.each(['GET', 'DELETE', 'OPTIONS'])('%s without a body announces none', async (method) => {
    let raw = ''
    const receiver = await httpReceiver((request, response) => {
      raw = `${request.method} ${request.rawHeaders.join(' ')}`
      response.end()
    })
    expect(await httpSender().http(post(receiver.port, { method, body: null }))).toMatchObject({ kind: 'answered', status: 200 })
    expect(raw).toMatch(new RegExp(`^${method} `))
    expect(raw).not.toMatch(/content-length|transfer-encoding/i)
  })
})

describe('a request that HTTP cannot express', () => {
  test.each([
    ['a line break in a value', { headers: { 'x-a': 'b\r\nx-c: d' } }],
    ['a value outside of Latin-1', { headers: { 'x-a': '鐘' } }],
    ['a space in a name', { headers: { 'x a': 'b' } }],
    ['a letter that no name has', { headers: { 'x-ö': 'b' } }],
    ['an empty name', { headers: { '': 'b' } }],
    ['CONNECT', { method: 'CONNECT' }],
    ['a method with a space', { method: 'GET /' }],
  ])('is refused without a connection: %s', async (_what, changes) => {
    const receiver = await httpReceiver((_request, response) => response.end())
    const send = httpSender()
    const outcomes = await Promise.all(Array.from({ length: 300 }, () => send.http(post(receiver.port, changes))))
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['refused']))
    expect(receiver.accepted()).toBe(0)
    expect(await send.http(post(receiver.port))).toMatchObject({ kind: 'answered' })
  })
})

describe('an answer', () => {
  test('comes with status, headers, body and the address that gave it', async () => {
    const receiver = await httpReceiver((_request, response) => {
      response.writeHead(202, { 'Retry-After': '7', 'Set-Cookie': ['a=1', 'b=2'], Date: 'today', Connection: 'close' })
      response.end('thanks')
    })
    const outcome = await httpSender().http(post(receiver.port))
    expect(outcome).toEqual({
      kind: 'answered',
      status: 202,
      headers: {
        'retry-after': '7',
        'set-cookie': 'a=1, b=2',
        date: 'today',
        connection: 'close',
        'transfer-encoding': 'chunked',
      },
      body: Buffer.from('thanks'),
      truncated: false,
      address: '127.0.0.1',
      phases: expect.anything(),
      durationMs: expect.any(Number),
    })
    expect(outcome.durationMs).toBeGreaterThan(0)
  })

  test('with status 204 has an empty body', async () => {
    expect(await answerOf('HTTP/1.1 204 No Content\r\n\r\n')).toMatchObject({
      status: 204,
      body: Buffer.alloc(0),
      truncated: false,
    })
  })

  test('with status 204 and a body counts, and the body is not taken for the next answer', async () => {
    const receiver = await rawReceiver((socket) => socket.write('HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nextra'))
    const send = httpSender()
    expect(await send.http(post(receiver.port))).toMatchObject({ kind: 'answered', status: 204 })
    expect(await send.http(post(receiver.port))).toMatchObject({ kind: 'answered', status: 204 })
    expect(receiver.accepted()).toBe(2)
  })

  test('is the last one after early hints', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'
    const outcome = await answerOf([hints, hints, `${ok}content-length: 2\r\n\r\nhi`])
    expect(outcome).toMatchObject({ status: 200, headers: { 'content-length': '2' } })
    expect(bodyOf(outcome)).toBe('hi')
  })

  test('that redirects is an answer, and nobody goes there', async () => {
    const elsewhere = await httpReceiver((_request, response) => response.end())
    const location = `http://127.0.0.1:${elsewhere.port}/`
    for (const status of [301, 302, 303, 307, 308]) {
      const receiver = await httpReceiver((_request, response) => response.writeHead(status, { location }).end())
      expect(await httpSender().http(post(receiver.port))).toMatchObject({ kind: 'answered', status, headers: { location } })
    }
    expect(elsewhere.accepted()).toBe(0)
  })
})

describe('the body of an answer', () => {
  test('of 16 KiB is read whole', async () => {
    const outcome = await answerOf(`${ok}content-length: 16384\r\n\r\n${'x'.repeat(16_384)}`)
    expect(outcome).toMatchObject({ kind: 'answered', truncated: false })
    expect(bodyOf(outcome)).toBe('x'.repeat(16_384))
  })

  test.each([
    ['one byte more', `content-length: 16385\r\n\r\n${'x'.repeat(16_385)}`],
    ['far more, announced to end the connection', `connection: close\r\ncontent-length: 20000\r\n\r\n${'x'.repeat(20_000)}`],
    ['far more in chunks', `transfer-encoding: chunked\r\n\r\n${`3000\r\n${'x'.repeat(0x3000)}\r\n`.repeat(3)}0\r\n\r\n`],
    ['far more until the end of the connection', `\r\n${'x'.repeat(40_000)}`],
  ])('of %s is cut there', async (_what, rest) => {
    const outcome = await answerOf(ok + rest, { ends: true })
    expect(outcome).toMatchObject({ kind: 'answered', status: 200, truncated: true })
    expect(bodyOf(outcome)).toBe('x'.repeat(16_384))
  })

  test('is read as far as the request wants it', async () => {
    const receiver = await httpReceiver((_request, response) => response.end('x'.repeat(100_000)))
    const read = (answerBytesMax: number) => httpSender().http(post(receiver.port, { answerBytesMax }))
    expect([bodyOf(await read(99_999)), bodyOf(await read(100_001))].map((body) => body?.length)).toEqual([99_999, 100_000])
  })

  test('without an end is cut, and its connection closed', async () => {
    const receiver = await httpReceiver((_request, response) => {
      const more = (): void => {
        while (response.write('x'.repeat(1000)));
      }
      response.on('drain', more)
      more()
    })
    const outcome = await httpSender().http(post(receiver.port))
    expect(outcome).toMatchObject({ kind: 'answered', truncated: true })
    await expect.poll(() => receiver.open()).toBe(0)
  })

  test('that is compressed is not inflated', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000))
    const receiver = await httpReceiver((_request, response) => response.setHeader('content-encoding', 'gzip').end(bomb))
    const outcome = await httpSender().http(post(receiver.port))
    expect(outcome).toMatchObject({ kind: 'answered', truncated: true })
    expect(bodyOf(outcome)).toBe(bomb.subarray(0, 16_384).toString('latin1'))
  })

  test('whose body drips is cut by the deadline, and keeps its status', async () => {
    const receiver = await rawReceiver((socket) => {
      socket.write(`${ok}content-length: 1000\r\n\r\n`)
      const drip = setInterval(() => socket.write('x'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    const outcome = await httpSender().http(post(receiver.port, { deadlineMs: ms(1000) }))
    expect(outcome).toMatchObject({ kind: 'answered', status: 200, truncated: true })
    expect(outcome.durationMs).toBeGreaterThanOrEqual(999)
    expect(outcome.durationMs).toBeLessThan(10_000)
    await expect.poll(() => receiver.open()).toBe(0)
  })

  test.each([
    ['a gigabyte', 'content-length: 1000000000\r\n\r\nshort', 'short'],
    ['chunks', 'transfer-encoding: chunked\r\n\r\n5\r\nshort\r\n', 'short'],
    ['chunks and breaks the form', 'transfer-encoding: chunked\r\n\r\n5\r\nshort\r\nzzz\r\n', 'short'],
  ])('that promises %s and breaks off keeps its status', async (_what, rest, body) => {
    const outcome = await answerOf(ok + rest, { ends: true })
    expect(outcome).toMatchObject({ kind: 'answered', status: 200, truncated: true })
    expect(bodyOf(outcome)).toBe(body)
  })
})

describe('no answer', () => {
  test.each([
    ['nothing before the end', '', 'the receiver closed the connection'],
    ['half a status line', 'HTTP/1.1 20', 'the receiver closed the connection'],
    ['half of the headers', `${ok}x-a: b\r\n`, 'the receiver closed the connection'],
    ['only early hints', 'HTTP/1.1 103 Early Hints\r\n\r\n', 'the receiver closed the connection'],
    ['no HTTP', '220 mail.example ESMTP\r\n', 'the answer is not valid HTTP'],
    [
      'an unasked change of protocol',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      'the answer is of a kind that was not asked for',
    ],
    ['an unasked 100', `HTTP/1.1 100 Continue\r\n\r\n${ok}\r\n`, 'the answer is of a kind that was not asked for'],
    ['a flood of headers', ok + 'x-flood: 0123456789\r\n'.repeat(5000), 'the headers of the answer are too large'],
    ['one endless header', `${ok}x-flood: ${'x'.repeat(100_000)}`, 'the headers of the answer are too large'],
    ['a flood of early hints', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(17), 'it was announced again and again'],
    ['no status that there is', 'HTTP/1.1 000 None\r\n\r\n', 'the answer is not valid HTTP'],
    ['two lengths', `${ok}content-length: 1\r\ncontent-length: 2\r\n\r\nxx`, 'the answer is not valid HTTP'],
  ])('is broken: %s', async (_what, bytes, cause) => {
    expect(await answerOf(bytes, { ends: true })).toMatchObject({
      kind: 'no-answer',
      fault: 'broken',
      detail: `The exchange broke off before an answer (${cause}).`,
    })
  })

  test('is a timeout when the receiver stays silent, and its connection is closed', async () => {
    const receiver = await rawReceiver(() => {})
    const outcome = await httpSender().http(post(receiver.port, { deadlineMs: ms(1500) }))
    expect(outcome).toMatchObject({ kind: 'no-answer', fault: 'timeout', detail: 'No answer within 1.5 s.' })
    expect(outcome.durationMs).toBeGreaterThanOrEqual(1499)
    await expect.poll(() => receiver.open()).toBe(0)
  })

  test('is a timeout when the headers drip', async () => {
    const receiver = await rawReceiver((socket) => {
      socket.write(ok)
      const drip = setInterval(() => socket.write('x-a: b\r\n'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    expect(await httpSender().http(post(receiver.port, { deadlineMs: ms(1000) }))).toMatchObject({
      kind: 'no-answer',
      fault: 'timeout',
    })
  })
})

describe('no connection', () => {
  test('is a fault of its own when nobody listens', async () => {
    const port = await unusedPort()
    expect(await httpSender().http(post(port))).toMatchObject({
      kind: 'no-answer',
      fault: 'connect',
      detail: 'No connection to the receiver (connection refused).',
    })
    expect(await httpSender().http(post(port, { url: `https://receiver.example:${port}/` }))).toMatchObject({ fault: 'connect' })
    const several = ['127.0.0.1', '127.0.0.2']
    expect(
      await httpSender({ resolve: () => Promise.resolve(several) }).http(
        post(port, { url: `https://receiver.example:${port}/` }),
      ),
    ).toMatchObject({
      fault: 'connect',
    })
  })

  test('is a fault of its own when a known connection must be made anew', async () => {
    let heard = 0
    const receiver = await rawReceiver((socket) => {
      heard += 1
      socket.once('data', () => {})
      if (heard === 2) socket.end(`${ok}content-length: 0\r\nconnection: close\r\n\r\n`)
    })
    const send = httpSender()
    const stuck = send.http(post(receiver.port, { deadlineMs: ms(30_000) }))
    await expect.poll(() => heard).toBe(1)
    expect(await send.http(post(receiver.port))).toMatchObject({ kind: 'answered' })
    await expect.poll(() => receiver.open()).toBe(1)
    receiver.stopListening()
    expect(await send.http(post(receiver.port))).toMatchObject({ kind: 'no-answer', fault: 'connect' })
    expect(await Promise.race([stuck, Promise.resolve('under way')])).toBe('under way')
  })

  test('is a name that cannot be resolved', async () => {
    const cases: readonly [() => Promise<string[]>, string][] = [
      [() => Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' })), 'ENOTFOUND'],
      [() => Promise.resolve([]), 'no address'],
    ]
    for (const [resolve, cause] of cases) {
      const detail = `The host name could not be resolved (${cause}).`
      const url = 'https://receiver.example/'
      expect(await httpSender({ resolve }).http(post(443, { url }))).toMatchObject({ kind: 'no-answer', fault: 'dns', detail })
    }
  })

  test('is a step that takes too long: 3 s for the look-up, 5 s for the connection with its handshake', async () => {
    const silent = await rawReceiver(() => {})
    const deadlineMs = ms(20_000)
    const [lookup, handshake] = await Promise.all([
      httpSender({ resolve: () => new Promise(() => {}) }).http(post(0, { url: 'http://receiver.example/', deadlineMs })),
      httpSender().http(post(0, { url: `https://receiver.example:${silent.port}/`, deadlineMs })),
    ])
    expect(lookup).toMatchObject({ fault: 'dns', detail: 'The host name could not be resolved (it took too long).' })
    expect(lookup.durationMs).toBeGreaterThanOrEqual(2999)
    expect(lookup.durationMs).toBeLessThan(handshake.durationMs)
    expect(handshake).toMatchObject({ fault: 'connect', detail: 'No connection to the receiver (it took too long).' })
    expect(handshake.durationMs).toBeGreaterThanOrEqual(4999)
    expect(handshake.durationMs).toBeLessThan(15_000)
    await expect.poll(() => silent.open()).toBe(0)
  })

  test('is a deadline that passes during the look-up, after which nothing is sent', async () => {
    let requests = 0
    const receiver = await httpReceiver(() => (requests += 1))
    const gate = Promise.withResolvers<string[]>()
    const send = httpSender({ resolve: () => gate.promise })
    const url = `http://receiver.example:${receiver.port}/`
    const outcome = await send.http(post(0, { url, deadlineMs: ms(100) }))
    expect(outcome).toMatchObject({ fault: 'timeout', detail: 'No connection within 0.1 s.' })
    gate.resolve(['127.0.0.1'])
    await expect.poll(() => receiver.accepted()).toBe(1)
    await expect.poll(() => receiver.open()).toBe(0)
    expect(requests).toBe(0)
  })
})

describe('TLS', () => {
  test('is spoken with a certificate that is trusted, under the name without its last dot', async () => {
    const names: unknown[] = []
    const receiver = await httpsReceiver((request, response) => {
      names.push(request.headers.host, 'servername' in request.socket ? request.socket.servername : null)
      response.end('hi')
    })
    const send = httpSender({ ca: [receiverCertificate()] })
    const outcome = await send.http(post(receiver.port, { url: secure(receiver.port, 'receiver.example.') }))
    expect(outcome).toMatchObject({ kind: 'answered', status: 200, address: '127.0.0.1' })
    expect(names).toEqual([`receiver.example:${receiver.port}`, 'receiver.example'])
  })

  test('is refused with a certificate that nobody vouches for', async () => {
    let requests = 0
    const receiver = await httpsReceiver(() => (requests += 1))
    expect(await httpSender().http(post(0, { url: secure(receiver.port) }))).toMatchObject({
      kind: 'no-answer',
      fault: 'tls',
      detail: 'No secure connection to the receiver (the certificate is self-signed).',
    })
    expect(requests).toBe(0)
  })

  test('is refused with a certificate for another name or for no address', async () => {
    const receiver = await httpsReceiver((_request, response) => response.end())
    const detail = 'No secure connection to the receiver (the certificate is for another host name).'
    for (const host of ['other.example', '127.0.0.1']) {
      const outcome = await httpSender({ ca: [receiverCertificate()] }).http(post(0, { url: secure(receiver.port, host) }))
      expect(outcome).toMatchObject({ kind: 'no-answer', fault: 'tls', detail })
    }
  })

  test('is missed where the receiver speaks plain HTTP or hangs up', async () => {
    const plain = await httpReceiver((_request, response) => response.end())
    const gone = await rawReceiver((socket) => socket.destroy())
    for (const { port } of [plain, gone]) {
      expect(await httpSender().http(post(0, { url: secure(port) }))).toMatchObject({ kind: 'no-answer', fault: 'tls' })
    }
  })
})

describe('many at once', () => {
  test('50 hanging requests delay none to another origin, and none to another path of their own', async () => {
    const hanging = await httpReceiver((request, response) => {
      if (request.url === '/quick') response.end()
    })
    const healthy = await httpReceiver((_request, response) => response.end())
    const send = httpSender()
    const stuck = Array.from({ length: 50 }, () => send.http(post(hanging.port, { deadlineMs: ms(4000) })))
    await expect.poll(() => hanging.open()).toBe(50)
    const quick = await Promise.all([
      ...Array.from({ length: 50 }, () => send.http(post(healthy.port))),
      send.http(post(hanging.port, { url: `http://127.0.0.1:${hanging.port}/quick` })),
    ])
    expect(quick.every(({ kind }) => kind === 'answered')).toBe(true)
    expect(Math.max(...quick.map(({ durationMs }) => durationMs))).toBeLessThan(3500)
    const outcomes = await Promise.all(stuck)
    expect(outcomes.every((outcome) => outcome.kind === 'no-answer' && outcome.fault === 'timeout')).toBe(true)
    await expect.poll(() => hanging.open()).toBeLessThanOrEqual(1)
  })

  test('more than an origin has connections wait for room, each under its own deadline', async () => {
    let requests = 0
    const receiver = await httpReceiver((_request, response) => {
      requests += 1
      if (requests > 16) response.end()
    })
    const send = httpSender({ connectionsMax: 16 })
    const first = Array.from({ length: 16 }, () => send.http(post(receiver.port, { deadlineMs: ms(3000) })))
    const waiting = [300, 20_000].map((deadline) => send.http(post(receiver.port, { deadlineMs: ms(deadline) })))
    expect(await waiting[0]).toMatchObject({ fault: 'timeout', detail: 'No connection within 0.3 s.' })
    expect((await Promise.all(first)).every(({ kind }) => kind === 'no-answer')).toBe(true)
    expect(await waiting[1]).toMatchObject({ kind: 'answered', status: 200 })
    expect(requests).toBe(17)
  })

  test('requests one after the other share what is open', async () => {
    const receiver = await httpReceiver((_request, response) => response.end())
    const send = httpSender()
    for (let i = 0; i < 20; i += 1)
      expect(await send.http(post(receiver.port))).toMatchObject({ status: 200, address: '127.0.0.1' })
    // The second may start before the first connection has settled down.
    expect(receiver.accepted()).toBeLessThanOrEqual(2)
  })

  test('requests leave no timer behind', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const receiver = await httpReceiver((_request, response) => response.end())
    const send = httpSender()
    const before = timers()
    await Promise.all(Array.from({ length: 50 }, () => send.http(post(receiver.port))))
    expect(timers() - before).toBeLessThan(25)
  })
})

describe('close', () => {
  test('ends idle and busy connections, and later requests', async () => {
    const receiver = await httpReceiver((request, response) => {
      if (request.url === '/quick') response.end()
    })
    const send = httpSender()
    await send.http(post(receiver.port, { url: `http://127.0.0.1:${receiver.port}/quick` }))
    const stuck = send.http(post(receiver.port))
    const unresolved = httpSender({ resolve: () => new Promise(() => {}) })
    const looking = unresolved.http(post(0, { url: 'http://receiver.example/' }))
    await Promise.all([send.close(), unresolved.close()])
    const detail = 'The exchange broke off before an answer (this server is stopping).'
    expect(await stuck).toMatchObject({ kind: 'no-answer', fault: 'broken', detail })
    expect(await looking).toMatchObject({ kind: 'no-answer', fault: 'broken', detail })
    expect(await send.http(post(receiver.port))).toMatchObject({ kind: 'no-answer', fault: 'broken', detail })
    await expect.poll(() => receiver.open()).toBe(0)
    await send.close()
  })
})

async function unusedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return address.port
}
