import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { Webhook as Standard } from 'standardwebhooks'
import { Webhook as Svix } from 'svix'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signerOf } from '../src/webhooks/signing/key.ts'
import { asId, type MessageId } from '../src/lib/ids.ts'
import { blocksIn } from './documents/markdown.ts'
import { answersOf, isAtHand, type Question, type SnippetLanguage } from './support/snippets.ts'
import { newReceivingWorld, type ReceivingWorld } from './support/receiving-world.ts'
import { eventually, type World } from './support/watchbell.ts'

/** Live deliveries, before the eyes of the libraries that receivers use. */
type Received = { readonly headers: Record<string, string>; readonly body: string }

let receiving: ReceivingWorld
let world: World
let webhookId = ''
let link = ''
let alertCount = 0
const received: Received[] = []

const receiver = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    received.push({ headers, body: Buffer.concat(chunks).toString() })
    response.end(headers['webhook-signature'])
  })
})

beforeAll(async () => {
  receiving = await newReceivingWorld(receiver)
  world = receiving.world
  link = receiving.link
  const about = {
    name: 'Signed',
    http_method: 'POST',
    trigger_type: 'alert group created',
    integration_filter: [receiving.integrationId],
  }
  webhookId = (await world.api('POST', 'webhooks/', { ...about, url: `http://127.0.0.1:${receiving.port}/` })).json.id
})

afterAll(() => receiving.close())

async function nextDelivery(): Promise<Received> {
  const count = received.length
  alertCount += 1
  await world.request('POST', link, { alert_uid: `${alertCount}`, title: 'Boiler läuft heiß 🔥' })
  return eventually(() => received[count])
}

const rotate = async (body: object = {}) => (await world.api('POST', `webhooks/${webhookId}/signing/`, body)).json

const libraries = [
  ['standardwebhooks', Standard],
  ['svix', Svix],
] as const

const verifies = (Library: typeof Standard | typeof Svix, secret: string, { headers, body }: Received): boolean => {
  try {
    new Library(secret).verify(body, headers)
    return true
  } catch (error) {
    expect(String(error)).toMatch(/signature|headers/i)
    return false
  }
}

describe.each(libraries)('the library %s', (_name, Library) => {
  test('verifies deliveries before, during and after a rotation, and none that was tampered with', async () => {
    const first = await rotate({ overlap: 0 })
    const before = await nextDelivery()
    expect(verifies(Library, first.secret, before)).toBe(true)

    const second = await rotate()
    const during = await nextDelivery()
    expect([first, second].map(({ secret }) => verifies(Library, secret, during))).toEqual([true, true])
    expect(during.headers['webhook-signature']?.split(' ')).toHaveLength(2)

    const third = await rotate({ overlap: 0, asymmetric: true })
    const since = await nextDelivery()
    expect([first, second, third].map(({ secret }) => verifies(Library, secret, since))).toEqual([false, false, true])
    expect(since.headers['webhook-signature']).toMatch(/^v1,\S{44} v1a,\S{88}$/)

    const { headers, body } = since
    const flipped = [
      { headers, body: body.replace('Boiler', 'boiler') },
      { headers: { ...headers, 'webhook-id': `${headers['webhook-id']?.slice(0, -1)}x` }, body },
      { headers: { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 1) }, body },
    ]
    expect(flipped.map((one) => verifies(Library, third.secret, one))).toEqual([false, false, false])
  })

  test('finds no signature once the keys are revoked', async () => {
    const { secret } = await rotate()
    expect((await world.api('DELETE', `webhooks/${webhookId}/signing/`)).status).toBe(204)
    const delivery = await nextDelivery()
    expect(delivery.headers).not.toHaveProperty('webhook-signature')
    expect(verifies(Library, secret, delivery)).toBe(false)
  })
})

describe('the snippets of docs/webhooks.md', () => {
  const page = readFileSync(new URL('../docs/webhooks.md', import.meta.url), 'utf8')
  const [symmetric = '', asymmetric = ''] = blocksIn(page, 'js')
  const snippets: readonly (readonly [SnippetLanguage, string])[] = [
    ['node', symmetric],
    ['python', blocksIn(page, 'python')[0] ?? ''],
    ['go', blocksIn(page, 'go')[0] ?? ''],
  ]

  /** Questions about live deliveries, and about such as were tampered with. */
  const questionsAbout = (keys: readonly string[], { headers, body }: Received): readonly Question[] => [
    ...keys.map((key) => ({ key, headers, body })),
    ...keys.flatMap((key) => [
      { key, headers, body: `${body} ` },
      { key, headers: { ...headers, 'webhook-id': 'x' }, body },
      { key, headers: { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) }, body },
      { key, headers: { ...headers, 'webhook-signature': 'v1, v2,x v1,x é' }, body },
      { key, headers: {}, body },
    ]),
  ]

  test.for(snippets)('%s', async ([language, snippet], { skip }) => {
    skip(!(await isAtHand(language)), `${language} is not at hand`)
    const answers = await answersOf(language, snippet, async () => {
      const first = await rotate({ overlap: 0, asymmetric: true })
      const second = await rotate()
      return [...questionsAbout([first.secret, second.secret], await nextDelivery()), ...late(first.secret)]
    })
    expect(answers).toEqual([...[true, true], ...Array.from({ length: 10 }, () => false), ...[true, false, true, false]])
  })

  test('for v1a in node', async () => {
    const answers = await answersOf('node', asymmetric, async () => {
      const first = await rotate({ overlap: 0, asymmetric: true })
      const second = await rotate()
      return questionsAbout([first.public_key, second.public_key], await nextDelivery())
    })
    expect(answers).toEqual([true, true, ...Array.from({ length: 10 }, () => false)])
  })

  /** Signed well, but some time ago, or ahead of time: four and six minutes each. */
  function late(secret: string): readonly Question[] {
    const sign = signerOf([{ secret: Buffer.from(secret.slice('whsec_'.length), 'base64'), seed: null }])
    const messageId = asId<MessageId>('m')
    return [-240, -360, 240, 360].map((offset) => {
      const epochSeconds = Math.floor(Date.now() / 1000) + offset
      const signature = sign({ messageId, epochSeconds, body: Buffer.from('{}') })
      const headers = { 'webhook-id': messageId, 'webhook-timestamp': String(epochSeconds), 'webhook-signature': signature }
      return { key: secret, headers, body: '{}' }
    })
  }
})

test('no secret comes out of the API again', async () => {
  const { secret } = await rotate({ asymmetric: true })
  const { headers } = await nextDelivery()
  await eventually(async () => {
    const { json } = await world.api('GET', `webhooks/${webhookId}/responses/`)
    return json.results.some((response: any) => response.webhook_message_id === headers['webhook-id']) || undefined
  })
  const paths = ['', 'responses/', 'signing/'].map((end) => `webhooks/${webhookId}/${end}`)
  const answers = await Promise.all([...paths, 'webhooks/', 'events/', 'openapi.json'].map((path) => world.api('GET', path)))
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  expect(answers.filter(({ text }) => text.includes(secret.slice('whsec_'.length)))).toEqual([])
})
