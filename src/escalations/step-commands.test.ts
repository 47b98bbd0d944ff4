import { sql } from 'kysely'
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

describe('a step that pages whoever is on call', () => {
  /** A schedule of two shifts, the first of which nobody can read: a newer version beside this one may have stored it. */
  const halfReadable = async (others: readonly string[]): Promise<Readonly<Record<'scheduleId' | 'brokenId', string>>> => {
    const shift = { type: 'single_event', start: '2026-04-01T08:00:00', duration: 28_800 }
    const make = async (path: string, body: object) => (await crew.api('POST', path, body)).json.id
    const brokenId = await make('on_call_shifts/', { ...shift, users: [crew.users.editor] })
    const shifts = [brokenId, await make('on_call_shifts/', { ...shift, users: others })]
    const scheduleId = await make('schedules/', { type: 'web', name: 'Half', time_zone: 'UTC', shifts })
    const definition = sql<string>`jsonb_set(definition, '{type}', '"every_second_moon"')`
    await world.db.sql.updateTable('shift_versions').set({ definition }).where('shift_id', '=', brokenId).execute()
    return { scheduleId, brokenId }
  }
  const pageOnCall = (scheduleId: string) => ({
    type: 'notify_on_call_from_schedule',
    notify_on_call_from_schedule: scheduleId,
  })

  test('pages them beside a shift that cannot be read, and tells of that shift', async () => {
    const { scheduleId, brokenId } = await halfReadable([crew.users.admin])
    const id = await burning(pageOnCall(scheduleId))
    await world.runEscalations()
    const taken = (await room.timeline(id)).find(({ type }) => type === 'escalation.step_taken')
    expect(taken.data).toMatchObject({ user_ids: [crew.users.admin], unreadable_shift_ids: [brokenId] })
    expect(await pagesAbout(id)).toBe(1)
  })

  test('fails with that reason when nobody else is on call; the alert is taken, acknowledged, and the chain goes on', async () => {
    const { scheduleId, brokenId } = await halfReadable([])
    const id = await burning(pageOnCall(scheduleId), pageAdmin())
    await world.runEscalations()
    const failed = (await room.timeline(id)).find(({ type }) => type === 'escalation.step_failed')
    expect(failed.data).toMatchObject({
      reason: 'Nobody is on call in the schedule, but this version of Watchbell cannot read all of it; unreadable shifts: 1',
      unreadable_shift_ids: [brokenId],
    })
    expect(await pagesAbout(id)).toBe(1)
    await room.act(id, 'acknowledge')
  })
})

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
