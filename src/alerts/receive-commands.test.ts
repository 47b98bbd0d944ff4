import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BoilerRoom, boilerRoom } from '../../test/support/boiler-room.ts'
import { about, newKey, payloadOf, signal, signalRoom } from '../../test/support/signals.ts'
import { type StillWorld, stillWorld } from '../../test/support/still-world.ts'

let world: StillWorld
let room: BoilerRoom
let signals: Awaited<ReturnType<typeof signalRoom>>

beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'lighthouse')
  signals = await signalRoom(world, room)
})

afterAll(() => world.close())

describe('a source that takes something over', () => {
  const last = async (key: string) => (await signals.groupsAbout(key)).at(-1)

  test('acknowledges its group without a person, and nobody is paged any more', async () => {
    const key = newKey()
    await signals.takeIn(signal(key))
    await signals.takeIn(about(key, 'acknowledge'))
    const group = await last(key)
    expect(await room.show(group?.id ?? '')).toMatchObject({ state: 'acknowledged', acknowledged_by: null, alerts_count: 2 })
    expect(await signals.typesAbout(key)).toEqual(['alert_group.created', 'escalation.started', 'alert_group.acknowledged'])
    expect(group?.events.at(-1)).toMatchObject({
      actor: { kind: 'integration', id: signals.source.id },
      data: { user: null, alert_group_acknowledged_by: null, alert_payload: { number: expect.any(Number) } },
    })
    const runs = await world.db.sql
      .selectFrom('escalation_runs')
      .select('state')
      .where('subject_id', '=', group?.id ?? '')
      .execute()
    expect(runs).toEqual([{ state: 'stopped' }])
  })

  test('acknowledges in the batch of the first alert too, and resolves after it', async () => {
    const key = newKey()
    await signals.takeIn(signal(key), about(key, 'acknowledge'), signal(key))
    expect(await signals.brief(key)).toEqual(['acknowledged 3'])
    await signals.takeIn(
      about(key, 'acknowledge'),
      about(key, 'resolve'),
      signal(key),
      about(key, 'acknowledge'),
      about(key, 'resolve'),
    )
    expect(await signals.brief(key)).toEqual(['resolved 5', 'resolved 3'])
    const types = (await last(key))?.events.map(({ type }) => type)
    expect(types).toEqual(['alert_group.created', 'escalation.started', 'alert_group.acknowledged', 'alert_group.resolved'])
  })

  test('twice joins an alert more and says it once', async () => {
    const key = newKey()
    await signals.takeIn(signal(key))
    await signals.takeIn(about(key, 'acknowledge'))
    await signals.takeIn(about(key, 'acknowledge'), about(key, 'acknowledge'))
    expect(await signals.brief(key)).toEqual(['acknowledged 4'])
    expect((await signals.typesAbout(key)).filter((type) => type === 'alert_group.acknowledged')).toEqual([
      'alert_group.acknowledged',
    ])
  })

  test('acknowledges a silenced group', async () => {
    const key = newKey()
    await signals.takeIn(signal(key))
    const id = (await last(key))?.id ?? ''
    await room.act(id, 'silence', { delay: 600 })
    await signals.takeIn(about(key, 'acknowledge'))
    expect(await room.show(id)).toMatchObject({ state: 'acknowledged', acknowledged_by: null, silenced_at: null })
  })
})

describe('what is ignored', () => {
  const ignoredEvents = async () => {
    const { json } = await room.crew.api('GET', 'events/?limit=1000')
    return json.results.filter(({ type }: { readonly type: string }) => type === 'alert.ignored')
  }

  test.each(['acknowledge', 'resolve'] as const)('to %s what never began is in the log, and no group', async (action) => {
    const key = newKey()
    const before = (await ignoredEvents()).length
    await signals.takeIn(about(key, action), { ...about(key, action), payload: payloadOf(8) })
    const events = await ignoredEvents()
    expect(events.length).toBe(before + 1)
    expect(events.at(-1)).toMatchObject({
      actor: { kind: 'integration', id: signals.source.id },
      alert_group_id: null,
      data: {
        reason: `There is no alert group to ${action}: none has this id`,
        alerts_count: 2,
        integration: { id: signals.source.id, type: 'formatted_webhook' },
        payload: { number: 8 },
      },
    })
    expect(await signals.brief(key)).toEqual([])
  })

  test('to act on what is over is in the timeline of the group, which stays as it is', async () => {
    const key = newKey()
    await signals.takeIn(signal(key), about(key, 'resolve'), about(key, 'resolve'))
    await signals.takeIn(about(key, 'acknowledge'))
    expect(await signals.brief(key)).toEqual(['resolved 2'])
    const told = (await signals.groupsAbout(key))[0]?.events.filter(({ type }) => type === 'alert.ignored')
    expect(told?.map(({ data }) => data.reason)).toEqual([
      'There is no alert group to resolve: the last one with this id is resolved',
      'There is no alert group to acknowledge: the last one with this id is resolved',
    ])
  })

  test('as no alert at all is in the timeline of the open group, without its long payload', async () => {
    const key = newKey()
    const json = Buffer.from(`"${'x'.repeat(20_000)}"`)
    await signals.takeIn(signal(key))
    await signals.takeIn({
      action: 'ignore',
      opening: null,
      reason: 'It is no alert',
      groupingKey: key,
      payload: { json, truncated: false },
    })
    expect(await signals.brief(key)).toEqual(['firing 1'])
    const event = (await signals.groupsAbout(key))[0]?.events.at(-1)
    expect(event).toMatchObject({ type: 'alert.ignored', data: { reason: 'It is no alert', payload: { truncated: true } } })
    expect(event.data.payload.text).toHaveLength(16_384)
  })
})

test('nothing of all that was a defect', () => {
  expect(world.errors).toEqual([])
})
