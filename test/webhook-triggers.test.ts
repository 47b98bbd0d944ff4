import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually, newWorld, type World } from './support/watchbell.ts'

let world: World
beforeEach(async () => {
  world = await newWorld({ mailIsOn: false })
})
afterEach(() => world.close())

const make = async (path: string, body: object) => {
  const { status, json, text } = await world.api('POST', path, body)
  expect({ status, text }).toEqual({ status: 201, text })
  return json
}

const makeSource = (fields: object = {}) => make('integrations/', { type: 'formatted_webhook', name: 'Cranes', ...fields })

const alert = (source: { readonly link: string }, body: object) => world.request('POST', source.link, body)

/** A webhook of the receiver that takes everything; its name comes back in a header. */
const listen = (name: string, fields: object) =>
  make('webhooks/', { name, url: world.receiverUrl, http_method: 'POST', static_headers: { 'X-Name': name }, ...fields })

const heard = (name: string): readonly any[] =>
  world.webhooks.filter(({ headers }) => headers['x-name'] === name).map(({ body }) => body)

const eventTypes = async (): Promise<readonly string[]> =>
  (await world.api('GET', 'events/?after=0')).json.results.map(({ type }: { readonly type: string }) => type)

const anInstant = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)$/)

describe('what happens to webhooks', () => {
  /** A receiver that refuses everything, in whatever way. */
  async function brokenReceiver(status: number) {
    const server = createServer((request, response) => request.resume().on('end', () => response.writeHead(status).end()))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return { url: `http://127.0.0.1:${port}/broken`, close: () => server.close() }
  }

  it('a message that was given up is told to webhooks that wait for that, but not to its own', async () => {
    const broken = await brokenReceiver(500)
    await listen('watcher', { trigger_types: ['message.exhausted', 'webhook.failing'] })
    const about = { trigger_types: ['alert group created', 'message.exhausted'], retry: 'none' }
    const webhook = await make('webhooks/', { name: 'ticket', url: broken.url, http_method: 'POST', ...about })
    const source = await makeSource()
    await alert(source, { alert_uid: 'crane-7', title: 'Crane 7 stands still' })
    const [told] = await eventually(() => (heard('watcher').length > 0 ? heard('watcher') : undefined))
    const [group] = (await world.api('GET', 'alert_groups/')).json.results
    expect(told).toEqual({
      event: { type: 'message.exhausted', time: anInstant },
      webhook_id: webhook.id,
      webhook_name: 'ticket',
      url: new URL(broken.url).origin,
      message_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      trigger: 'alert group created',
      event_sequence: 1,
      alert_group_id: group.id,
      status_code: 500,
      attempts_count: 1,
      reason: 'Given up after one attempt. The receiver answered 500',
      text: 'outgoing webhook `ticket` has given up a message about alert group created: Given up after one attempt. The receiver answered 500',
    })
    broken.close()
  })

  it('webhooks that fail to tell of each other do not go on doing so', async () => {
    const broken = await brokenReceiver(500)
    const common = { url: broken.url, http_method: 'POST', retry: 'none' }
    await make('webhooks/', { name: 'ticket', trigger_types: ['alert group created', 'message.exhausted'], ...common })
    await make('webhooks/', { name: 'other', trigger_type: 'message.exhausted', ...common })
    await alert(await makeSource(), { alert_uid: 'crane-7' })
    const failed = async () => (await eventTypes()).filter((type) => type === 'webhook.failed').length
    await eventually(async () => ((await failed()) === 2 ? true : undefined))
    expect((await eventTypes()).filter((type) => type === 'message.exhausted').length).toBe(1)
    broken.close()
  })

  it('a webhook that is switched off is told to others, whatever their filters of integrations', async () => {
    const gone = await brokenReceiver(410)
    const source = await makeSource()
    const elsewhere = await make('integrations/', { type: 'webhook', name: 'Elsewhere' })
    await listen('watcher', { trigger_type: 'webhook.disabled', integration_filter: [elsewhere.id] })
    const webhook = await make('webhooks/', {
      name: 'gone',
      url: gone.url,
      http_method: 'POST',
      trigger_type: 'alert group created',
    })
    await alert(source, { alert_uid: 'crane-7' })
    const [told] = await eventually(() => (heard('watcher').length > 0 ? heard('watcher') : undefined))
    expect(told).toMatchObject({
      event: { type: 'webhook.disabled', time: anInstant },
      webhook_id: webhook.id,
      webhook_name: 'gone',
      url: new URL(gone.url).origin,
      reason: 'The receiver answered 410: it is gone for good.',
      webhook_is_off: true,
    })
    gone.close()
  })
})

it('an alert that joins a group is told with it', async () => {
  await listen('watcher', { trigger_type: 'alert added' })
  const source = await makeSource()
  await alert(source, { alert_uid: 'crane-7', title: 'Crane 7 stands still', volts: 0.5 })
  await alert(source, { alert_uid: 'crane-7', title: 'Crane 7 stands still', volts: 0.25 })
  const [told] = await eventually(() => (heard('watcher').length > 0 ? heard('watcher') : undefined))
  expect(told).toMatchObject({
    event: { type: 'alert added', time: anInstant, alerts_added: 1 },
    alert_group: { alerts_count: 2, last_alert: { payload: { volts: 0.25 } } },
    alert_payload: { volts: 0.5 },
    integration: { id: source.id },
  })
})

