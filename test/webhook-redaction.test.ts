import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, newWorld, type World } from './support/watchbell.ts'

const mask = '*'.repeat(16)

/** What is given to a webhook for its requests only, by where it is given. */
const secrets = {
  password: 'sesame-of-the-password',
  authorization_header: 'sesame-of-the-authorization',
  static_headers: 'sesame-of-a-static-header',
}
/** A template, which the API shows as it was written; it lies sealed all the same. */
const ofHeaders = 'sesame-of-the-headers'
let signingSecret = ''

let world: World
let webhookId = ''

beforeAll(async () => {
  world = await newWorld()
  const { json: integration } = await world.api('POST', 'integrations/', { type: 'formatted_webhook', name: 'Boiler' })
  const about = { http_method: 'POST', trigger_type: 'alert group created', url: `${world.receiverUrl}secret` }
  const { json: webhook } = await world.api('POST', 'webhooks/', {
    ...about,
    name: 'Secretive',
    username: 'ada',
    password: secrets.password,
    authorization_header: secrets.authorization_header,
    static_headers: { 'X-Api-Key': secrets.static_headers },
    headers: JSON.stringify({ Authorization: ofHeaders }),
  })
  webhookId = webhook.id
  signingSecret = (await world.api('POST', `webhooks/${webhookId}/signing/`, {})).json.secret
  await world.request('POST', integration.link, { alert_uid: '1', title: 'Boiler' })
  await eventually(async () => {
    const { json } = await world.api('GET', `webhooks/${webhookId}/responses/`)
    return json.results[0]
  })
})
afterAll(() => world.close())

/** What of it is in a text, in any form. */
const found = (text: string): readonly string[] =>
  foundOf(text, [...Object.values(secrets), basic(), signingSecret.slice('whsec_'.length)])

const basic = (): string => Buffer.from(`ada:${secrets.password}`).toString('base64')

const foundOf = (text: string, wanted: readonly string[]): readonly string[] =>
  wanted.filter((secret) =>
    [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret, 'base64').toString('hex')].some((form) =>
      text.includes(form),
    ),
  )

test('the receiver gets what is secret, since it is meant for it', () => {
  const [request] = world.webhooks
  expect(request?.headers).toMatchObject({
    authorization: `Basic ${basic()}`,
    'x-api-key': secrets.static_headers,
    'webhook-signature': expect.stringMatching(/^v1,/),
  })
})

test('the log of attempts shows the request with masks', async () => {
  const { json } = await world.api('GET', `webhooks/${webhookId}/responses/`)
  const headers = JSON.parse(json.results[0].request_headers)
  expect(headers).toMatchObject({ Authorization: mask, 'X-Api-Key': mask })
})

test('nothing that the API or the metrics say has a secret in it', async () => {
  const { json: deliveries } = await world.api('GET', `webhooks/${webhookId}/deliveries/`)
  const own = ['', 'responses/', 'deliveries/', 'signing/', 'health/'].map((end) => `webhooks/${webhookId}/${end}`)
  const one = `deliveries/${deliveries.results[0].id}/`
  const answers = await Promise.all([...own, one, 'webhooks/', 'events/', 'openapi.json'].map((path) => world.api('GET', path)))
  const sent = await world.api('POST', `webhooks/${webhookId}/test/`, {})
  const preview = await world.api('POST', `webhooks/${webhookId}/preview/`, {})
  const metrics = await world.request('GET', '/metrics')
  const all = [...answers, sent, preview, metrics]
  expect(all.map(({ status }) => status)).toEqual([...answers.map(() => 200), expect.any(Number), expect.any(Number), 200])
  expect(all.flatMap(({ text }) => found(text))).toEqual([])
})

test('no row of any table has a secret in it that is not sealed', async () => {
  const { rows: tables } = await sql<{ readonly name: string }>`
    select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`.execute(world.apiDb.sql)
  expect(tables.length).toBeGreaterThan(30)
  for (const { name } of tables) {
    const { rows } = await sql<{ readonly row: string }>`select t::text as row from ${sql.raw(name)} t`.execute(world.apiDb.sql)
    expect([name, ...rows.flatMap(({ row }) => [...found(row), ...foundOf(row, [ofHeaders])])]).toEqual([name])
  }
})
