import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { connectProxy } from '../../../test/fixtures/proxy.ts'
import { httpReceiver, httpsReceiverOf, rawReceiver } from '../../../test/fixtures/receiver.ts'
import { httpSender, type SenderOptions } from '../../../test/support/http-sender.ts'
import { newAuthority } from '../../../test/support/certificates.ts'
import { ms } from '../../lib/time.ts'
import type { HttpOutcome, HttpRequest } from '../../ports.ts'
import { parseEgressProxy } from '../egress/proxy.ts'
import type { HttpSend } from './send.ts'

type Through = SenderOptions & { readonly url?: string }

function sender(proxyPort: number, { url = `http://127.0.0.1:${proxyPort}`, ...options }: Through = {}): HttpSend {
  const proxy = parseEgressProxy(url)
  if (!proxy.ok) throw new Error(proxy.reason)
  return httpSender({ allow: '', resolve: () => Promise.resolve(['93.184.215.14']), proxy: proxy.value, ...options })
}

const get = (url: string, changes: Partial<HttpRequest> = {}): HttpRequest => ({
  ...{ method: 'GET', url, headers: {}, body: null, deadlineMs: ms(5000) },
  ...changes,
})

const bodyOf = (outcome: HttpOutcome): string =>
  outcome.kind === 'answered' ? Buffer.from(outcome.body).toString() : `${outcome.kind} ${outcome.detail}`

const blame = (outcome: HttpOutcome): string =>
  outcome.kind === 'no-answer' ? `${outcome.fault}: ${outcome.detail}` : outcome.kind

describe('through a proxy', () => {
  test('plain requests go by a tunnel, with the name of the receiver and not its address', async () => {
    const receiver = await httpReceiver((request, response) =>
      response.end(`${request.method} ${request.url} ${request.headers.host}`),
    )
    const proxy = await connectProxy()
    const url = `http://receiver.example:${receiver.port}/hook`
    const outcome = await sender(proxy.port).http(get(url))
    expect(bodyOf(outcome)).toBe(`GET /hook receiver.example:${receiver.port}`)
    expect(outcome).toMatchObject({ address: null })
    expect(proxy.asked).toEqual([{ target: `receiver.example:${receiver.port}`, authorization: undefined }])
  })

  test('secure ones are secure from here to the receiver, with the certificates that the webhook has', async () => {
    const root = newAuthority('root')
    const { certificate: cert, key } = root.issue({ name: 'receiver.example', hosts: ['receiver.example'] })
    const clients = newAuthority('clients')
    const receiver = await httpsReceiverOf({ cert, key, ca: clients.certificate, requestCert: true }, (_request, response) =>
      response.end('hi'),
    )
    const proxy = await connectProxy({ to: receiver.port })
    const send = sender(proxy.port)
    const tls = { ...clients.issue({ name: 'watchbell' }), ca: root.certificate }
    expect(bodyOf(await send.http(get('https://receiver.example/', { tls })))).toBe('hi')
    expect(proxy.asked).toEqual([{ target: 'receiver.example:443', authorization: undefined }])
    expect(await send.http(get('https://other.example/', { tls }))).toMatchObject({ kind: 'no-answer', fault: 'tls' })
  })

  test('a connection is kept for the next request', async () => {
    const receiver = await httpReceiver((_request, response) => response.end())
    const proxy = await connectProxy()
    const send = sender(proxy.port)
    for (let count = 0; count < 10; count += 1)
      expect(await send.http(get(`http://receiver.example:${receiver.port}/`))).toMatchObject({ status: 200 })
    // The second may start before the first connection has settled down.
    expect(proxy.asked.length).toBeLessThanOrEqual(2)
  })

  test('the proxy is told who asks', async () => {
    const receiver = await httpReceiver((_request, response) => response.end())
    const proxy = await connectProxy()
    const send = sender(proxy.port, { url: `http://bell:sesame@127.0.0.1:${proxy.port}` })
    await send.http(get(`http://receiver.example:${receiver.port}/`))
    expect(proxy.asked.map(({ authorization }) => authorization)).toEqual(['Basic YmVsbDpzZXNhbWU='])
  })

  test('the proxy is spoken to in TLS where its URL says so', async () => {
    const root = newAuthority('root')
    const { certificate: cert, key } = root.issue({ name: 'localhost', hosts: ['localhost'] })
    const receiver = await httpReceiver((_request, response) => response.end('hi'))
    const proxy = await connectProxy({ tls: { cert, key } })
    const url = `https://localhost:${proxy.port}`
    const target = get(`http://receiver.example:${receiver.port}/`)
    expect(bodyOf(await sender(proxy.port, { url, ca: [root.certificate] }).http(target))).toBe('hi')
    expect(blame(await sender(proxy.port, { url }).http(target))).toMatch(
      /^proxy: No way through the proxy of this server \(it cannot be reached: /,
    )
  })

  test('a large body arrives whole', async () => {
    const bytes = Buffer.alloc(200_000, 'watchbell')
    const receiver = await httpReceiver((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => response.end(String(Buffer.concat(chunks).equals(bytes))))
    })
    const proxy = await connectProxy()
    const url = `http://receiver.example:${receiver.port}/`
    expect(bodyOf(await sender(proxy.port).http(get(url, { method: 'POST', body: bytes })))).toBe('true')
  })
})

