import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, newWorld, type World } from './support/watchbell.ts'

/** From one alert to a person and back, through the real outbox, with real mail and real webhooks. */
describe('one alert in, one person paged, one webhook out', () => {
  let world: World
  let integration: { id: string; link: string }
  beforeAll(async () => {
    world = await newWorld()
    const { json: me } = await world.api('GET', 'users/current/')
    const { json: chain } = await world.api('POST', 'escalation_chains/', { name: 'Database' })
    await world.api('POST', 'escalation_policies/', {
      escalation_chain_id: chain.id,
      type: 'notify_persons',
      persons_to_notify: [me.id],
    })
    const made = await world.api('POST', 'integrations/', {
      type: 'formatted_webhook',
      name: 'Checks',
      default_route: { escalation_chain_id: chain.id },
    })
    integration = made.json
    for (const trigger_type of ['alert group created', 'status change']) {
      await world.api('POST', 'webhooks/', { name: trigger_type, url: world.receiverUrl, http_method: 'POST', trigger_type })
    }
  })
  afterAll(() => world.close())

  it('the alert is answered in the words of the contract', async () => {
    const answer = await world.request('POST', integration.link, { alert_uid: 'd1', title: 'Disk full on db1', message: '99 %' })
    expect(answer).toMatchObject({ status: 200, text: '"Ok."' })
  })

  it('the person gets one e-mail with the title in the subject', async () => {
    const mail = await eventually(() => world.mails[0])
    expect(mail.subject).toContain('Disk full on db1')
    expect(mail.to?.[0]?.address).toBe('ada@bell.example')
    expect(mail.text).toContain('99 %')
    expect(world.mails).toHaveLength(1)
  })

  it('the webhook tells of the new alert group with the whole event', async () => {
    const created = await eventually(() => world.webhooks.find(({ body }) => eventType(body) === 'alert group created'))
    expect(Object.keys(created.body)).toEqual([
      'event',
      'user',
      'alert_group',
      'alert_group_id',
      'alert_payload',
      'integration',
      'notified_users',
      'users_to_be_notified',
      'alert_group_acknowledged_by',
      'alert_group_resolved_by',
    ])
    expect(created.body).toMatchObject({
      user: null,
      alert_payload: { alert_uid: 'd1', title: 'Disk full on db1', message: '99 %' },
      integration: { id: integration.id, type: 'formatted_webhook', name: 'Checks - Formatted webhook', team: null },
      users_to_be_notified: [{ username: 'ada', email: 'ada@bell.example' }],
      alert_group: { state: 'firing', alerts_count: 1, title: 'Disk full on db1', labels: [] },
    })
    expect(created.headers['webhook-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('a mail scanner that follows the links acknowledges nothing', async () => {
    for (const link of linksIn(world)) expect((await world.request('GET', link)).status).toBe(200)
    const { json } = await world.api('GET', 'alert_groups/')
    expect(json.results[0].state).toBe('firing')
  })

  it('the button behind the link acknowledges, and the webhook names who did it', async () => {
    // A page of which nobody has heard yet whether it was sent would be taken back.
    await eventually(async () => {
      const { json } = await world.api('GET', 'events/?after=0&limit=1000')
      return json.results.some((event: { type: string }) => event.type === 'notification.sent') || undefined
    })
    const [acknowledge = ''] = linksIn(world)
    const answer = await world.request('POST', acknowledge)
    expect(answer.text).toContain('Acknowledged')
    const told = await eventually(() => world.webhooks.find(({ body }) => eventType(body) === 'acknowledge'))
    expect(told.body).toMatchObject({
      user: { username: 'ada', email: 'ada@bell.example' },
      alert_group: { state: 'acknowledged' },
      notified_users: [{ username: 'ada' }],
      alert_group_acknowledged_by: { username: 'ada' },
    })
  })

  it('a repeat joins the group and pages nobody again', async () => {
    await world.request('POST', integration.link, { alert_uid: 'd1', title: 'Disk full on db1' })
    const { json } = await world.api('GET', 'alert_groups/')
    expect(json.results).toHaveLength(1)
    expect(json.results[0]).toMatchObject({ alerts_count: 2, state: 'acknowledged' })
    expect(world.mails).toHaveLength(1)
  })

  it('the source resolves it, and the response log shows what the receiver said', async () => {
    await world.request('POST', integration.link, { alert_uid: 'd1', state: 'ok' })
    const told = await eventually(() => world.webhooks.find(({ body }) => eventType(body) === 'resolve'))
    expect(told.body).toMatchObject({ user: null, alert_group: { state: 'resolved', resolved_by: null } })
    const { json: webhooks } = await world.api('GET', 'webhooks/?name=status+change')
    const log = await eventually(async () => {
      const { json } = await world.api('GET', `webhooks/${webhooks.results[0].id}/responses/`)
      return json.count === 2 ? json : undefined
    })
    expect(log.results[0]).toMatchObject({
      url: world.receiverUrl,
      status_code: 200,
      content: '{"thanks": true}',
      request_trigger: '',
    })
    expect(JSON.parse(log.results[0].event_data).event.type).toBe('resolve')
  })

  it('the timeline tells the story in order', async () => {
    const { json } = await world.api('GET', 'alert_groups/')
    const timeline = await eventually(async () => {
      const answer = await world.api('GET', `alert_groups/${json.results[0].id}/timeline/`)
      const types: string[] = answer.json.results.map((event: { type: string }) => event.type)
      return types.filter((type) => type === 'webhook.delivered').length === 3 ? types : undefined
    })
    expect(timeline.filter((type) => type !== 'webhook.delivered')).toEqual([
      'alert_group.created',
      'escalation.started',
      'escalation.step_taken',
      'escalation.finished',
      'notification.sent',
      'alert_group.acknowledged',
      'alert_group.resolved',
    ])
  })

  it('the log of the organization has every sequence once, in order', async () => {
    const { json } = await world.api('GET', 'events/?after=0&limit=1000')
    const sequences = json.results.map((event: { sequence: number }) => event.sequence)
    expect(sequences).toEqual(sequences.map((_: number, index: number) => index + 1))
    const { json: rest } = await world.api('GET', `events/?after=${sequences[4]}&limit=2`)
    expect(rest.results.map((event: { sequence: number }) => event.sequence)).toEqual([6, 7])
  })
})

describe('without a mail server', () => {
  it('the timeline says that the page was impossible, and why', async () => {
    const world = await newWorld({ mailIsOn: false })
    const { json: me } = await world.api('GET', 'users/current/')
    const { json: chain } = await world.api('POST', 'escalation_chains/', { name: 'Night' })
    await world.api('POST', 'escalation_policies/', {
      escalation_chain_id: chain.id,
      type: 'notify_persons',
      persons_to_notify: [me.id],
    })
    const { json: source } = await world.api('POST', 'integrations/', {
      type: 'webhook',
      default_route: { escalation_chain_id: chain.id },
    })
    await world.request('POST', source.link, { what: 'smoke' })
    const failed = await eventually(async () => {
      const { json } = await world.api('GET', 'events/')
      return json.results.find((event: { type: string }) => event.type === 'notification.failed')
    })
    expect(failed.data.reason).toContain('WATCHBELL_SMTP_URL')
    await world.close()
  })
})

const eventType = (body: Readonly<Record<string, any>>): string => body['event']?.type ?? ''

/** The links of the e-mail, to acknowledge first. */
function linksIn(world: World): readonly string[] {
  return [...(world.mails[0]?.text ?? '').matchAll(/https:\/\/bell\.example\/r\/\S+/g)].map(([link]) => link)
}
