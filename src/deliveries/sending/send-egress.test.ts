import { setImmediate } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { httpReceiver, httpReceiverAt } from '../../../test/fixtures/receiver.ts'
import vectors from '../../../test/vectors/ssrf.json' with { type: 'json' }
import { ms } from '../../lib/time.ts'
import type { HttpRequest } from '../../ports.ts'
import { parseEgressAllow } from '../egress/allow.ts'
import { egressPolicy } from '../egress/egress.ts'
import type { Resolve } from '../egress/lookup-turns.ts'
import { createHttpSend, type HttpSend } from './send.ts'

function sender(allow: string, resolve?: Resolve): HttpSend {
  const parsed = parseEgressAllow(allow)
  if (!parsed.ok) throw new Error(parsed.reason)
  const send = createHttpSend({
    policy: egressPolicy(parsed.value, 'https://watchbell.example'),
    version: '0',
    monotonic: () => ms(performance.now()),
    ...(resolve === undefined ? {} : { resolve }),
  })
  onTestFinished(() => send.close())
  return send
}

const get = (url: string): HttpRequest => ({ method: 'GET', url, headers: {}, body: null, deadlineMs: ms(5000) })

/** A resolver that answers these sets in turn, the last one for ever, and counts. */
function answering(sets: readonly (readonly string[])[]): { readonly resolve: Resolve; readonly asked: () => number } {
  let asked = 0
  return { resolve: () => Promise.resolve(sets[Math.min(asked++, sets.length - 1)] ?? []), asked: () => asked }
}

describe('the vector file against the sender', () => {
  const refusals = vectors.filter(({ verdict, sequence, redirect_to }) => verdict === 'refuse' && !sequence && !redirect_to)

  test.each(refusals)('$id $category: nothing is sent, because $why', async ({ url, resolves_to }) => {
    const { resolve, asked } = answering([resolves_to ?? []])
    const outcome = await sender('', resolve).http(get(url))
    const expected = resolves_to?.length === 0 ? { kind: 'no-answer', fault: 'dns' } : { kind: 'refused' }
    expect(outcome).toMatchObject(expected)
    expect(asked()).toBeLessThanOrEqual(resolves_to === undefined ? 0 : 1)
  })

  // The vectors' public address stands for a receiver on 127.0.0.1 here, so that the tests stay on this machine.
  const rebinding = vectors.filter(({ sequence }) => sequence !== undefined)

  test.each(rebinding)('$id $category: the address that came later is never contacted', async ({ url, sequence }) => {
    const good = await httpReceiver((_request, response) => response.setHeader('connection', 'close').end())
    const bad = await httpReceiverAt({ host: '127.0.0.2', port: good.port }, (_request, response) => response.end())
    const sets = (sequence ?? []).map((addresses) => [addresses[0] === '93.184.215.14' ? '127.0.0.1' : '127.0.0.2'])
    const send = sender(`127.0.0.1:${good.port}`, answering(sets).resolve)
    const outcomes = []
    for (const _ of sets) outcomes.push(await send.http(get(`http://${new URL(url).hostname}:${good.port}/hook`)))
    expect(outcomes.map(({ kind }) => kind)).toEqual([...sets.slice(1).map(() => 'answered'), 'refused'])
    expect([good.accepted(), bad.accepted()]).toEqual([sets.length - 1, 0])
  })

  const redirects = vectors.filter(({ redirect_to }) => redirect_to !== undefined)

  test.each(redirects)('$id $category: $why', async ({ redirect_to }) => {
    const location = String(redirect_to)
    const receiver = await httpReceiver((_request, response) => response.writeHead(302, { location }).end())
    const { resolve, asked } = answering([['127.0.0.1']])
    const send = sender(`127.0.0.1:${receiver.port}`, resolve)
    const outcome = await send.http(get(`http://redirector.example.com:${receiver.port}/hook`))
    expect(outcome).toMatchObject({ kind: 'answered', status: 302, headers: { location } })
    expect([receiver.accepted(), asked()]).toEqual([1, 1])
  })
})

describe('the connection', () => {
  test('goes nowhere when one of several answers is bad', async () => {
    const receiver = await httpReceiver((_request, response) => response.end())
    for (const addresses of [
      ['127.0.0.1', '127.0.0.2'],
      ['127.0.0.2', '127.0.0.1'],
      ['127.0.0.1', '::1'],
      ['127.0.0.1', 'fe80::1%lo'],
    ]) {
      const send = sender(`127.0.0.1:${receiver.port}`, answering([addresses]).resolve)
      expect(await send.http(get(`http://receiver.example:${receiver.port}/`))).toMatchObject({ kind: 'refused' })
    }
    expect(receiver.accepted()).toBe(0)
  })

  test('tries the next of several good addresses', async () => {
    const receiver = await httpReceiver((_request, response) => response.end())
    const send = sender('127.0.0.0/8', answering([['127.0.0.2', '127.0.0.1']]).resolve)
    const outcome = await send.http(get(`http://receiver.example:${receiver.port}/`))
    expect(outcome).toMatchObject({ kind: 'answered', address: '127.0.0.1' })
  })

  test('is looked up once, however many requests it carries', async () => {
    const receiver = await httpReceiver((_request, response) => response.end())
    const { resolve, asked } = answering([['127.0.0.1'], ['127.0.0.2']])
    const send = sender('127.0.0.1', resolve)
    const url = `http://receiver.example:${receiver.port}/`
    expect(await send.http(get(url))).toMatchObject({ kind: 'answered', address: '127.0.0.1' })
    await setImmediate()
    expect(await send.http(get(url))).toMatchObject({ kind: 'answered', address: '127.0.0.1' })
    expect([asked(), receiver.accepted()]).toEqual([1, 1])
  })

  test("asks the system's resolver when there is no other", async () => {
    const receiver = await httpReceiver((_request, response) => response.end())
    const send = sender('localhost')
    const urls = Array.from({ length: 8 }, () => get(`http://localhost:${receiver.port}/`))
    const outcomes = await Promise.all(urls.map((request) => send.http(request)))
    expect(new Set(outcomes.map((outcome) => outcome.kind === 'answered' && outcome.address))).toEqual(new Set(['127.0.0.1']))
  })

  test('takes no proxy from the environment', async () => {
    const proxy = await httpReceiver((_request, response) => response.writeHead(599).end())
    for (const name of ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY']) vi.stubEnv(name, `http://127.0.0.1:${proxy.port}`)
    vi.stubEnv('NODE_USE_ENV_PROXY', '1')
    onTestFinished(() => {
      vi.unstubAllEnvs()
    })
    const receiver = await httpReceiver((_request, response) => response.end())
    expect(await sender('127.0.0.1').http(get(`http://127.0.0.1:${receiver.port}/`))).toMatchObject({ status: 200 })
    expect(proxy.accepted()).toBe(0)
  })
})
