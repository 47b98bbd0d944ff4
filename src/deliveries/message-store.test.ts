import { afterEach, describe, expect, it } from 'vitest'
import type { DeliveryWorld } from '../../test/support/delivery-world.ts'
import { endpointOf, mailEndpoint, owingWorld, page, post, send } from '../../test/support/owed-deliveries.ts'
import { after, hours } from '../lib/time.ts'
import { messagesOfWaiting } from './message-store.ts'
import { dueDeliveries } from './queue/due-store.ts'

let open: DeliveryWorld | null = null
afterEach(async () => {
  await open?.close()
  open = null
})

const body = Buffer.alloc(3 * 1024 * 1024, 'a')

/** Five requests of 3 MiB each that were answered 500 once. */
async function refusedWorld(): Promise<DeliveryWorld> {
  const world = await owingWorld({
    render: async (_db, deliveries) =>
      new Map(
        deliveries.map((delivery) => [delivery.messageId, { kind: 'message' as const, message: { ...post(delivery), body } }]),
      ),
    behave: (_request, attemptsSoFar) => ({ afterMs: 10, status: attemptsSoFar === 0 ? 500 : 200 }),
  })
  open = world
  await send(world, await endpointOf(world, 'https://desk.example/'), [{}, {}, {}, {}, {}])
  await world.pass(1_000)
  return world
}

describe('messages that are loaded again', () => {
  it('are no more at once than 8 MiB and the one that goes beyond, and what is first stays first', async () => {
    const world = await refusedWorld()
    await send(world, await mailEndpoint(world), [page('ann@example.com')])
    const { deliveries: due } = await dueDeliveries(world.db.sql, {
      shards: world.shards,
      now: after(world.now(), hours(1)),
      positions: [],
      held: [],
      free: [
        { endpointId: await endpointOf(world, 'https://desk.example/'), pages: 8, others: 8, replays: 8, isReplaysTurn: false },
      ],
      perEndpointMax: { webhook: 8, mail: 8 },
      pagesOnly: false,
      limit: 64,
    })
    const loaded = await messagesOfWaiting(world.db.sql, due)
    expect(due.length).toBe(6)
    expect([...loaded.keys()]).toEqual(due.slice(0, 4).map(({ id }) => id))
    expect(loaded.get(due[0]?.id ?? 0)).toMatchObject({ kind: 'mail' })
  })

  it('leave one part after the other', async () => {
    const world = await refusedWorld()
    await world.pass(60_000)
    expect(world.received.length).toBe(10)
  })
})
