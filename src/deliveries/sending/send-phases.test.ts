import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { connectProxy } from '../../../test/fixtures/proxy.ts'
import { httpReceiver, httpsReceiverOf, rawReceiver } from '../../../test/fixtures/receiver.ts'
import { newAuthority } from '../../../test/support/certificates.ts'
import { httpSender, type SenderOptions } from '../../../test/support/http-sender.ts'
import { ms } from '../../lib/time.ts'
import type { HttpOutcome, HttpRequest } from '../../ports.ts'
import { parseEgressProxy } from '../egress/proxy.ts'

const get = (url: string, changes: Partial<HttpRequest> = {}): HttpRequest => ({
  ...{ method: 'GET', url, headers: {}, body: null, deadlineMs: ms(5000) },
  ...changes,
})

const phasesOf = (outcome: HttpOutcome) => (outcome.kind === 'refused' ? outcome.detail : outcome.phases)

const isSent = (outcome: HttpOutcome): boolean => outcome.kind === 'answered' || (outcome.kind === 'no-answer' && outcome.isSent)

/** A sender whose clock stands still, but for what others take: 100 ms each look-up, and what they add themselves. */
function slowWorld(options: SenderOptions = {}) {
  let now = 1000
  const take = (duration: number): void => void (now += duration)
  const resolve = async () => {
    take(100)
    return ['127.0.0.1']
  }
  return { take, send: httpSender({ monotonic: () => ms(now), resolve, ...options }) }
}

/** One with TLS that takes 20 ms to choose its certificate and 30 ms to answer. */
async function secureReceiver(take: (duration: number) => void) {
  const root = newAuthority('root')
  const { certificate: cert, key } = root.issue({ name: 'receiver.example', hosts: ['receiver.example'] })
  const SNICallback = (_name: string, done: (fault: null) => void): void => {
    take(20)
    done(null)
  }
  const receiver = await httpsReceiverOf({ cert, key, SNICallback }, (_request, response) => {
    take(30)
    response.end()
  })
  return { port: receiver.port, tls: { certificate: null, key: null, ca: root.certificate } }
}

describe('the phases of an exchange', () => {
  test('are those of its connection, and on one that is open only the answer', async () => {
    const { take, send } = slowWorld()
    const { port, tls } = await secureReceiver(take)
    const request = get(`https://receiver.example:${port}/`, { tls })
    expect(await send.http(request)).toMatchObject({
      phases: { dnsMs: 100, connectMs: 0, tlsMs: 20, firstByteMs: 30 },
      durationMs: 150,
    })
    await setImmediate()
    expect(await send.http(request)).toMatchObject({
      phases: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: 30 },
      durationMs: 30,
    })
  })

  test('have no look-up for an address, and no handshake without TLS', async () => {
    const { take, send } = slowWorld()
    const receiver = await httpReceiver((_request, response) => {
      take(30)
      response.writeProcessing()
      take(5)
      response.end()
    })
    expect(await send.http(get(`http://127.0.0.1:${receiver.port}/`))).toMatchObject({
      phases: { dnsMs: null, connectMs: 0, tlsMs: null, firstByteMs: 35 },
      durationMs: 35,
    })
    expect(phasesOf(await send.http(get(`http://receiver.example:${receiver.port}/`)))).toEqual({
      ...{ dnsMs: 100, connectMs: 0, tlsMs: null, firstByteMs: 35 },
    })
  })

  test('end where it ended, which may be before anything has left', async () => {
    const { send } = slowWorld()
    const closed = await httpReceiver(() => {})
    closed.stopListening()
    const silent = await rawReceiver((socket) => socket.destroy())
    const nobody = slowWorld({ resolve: () => Promise.reject(new Error('nobody')) }).send
    const none = { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null }
    const endOf = async (outcome: Promise<HttpOutcome>) => [phasesOf(await outcome), isSent(await outcome)]
    expect(await endOf(nobody.http(get('http://receiver.example/')))).toEqual([none, false])
    const { port } = silent
    expect(await endOf(send.http(get(`http://receiver.example:${closed.port}/`)))).toEqual([{ ...none, dnsMs: 100 }, false])
    const connected = { ...none, dnsMs: 100, connectMs: 0 }
    expect(await endOf(send.http(get(`https://receiver.example:${port}/`)))).toEqual([connected, false])
    expect(await endOf(send.http(get(`http://receiver.example:${port}/`)))).toEqual([connected, true])
  })

  test('through a proxy have the way there as one step', async () => {
    const times: { take: (duration: number) => void } = { take: () => {} }
    const { port, tls } = await secureReceiver((duration) => times.take(duration))
    const answer = (): null => {
      times.take(40)
      return null
    }
    const proxy = await connectProxy({ to: port, answer })
    const through = parseEgressProxy(`http://127.0.0.1:${proxy.port}`)
    if (!through.ok) throw new Error(through.reason)
    const { take, send } = slowWorld({ proxy: through.value })
    times.take = take
    expect(await send.http(get('https://receiver.example/', { tls }))).toMatchObject({
      phases: { dnsMs: 100, connectMs: 40, tlsMs: 20, firstByteMs: 30 },
      durationMs: 190,
    })
    await setImmediate()
    expect(await send.http(get('https://receiver.example/', { tls }))).toMatchObject({
      phases: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: 30 },
    })
  })
})