describe('the address rules', () => {
  test('hold for what is written in a URL', async () => {
    const proxy = await connectProxy()
    for (const url of [
      'http://169.254.169.254/',
      'http://[::1]/',
      'http://intranet/',
      'http://db.internal/',
      'http://receiver.example:22/',
    ])
      expect(await sender(proxy.port).http(get(url))).toMatchObject({ kind: 'refused' })
    expect(proxy.asked).toEqual([])
  })

  test('wait for what this machine knows of a name for two seconds, and less once it was waited for in vain', async () => {
    const receiver = await httpReceiver((_request, response) => response.setHeader('connection', 'close').end('hi'))
    const proxy = await connectProxy()
    let addresses: Promise<readonly string[]> = new Promise(() => {})
    const send = sender(proxy.port, { resolve: () => addresses })
    const took: number[] = []
    for (let count = 0; count < 3; count += 1) {
      const beganAt = performance.now()
      expect(bodyOf(await send.http(get(`http://receiver.example:${receiver.port}/`)))).toBe('hi')
      took.push(performance.now() - beganAt)
    }
    expect(took[0]).toBeGreaterThan(1_900)
    expect(Math.max(...took.slice(1))).toBeLessThan(1_900)
    addresses = Promise.resolve(['10.0.0.1'])
    expect(await send.http(get(`http://receiver.example:${receiver.port}/`))).toMatchObject({ kind: 'refused' })
  })

  test('hold for what this machine knows of a name, so that no careless proxy is a way in', async () => {
    const proxy = await connectProxy()
    for (const addresses of [['127.0.0.1'], ['93.184.215.14', '10.0.0.1'], ['::1']]) {
      const send = sender(proxy.port, { resolve: () => Promise.resolve(addresses) })
      expect(await send.http(get('http://receiver.example/'))).toMatchObject({ kind: 'refused' })
    }
    expect(proxy.asked).toEqual([])
  })

  test('let a name pass that only the proxy knows', async () => {
    const receiver = await httpReceiver((_request, response) => response.end('hi'))
    const proxy = await connectProxy()
    for (const resolve of [() => Promise.reject(new Error('ENOTFOUND')), () => Promise.resolve([])])
      expect(bodyOf(await sender(proxy.port, { resolve }).http(get(`http://receiver.example:${receiver.port}/`)))).toBe('hi')
  })

  test('let pass what the operator allows, and ask the proxy for it too', async () => {
    const receiver = await httpReceiver((_request, response) => response.end('hi'))
    const proxy = await connectProxy()
    const send = sender(proxy.port, { allow: '127.0.0.1', resolve: () => Promise.resolve(['127.0.0.1']) })
    for (const host of ['127.0.0.1', 'receiver.example'])
      expect(bodyOf(await send.http(get(`http://${host}:${receiver.port}/`)))).toBe('hi')
    expect(proxy.asked.map(({ target }) => target)).toEqual([`127.0.0.1:${receiver.port}`, `receiver.example:${receiver.port}`])
  })
})

describe('a fault', () => {
  const target = get('http://receiver.example/')

  test.each([
    ['HTTP/1.1 407 Request rejected by proxy\r\n\r\n', 'it answered 407'],
    ['HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno', 'it answered 403'],
    ['HTTP/1.1 500 Oops\r\n\r\n', 'it answered 500'],
    ['HTTP/1.1 302 Found\r\nlocation: http://elsewhere.example/\r\n\r\n', 'it answered 302'],
    ['220 mail.example ESMTP\r\n\r\n', 'its answer is not valid HTTP'],
    [`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}`, 'its answer is not valid HTTP'],
    ['HTTP/1.1 200 O', 'it closed the connection'],
    ['', 'it closed the connection'],
  ])('of the proxy is its own: %j', async (answer, cause) => {
    const proxy = await connectProxy({ answer: () => answer })
    expect(blame(await sender(proxy.port).http(target))).toBe(`proxy: No way through the proxy of this server (${cause}).`)
  })

  test('of the proxy is that it cannot be reached', async () => {
    const gone = await unusedPort()
    expect(blame(await sender(gone).http(target))).toBe(
      'proxy: No way through the proxy of this server (it cannot be reached: connection refused).',
    )
  })

  test.each([502, 503, 504])('of the receiver is what the proxy answers %i for', async (status) => {
    const proxy = await connectProxy({ answer: () => `HTTP/1.1 ${status} Sorry\r\n\r\n` })
    expect(blame(await sender(proxy.port).http(target))).toBe(
      `connect: No connection to the receiver (the proxy answered ${status}).`,
    )
  })

  test('of the receiver is one behind the tunnel', async () => {
    const silent = await rawReceiver((socket) => socket.destroy())
    const proxy = await connectProxy({ to: silent.port })
    expect(await sender(proxy.port).http(target)).toMatchObject({ kind: 'no-answer', fault: 'broken', address: null })
    expect(await sender(proxy.port).http(get('https://receiver.example/'))).toMatchObject({ kind: 'no-answer', fault: 'tls' })
  })

  test('of the proxy is that it takes too long to take the connection, also where the request has less time', async () => {
    const root = newAuthority('root')
    const silent = await rawReceiver(() => {})
    const secure = { url: `https://localhost:${silent.port}`, ca: [root.certificate] }
    expect(blame(await sender(silent.port, secure).http(get('http://receiver.example/', { deadlineMs: ms(300) })))).toBe(
      'proxy: No way through the proxy of this server (it took too long).',
    )
  })

  test('leaves nothing open', async () => {
    let open = 0
    const proxy = await connectProxy({
      answer: (_request, socket) => {
        open += 1
        socket.on('close', () => (open -= 1))
        return 'HTTP/1.1 407 No\r\n\r\n'
      },
    })
    const send = sender(proxy.port)
    await Promise.all(Array.from({ length: 20 }, () => send.http(target)))
    await expect.poll(() => open).toBe(0)
  })

  test('is the deadline when the proxy is silent, and closing does not wait for it', async () => {
    const silent = await rawReceiver(() => {})
    const send = sender(silent.port)
    expect(await send.http(get('http://receiver.example/', { deadlineMs: ms(200) }))).toMatchObject({ fault: 'timeout' })
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