describe('the paging of people', () => {
  const chainOf = async (...steps: readonly object[]) => {
    const chain = await make('escalation_chains/', { name: 'Cranes' })
    for (const step of steps) await make('escalation_policies/', { escalation_chain_id: chain.id, ...step })
    return chain
  }

  it('by a webhook of their own tells it all of the alert group, and what it needs to know of the person', async () => {
    const ada = (await world.api('GET', 'users/current/')).json
    const webhook = await listen('pager', { trigger_type: 'personal notification', integration_filter: null })
    await make('personal_notification_rules/', { user_id: ada.id, type: 'notify_by_webhook' })
    const context = { phone: '+49 30 123', voice: true }
    const chosen = await world.api('PUT', 'users/current/personal_webhook/', { webhook: webhook.id, context })
    expect(chosen.json).toEqual({ webhook: webhook.id, context })
    const chain = await chainOf({ type: 'notify_persons', persons_to_notify: [ada.id] })
    const source = await makeSource({ default_route: { escalation_chain_id: chain.id } })
    await alert(source, { alert_uid: 'crane-7', title: 'Crane 7 stands still' })
    const [told] = await eventually(() => (heard('pager').length > 0 ? heard('pager') : undefined))
    expect(told).toMatchObject({
      event: { type: 'personal notification', time: anInstant, user: context, important: false },
      user: { id: ada.id, username: 'ada', email: 'ada@bell.example' },
      alert_group: { title: 'Crane 7 stands still', state: 'firing' },
      alert_payload: { alert_uid: 'crane-7' },
      integration: { id: source.id },
    })
    const timeline = () => world.api('GET', `alert_groups/${told.alert_group_id}/timeline/`)
    const sent = await eventually(async () =>
      (await timeline()).json.results.find(({ type }: { readonly type: string }) => type === 'notification.sent'),
    )
    expect(sent.data).toEqual({ user: { id: ada.id, username: 'ada' }, channel: 'webhook', important: false })
    await world.api('POST', `alert_groups/${told.alert_group_id}/acknowledge/`)
  })

  it('that their webhook does not take, or its template does not want, is told as a failure', async () => {
    const ada = (await world.api('GET', 'users/current/')).json
    const common = { http_method: 'POST', trigger_type: 'personal notification' }
    const choosy = await make('webhooks/', { name: 'choosy', url: world.receiverUrl, trigger_template: 'False', ...common })
    await make('personal_notification_rules/', { user_id: ada.id, type: 'notify_by_webhook' })
    await world.api('PUT', 'users/current/personal_webhook/', { webhook: choosy.id })
    await listen('watcher', { trigger_type: 'notification failed' })
    const chain = await chainOf({ type: 'notify_persons', persons_to_notify: [ada.id], important: true })
    const source = await makeSource({ default_route: { escalation_chain_id: chain.id } })
    await alert(source, { alert_uid: 'crane-7', title: 'Crane 7 stands still' })
    const [first] = await eventually(() => (heard('watcher').length > 0 ? heard('watcher') : undefined))
    expect(first.event).toEqual({
      type: 'notification failed',
      time: anInstant,
      recipient: { id: ada.id, username: 'ada', email: 'ada@bell.example' },
      channel: 'webhook',
      important: true,
      reason: 'Not triggered: the trigger template says "False".',
    })
    expect(first).toMatchObject({ user: null, alert_group: { title: 'Crane 7 stands still' }, integration: { id: source.id } })
  })

  it('that fails is told with the alert group, and so is each further level of an escalation', async () => {
    const ada = (await world.api('GET', 'users/current/')).json
    await listen('failures', { trigger_type: 'notification failed' })
    await listen('levels', { trigger_type: 'escalated' })
    const chain = await chainOf({ type: 'notify_persons', persons_to_notify: [ada.id] }, { type: 'repeat_escalation' })
    const source = await makeSource({ default_route: { escalation_chain_id: chain.id } })
    await alert(source, { alert_uid: 'crane-7', title: 'Crane 7 stands still' })
    const failures = await eventually(() => (heard('failures').length === 6 ? heard('failures') : undefined))
    expect(failures[0]).toMatchObject({
      event: { type: 'notification failed', channel: 'email', reason: 'E-mail is off: WATCHBELL_SMTP_URL is not set' },
      alert_group: { title: 'Crane 7 stands still' },
    })
    expect(heard('levels')).toEqual([])
    await listen('pager', { trigger_type: 'personal notification' })
    const { json } = await world.api('GET', 'webhooks/?name=pager')
    await make('personal_notification_rules/', { user_id: ada.id, type: 'notify_by_webhook' })
    await world.api('PUT', 'users/current/personal_webhook/', { webhook: json.results[0].id })
    await alert(source, { alert_uid: 'crane-8', title: 'Crane 8 stands still' })
    const levels = await eventually(() => (heard('levels').length === 5 ? heard('levels') : undefined))
    const told = levels.toSorted((a, b) => a.event.level - b.event.level)
    expect(told.map(({ event }) => event.level)).toEqual([2, 3, 4, 5, 6])
    expect(told[0]).toMatchObject({
      event: { type: 'escalated', time: anInstant, escalation_chain_id: chain.id, recipients: [{ id: ada.id, username: 'ada' }] },
      alert_group: { title: 'Crane 8 stands still', state: 'firing' },
    })
  })
})
