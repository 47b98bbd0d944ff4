import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BoilerRoom, boilerRoom } from '../../test/support/boiler-room.ts'
import { type Crew, type StillWorld, stillWorld } from '../../test/support/still-world.ts'

let world: StillWorld
let room: BoilerRoom
let crew: Crew

beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'harbour')
  crew = room.crew
})

afterAll(() => world.close())

const wait = { type: 'wait', duration: 60 }
const pageAdmin = () => ({ type: 'notify_persons', persons_to_notify: [crew.users.admin] })

/** A new alert group of a chain with these steps. */
async function burning(...steps: readonly Readonly<Record<string, unknown>>[]): Promise<string> {
  return room.newGroup('firing', await room.newSource(steps))
}

/** How often somebody was paged about a group. */
async function pagesAbout(id: string): Promise<number> {
  return (await world.db.sql.selectFrom('notification_runs').select('id').where('subject_id', '=', id).execute()).length
}

describe('a step that triggers a webhook', () => {
  let names = 0
  const newWebhook = async (fields: object = {}): Promise<string> => {
    const body = {
      name: `hook ${(names += 1)}`,
      url: 'http://127.0.0.1/',
      http_method: 'POST',
      trigger_type: 'escalation',
      ...fields,
    }
    const made = await crew.api('POST', 'webhooks/', body)
    expect(made.status).toBe(201)
    return made.json.id
  }
  const trigger = (webhookId: string) => ({ type: 'trigger_webhook', action_to_trigger: webhookId })

  /** The webhooks that are owed a delivery about a group. */
  const owedTo = async (id: string): Promise<readonly string[]> => {
    const rows = await world.db.sql
      .selectFrom('deliveries')
      .innerJoin('endpoints', 'endpoints.id', 'deliveries.endpoint_id')
      .select('endpoints.owner_id')
      .where('subject_id', '=', id)
      .where('endpoints.kind', '=', 'webhook')
      .execute()
    return rows.map((row) => row.owner_id)
  }

  test('tells that webhook alone, and nobody did it', async () => {
    const [wanted] = [await newWebhook(), await newWebhook()]
    const id = await burning(trigger(wanted), pageAdmin())
    await world.runEscalations()
    await world.runAlerts()
    expect(await owedTo(id)).toEqual([wanted])
    const escalated = (await room.timeline(id)).find(({ type }) => type === 'alert_group.escalated')
    expect(escalated).toMatchObject({
      actor: { kind: 'system' },
      data: { event: { type: 'escalation', time: '2026-04-01T12:00:00+00:00' }, user: null },
    })
    expect(await pagesAbout(id)).toBe(1)
  })

  test('that was taken back before the call was made is in the timeline', async () => {
    const id = await burning(trigger(await newWebhook()), wait, pageAdmin())
    await world.runEscalations()
    await room.act(id, 'acknowledge')
    await world.runAlerts()
    const [taken, withdrawn] = (await room.timeline(id)).filter(({ data }) => data.step === 'trigger_webhook')
    expect(taken.type).toBe('escalation.step_taken')
    expect(withdrawn).toMatchObject({ type: 'escalation.step_withdrawn', actor: { kind: 'system' } })
    expect(withdrawn.data).toEqual({
      step: 'trigger_webhook',
      escalation_policy_id: taken.data.escalation_policy_id,
      escalation_run_id: taken.data.escalation_run_id,
      reason: 'The alert group was taken over before this was done',
    })
    expect(await owedTo(id)).toEqual([])
  })

  test('that is gone or off when the call is to be made is in the timeline, and nobody is told of a call', async () => {
    const [disabled, deleted] = [await newWebhook(), await newWebhook()]
    const id = await burning(trigger(disabled), trigger(deleted))
    await world.runEscalations()
    await crew.api('PATCH', `webhooks/${disabled}/`, { is_webhook_enabled: false })
    await crew.api('DELETE', `webhooks/${deleted}/`)
    await world.runAlerts()
    const types = (await room.typesOf(id)).slice(2)
    expect(types.filter((type) => type === 'escalation.step_withdrawn').length).toBe(2)
    expect(types).not.toContain('alert_group.escalated')
  })

  test('that is disabled, deleted or was never set is told, and the chain goes on', async () => {
    const [disabled, deleted] = [await newWebhook(), await newWebhook()]
    const id = await burning(trigger(disabled), trigger(deleted), { type: 'trigger_webhook' }, pageAdmin())
    await crew.api('PATCH', `webhooks/${disabled}/`, { is_webhook_enabled: false })
    await crew.api('DELETE', `webhooks/${deleted}/`)
    await world.runEscalations()
    await world.runAlerts()
    const failures = (await room.timeline(id)).filter(({ type }) => type === 'escalation.step_failed')
    expect(failures.map(({ data }) => data.reason)).toEqual([
      expect.stringMatching(/^The webhook "hook \d+" is disabled$/),
      'The step has no webhook: it was never set, or the webhook was deleted',
      'The step has no webhook: it was never set, or the webhook was deleted',
    ])
    expect(await owedTo(id)).toEqual([])
    expect(await pagesAbout(id)).toBe(1)
  })
})
