import { describe, expect, it } from 'vitest'
import type { DeliveryWorld } from '../../../test/support/delivery-world.ts'
import {
  attempts,
  dead,
  endpointOf,
  organizationId,
  owingWorlds,
  post,
  send,
  waiting,
} from '../../../test/support/owed-deliveries.ts'
import { asId, type EndpointId, type OrganizationId } from '../../lib/ids.ts'
import { lanes } from '../delivery.ts'
import type { ReplayOutcome } from './replay.ts'
import { findEndedDelivery, replayDeliveries } from './commands.ts'

const owing = owingWorlds()
const url = 'https://desk.example/'
const none = { retry: 'none' } as const

async function replay(world: DeliveryWorld, endpointId: EndpointId, ids: readonly number[]): Promise<readonly ReplayOutcome[]> {
  return world.db.tx('test', async (tx) => {
    const ended = await Promise.all(ids.map((id) => findEndedDelivery(tx.sql, organizationId, id)))
    return replayDeliveries(
      tx,
      ended.flatMap((one) =>
        one === null ? [] : [{ ended: one, endpointId, messageId: one.messageId, expiresAt: null, cancelKey: null }],
      ),
    )
  })
}

const idsOf = async (world: DeliveryWorld) => (await attempts(world)).map((attempt) => attempt.delivery_id)

describe('what has ended and is sent again', () => {
  it('leaves with the same id and bytes and a new time, as a delivery of its own, after what is fresh', async () => {
    let version = 0
    const world = await owing({
      behave: (_request, attemptsSoFar) => ({ afterMs: 10, status: attemptsSoFar === 0 ? 500 : 200 }),
      render: async (_db, deliveries) =>
        new Map(
          deliveries.map((delivery) => [
            delivery.messageId,
            { kind: 'message' as const, message: { ...post(delivery), body: Buffer.from(`version ${(version += 1)}`) } },
          ]),
        ),
    })
    const endpoint = await endpointOf(world, url, none)
    const [messageId] = await send(world, endpoint, [{}])
    await world.pass(60_000)
    const [first] = await idsOf(world)
    const outcomes = await replay(world, endpoint, [Number(first)])
    const [row] = await waiting(world)
    expect(outcomes).toEqual([{ kind: 'owed', deliveryId: row?.id }])
    expect(row).toMatchObject({ lane: lanes.replay, attempt: 1, message_id: messageId, subject_id: 'I1', event_sequence: 1 })
    await world.pass(60_000)
    const [before, again] = world.received
    expect(again).toMatchObject({ id: messageId, url })
    expect(Buffer.from(again?.request.body ?? []).toString()).toBe('version 1')
    expect(again?.request.headers['Authorization']).toBe('Bearer sesame')
    expect(Number(again?.timestamp) - Number(before?.timestamp)).toBe(60)
    expect(await attempts(world)).toMatchObject([
      { delivery_id: first, lane: lanes.live, number: 1, outcome: 'dead' },
      { delivery_id: row?.id, lane: lanes.replay, number: 1, outcome: 'success' },
    ])
    expect(await dead(world)).toMatchObject([
      { delivery_id: first, state: 'dead', last_status: 500, replayed_at: new Date(Date.UTC(2026, 3, 1, 12, 1)) },
    ])
  })

  it('may have been delivered, and be sent a third time', async () => {
    const world = await owing()
    const endpoint = await endpointOf(world, url)
    await send(world, endpoint, [{}])
    await world.pass(1_000)
    for (const count of [1, 2]) {
      const [first] = await idsOf(world)
      expect(await replay(world, endpoint, [Number(first)])).toMatchObject([{ kind: 'owed' }])
      await world.pass(1_000)
      expect(world.received).toHaveLength(count + 1)
    }
    expect(new Set(world.received.map(({ id }) => id)).size).toBe(1)
  })

  it('waits once, however often it is asked for', async () => {
    const world = await owing({ behave: () => ({ afterMs: 10, status: 500 }) })
    const endpoint = await endpointOf(world, url, none)
    await send(world, endpoint, [{}])
    await world.pass(1_000)
    const [id] = await idsOf(world)
    const answers = await Promise.all([1, 2, 3].map(() => replay(world, endpoint, [Number(id)])))
    expect(
      answers
        .flat()
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(['owed', 'waiting', 'waiting'])
    expect(await waiting(world)).toHaveLength(1)
    expect(await replay(world, endpoint, [Number(id)])).toEqual([{ kind: 'waiting' }])
  })

  it('is not made anew when its bytes are past their time', async () => {
    const world = await owing()
    const endpoint = await endpointOf(world, url)
    await send(world, endpoint, [{}, {}])
    await world.pass(1_000)
    const [gone, kept] = await attempts(world)
    await world.db.sql.deleteFrom('messages').where('id', '=', String(gone?.message_id)).execute()
    const outcomes = await replay(world, endpoint, [Number(gone?.delivery_id), Number(kept?.delivery_id)])
    expect(outcomes).toMatchObject([{ kind: 'forgotten' }, { kind: 'owed' }])
    expect(await waiting(world)).toHaveLength(1)
  })

  it('is of the organization', async () => {
    const world = await owing()
    await send(world, await endpointOf(world, url), [{}])
    await world.pass(1_000)
    const [id] = await idsOf(world)
    expect(await findEndedDelivery(world.db.sql, organizationId, Number(id))).toMatchObject({ id, state: 'delivered' })
    expect(await findEndedDelivery(world.db.sql, asId<OrganizationId>('OBBBBBBBBBBBB'), Number(id))).toBeNull()
  })

  it('gets its bytes now if it never had any', async () => {
    let isBroken = true
    const world = await owing({
      render: async (_db, deliveries) =>
        new Map(
          deliveries.map((delivery) => [
            delivery.messageId,
            isBroken ? { kind: 'dead', reason: 'The template is wrong.' } : { kind: 'message', message: post(delivery) },
          ]),
        ),
    })
    const endpoint = await endpointOf(world, url)
    await send(world, endpoint, [{ subjectId: 'I7' }])
    await world.pass(1_000)
    isBroken = false
    const [row] = await dead(world)
    await replay(world, endpoint, [Number(row?.delivery_id)])
    await world.pass(1_000)
    expect(world.received.map(({ request }) => Buffer.from(request.body ?? []).toString())).toEqual(['about I7'])
  })

  it('is not what was skipped or goes on', async () => {
    const world = await owing({
      render: async (_db, deliveries) =>
        new Map(deliveries.map((delivery) => [delivery.messageId, { kind: 'skipped' as const, reason: 'Not wanted.' }])),
    })
    await send(world, await endpointOf(world, url), [{}])
    const [row] = await waiting(world)
    expect(await findEndedDelivery(world.db.sql, organizationId, Number(row?.id))).toBeNull()
    await world.pass(1_000)
    expect(await dead(world)).toMatchObject([{ delivery_id: row?.id, state: 'skipped' }])
    expect(await findEndedDelivery(world.db.sql, organizationId, Number(row?.id))).toBeNull()
  })
})
