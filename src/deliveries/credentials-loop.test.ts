import { Webhook } from 'standardwebhooks'
import { afterEach, describe, expect, test } from 'vitest'
import { type DeliveryWorld, type WorldOptions } from '../../test/support/delivery-world.ts'
import { attempts, endpointOf, mailEndpoint, owingWorld, page, post, send } from '../../test/support/owed-deliveries.ts'
import { no, ok } from '../lib/result.ts'
import { minutes, seconds } from '../lib/time.ts'
import { signerOf } from '../webhooks/signing/key.ts'
import { cancelDeliveries } from './commands.ts'
import type { CredentialsOf } from './credentials.ts'

const opened: DeliveryWorld[] = []
afterEach(async () => {
  for (const world of opened.splice(0)) await world.close()
})

async function newWorld(options: Partial<WorldOptions>): Promise<DeliveryWorld> {
  const world = await owingWorld(options)
  opened.push(world)
  return world
}

const secret = Buffer.alloc(32, 1)
const sign = signerOf([{ secret, seed: null }])
const signing: CredentialsOf = async (_db, deliveries) => new Map(deliveries.map(({ id }) => [id, ok({ sign, tls: null })]))

/** What the reference implementation says that the header of a request is to be. */
function referenceOf({ request, id, timestamp }: DeliveryWorld['received'][number]): string {
  const body = Buffer.from(request.body ?? []).toString()
  return new Webhook(secret, { format: 'raw' }).sign(id, new Date(Number(timestamp) * 1000), body)
}

describe('what an owner signs', () => {
  test('is signed anew for each attempt, over the same bytes and id', async () => {
    const world = await newWorld({
      credentialsOf: signing,
      behave: (_request, before) => ({ afterMs: 10, status: before === 0 ? 500 : 200 }),
    })
    await send(world, await endpointOf(world, 'https://a.example/'), [{}])
    await world.pass(minutes(1))
    const [first, second] = world.received
    expect(world.received.map(({ request }) => request.headers['webhook-signature'])).toEqual(world.received.map(referenceOf))
    expect(second?.id).toBe(first?.id)
    expect(second?.timestamp).not.toBe(first?.timestamp)
    expect(second?.request.headers['webhook-signature']).not.toBe(first?.request.headers['webhook-signature'])
  })

  test('without a body is signed as an empty one', async () => {
    const render: WorldOptions['render'] = async (_db, deliveries) =>
      new Map(
        deliveries.map((delivery) => [
          delivery.messageId,
          { kind: 'message', message: { ...post(delivery), method: 'GET', body: null } },
        ]),
      )
    const world = await newWorld({ credentialsOf: signing, render })
    await send(world, await endpointOf(world, 'https://a.example/'), [{}])
    await world.pass(seconds(1))
    expect(world.received.map(({ request }) => request.headers['webhook-signature'])).toEqual(world.received.map(referenceOf))
  })

  test('does not leave while it cannot be signed, holds up no other, and leaves when it can', async () => {
    let isBroken = true
    const credentialsOf: CredentialsOf = async (_db, deliveries) =>
      new Map(
        deliveries
          .filter(({ endpoint }) => endpoint.url === 'https://signed.example/')
          .map(({ id }) => [id, isBroken ? no('the secret does not open') : ok({ sign, tls: null })]),
      )
    const world = await newWorld({ credentialsOf })
    await send(world, await endpointOf(world, 'https://signed.example/'), [{}])
    await send(world, await endpointOf(world, 'https://plain.example/'), [{}])
    await world.pass(seconds(1))
    expect(world.received.map(({ url, request }) => [url, request.headers['webhook-signature']])).toEqual([
      ['https://plain.example/', undefined],
    ])
    isBroken = false
    await world.pass(seconds(10))
    expect(world.received.map(({ url }) => url)).toEqual(['https://plain.example/', 'https://signed.example/'])
    expect(world.received[1]?.request.headers['webhook-signature']).toMatch(/^v1,/)
  })
})

test('a page that is taken back while credentials are looked for does not leave', async () => {
  const run = '00000000-0000-7000-8000-000000000001'
  const world: DeliveryWorld = await newWorld({
    credentialsOf: async () => {
      await world.db.tx('test', (tx) => cancelDeliveries(tx, [run]))
      return new Map()
    },
  })
  await send(world, await mailEndpoint(world), [page('ann@example.com', run), page('bob@example.com')])
  await world.pass(1_000)
  expect(world.mails.map(({ mail }) => mail.to)).toEqual(['bob@example.com'])
})

test('credentials that a receiver gives back are not stored', async () => {
  const behave: WorldOptions['behave'] = ({ headers }) => ({
    afterMs: 10,
    body: JSON.stringify(headers),
    headers: { got: headers['Authorization'] ?? '' },
  })
  const world = await newWorld({ credentialsOf: signing, behave })
  await send(world, await endpointOf(world, 'https://a.example/'), [{}])
  await world.pass(100)
  const [attempt] = await attempts(world)
  expect(JSON.parse(attempt?.response_body?.toString() ?? '')).toMatchObject({
    Authorization: '****************',
    'webhook-signature': '****************',
    'webhook-timestamp': '1775044800',
  })
  expect(attempt?.response_headers).toEqual({ got: '****************' })
})
