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
  expect(all.map(({ status }) => status)).toEqual([...answers.map(() => 200), 202, 200, 200])
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

test('what a webhook is told of the person whom it pages is shown to nobody else', async () => {
  const context = { to: 'sesame-of-the-person', zeta: 1, alpha: 2 }
  const about = { name: 'Pager', http_method: 'POST', trigger_type: 'personal notification' }
  const templates = { url: `${world.receiverUrl}{{ event.user.to }}`, headers: '{"X-To": "{{ event.user.to }}"}' }
  const { json: pager } = await world.api('POST', 'webhooks/', { ...about, ...templates })
  const { json: ada } = await world.api('GET', 'users/current/')
  await world.api('POST', 'personal_notification_rules/', { user_id: ada.id, type: 'notify_by_webhook' })
  await world.api('PUT', 'users/current/personal_webhook/', { webhook: pager.id, context })
  const { json: chain } = await world.api('POST', 'escalation_chains/', { name: 'Ada' })
  const step = { type: 'notify_persons', persons_to_notify: [ada.id] }
  await world.api('POST', 'escalation_policies/', { escalation_chain_id: chain.id, ...step })
  const source = { type: 'formatted_webhook', name: 'Cranes', default_route: { escalation_chain_id: chain.id } }
  const { json: cranes } = await world.api('POST', 'integrations/', source)
  await world.request('POST', cranes.link, { alert_uid: '1', title: 'Crane' })
  const delivery = await eventually(async () => {
    const { json } = await world.api('GET', `webhooks/${pager.id}/deliveries/?state=delivered`)
    return json.results[0]
  })
  const told = (): readonly string[] =>
    world.webhooks.map(({ body }) => JSON.stringify(body)).filter((text) => text.includes(context.to))
  expect(told()).toEqual([expect.stringContaining(`"user":${JSON.stringify(context)}`)])
  const again = await world.api('POST', `deliveries/${delivery.id}/redeliver/`)
  const shown = {
    url: new URL(world.receiverUrl).origin,
    headers: { 'X-To': mask, 'content-type': 'application/json' },
    body: mask,
  }
  expect([again.status, again.json.request]).toMatchObject([201, shown])
  await eventually(() => (told().length === 2 ? true : undefined))

  const { json: responses } = await world.api('GET', `webhooks/${pager.id}/responses/`)
  expect(responses.results[0]).toMatchObject({ url: shown.url, request_headers: `{"X-To": "${mask}"}`, request_data: mask })
  expect(JSON.parse(responses.results[0].event_data).event).toMatchObject({ type: 'personal notification', user: mask })
  const own = ['responses/', 'deliveries/', 'health/'].map((end) => `webhooks/${pager.id}/${end}`)
  const timeline = `alert_groups/${delivery.alert_group_id}/timeline/`
  const paths = [...own, timeline, 'events/', `deliveries/${delivery.id}/`, `deliveries/${again.json.id}/`]
  const answers = await Promise.all(paths.map((path) => world.api('GET', path)))
  expect(answers.map(({ status, text }) => [status, text.includes(context.to)])).toEqual(answers.map(() => [200, false]))
})

test.each([
  [
    'a trigger template that says something else',
    { trigger_template: '{{ event.user.to }}' },
    `Not triggered: the trigger template says ${mask}`,
  ],
  ['a template that fails', { forward_all: false, data: '{{ {}[event.user.to].x }}' }, `Data - Template Warning: ${mask}`],
  ['headers that cannot be', { headers: '{"{{ event.user.to }} ": ""}' }, `Headers - ${mask}`],
])('why a person was not paged is shown without what is told of them: %s', async (name, templates, reason) => {
  const context = { to: 'sesame-of-the-person' }
  const about = { name, url: world.receiverUrl, http_method: 'POST', trigger_type: 'personal notification' }
  const { json: pager } = await world.api('POST', 'webhooks/', { ...about, ...templates })
  const ben = { username: name, email: `${name.replaceAll(' ', '-')}@example.com`, role: 'editor' }
  const { json: user } = await world.api('POST', 'users/', ben)
  await world.api('POST', 'personal_notification_rules/', { user_id: user.id, type: 'notify_by_webhook' })
  await world.api('PUT', `users/${user.id}/personal_webhook/`, { webhook: pager.id, context })
  const { json: chain } = await world.api('POST', 'escalation_chains/', { name })
  const step = { type: 'notify_persons', persons_to_notify: [user.id] }
  await world.api('POST', 'escalation_policies/', { escalation_chain_id: chain.id, ...step })
  const source = { type: 'formatted_webhook', name, default_route: { escalation_chain_id: chain.id } }
  const { json: integration } = await world.api('POST', 'integrations/', source)
  await world.request('POST', integration.link, { alert_uid: '1', title: name })
  const delivery = await eventually(async () => {
    const { json } = await world.api('GET', `webhooks/${pager.id}/deliveries/`)
    return json.results.find(({ reason: why }: { readonly reason: string | null }) => why !== null)
  })
  expect(delivery.reason).toBe(reason)
  const timeline = `alert_groups/${delivery.alert_group_id}/timeline/`
  const failure = await eventually(async () => {
    const { text } = await world.api('GET', timeline)
    return text.includes('notification.failed') ? text : undefined
  })
  const paths = ['deliveries/', 'responses/'].map((end) => `webhooks/${pager.id}/${end}`)
  const answers = await Promise.all([...paths, `deliveries/${delivery.id}/`].map((path) => world.api('GET', path)))
  expect([failure, ...answers.map(({ text }) => text)].filter((text) => text.includes(context.to))).toEqual([])
})
