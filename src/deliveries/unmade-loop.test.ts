import { describe, expect, it } from 'vitest'
import {
  attempts,
  dead,
  endpointOf,
  organizationId,
  owingWorlds,
  renderPost,
  send,
  waiting,
} from '../../test/support/owed-deliveries.ts'
import { ms } from '../lib/time.ts'
import { lanes } from './delivery.ts'
import { findEndedDelivery, replayDeliveries } from './replays/commands.ts'

const newWorld = owingWorlds()
const url = 'https://a.example/'
const reason = 'The request could not be made; the log of the server says why.'
const detail = `unmade: ${reason}`
const tooSlow = Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' })

describe('a request that can never be made, by a fault of ours', () => {
  it('is tried as the webhook retries, seen each time, dead with the reason, and owed again when the fault is mended', async () => {
    let isBroken = true
    const world = await newWorld({
      render: async (db, deliveries) => {
        if (isBroken) throw new Error('nobody thought of this')
        return renderPost(db, deliveries)
      },
    })
    const endpoint = await endpointOf(world, url, { retry: [ms(1_000), ms(2_000)] })
    await send(world, endpoint, [{}])
    await world.pass(500)
    expect(await attempts(world)).toMatchObject([{ number: 1, outcome: 'retry', status: null, detail }])
    await world.pass(60_000)
    const seen = (await attempts(world)).map(({ number, outcome }) => [number, outcome])
    expect(seen).toEqual([
      [1, 'retry'],
      [2, 'retry'],
      [3, 'dead'],
    ])
    const [ended] = await dead(world)
    expect(ended).toMatchObject({ state: 'dead', last_status: null, reason: `Given up after 3 attempts. ${reason}` })
    expect(await world.db.sql.selectFrom('endpoints').select('failures_count').executeTakeFirst()).toEqual({ failures_count: 0 })
    isBroken = false
    const found = await findEndedDelivery(world.db.sql, organizationId, Number(ended?.delivery_id))
    const again =
      found === null ? [] : [{ ended: found, endpointId: endpoint, messageId: found.messageId, expiresAt: null, cancelKey: null }]
    expect(await world.db.tx('test', (tx) => replayDeliveries(tx, again))).toMatchObject([{ kind: 'owed' }])
    await world.pass(1_000)
    expect(world.received.map(({ request }) => String(request.body))).toEqual(['about I1'])
  })

  it('holds up no other, also where what its webhook adds cannot even be asked for', async () => {
    const world = await newWorld({
      credentialsOf: async (_db, deliveries) => {
        if (deliveries.some(({ subjectId }) => subjectId === 'broken')) throw new Error('nobody thought of this')
        return new Map()
      },
    })
    await send(world, await endpointOf(world, url), [{ subjectId: 'broken' }])
    await send(world, await endpointOf(world, 'https://b.example/'), [
      { subjectId: 'I2' },
      { subjectId: 'I3', lane: lanes.ordered },
    ])
    await world.pass(1_000)
    expect(world.received.map(({ request }) => String(request.body)).toSorted()).toEqual(['about I2', 'about I3'])
    expect(await waiting(world)).toMatchObject([{ subject_id: 'broken', attempt: 2 }])
  })
})

describe('a request for which the database is too slow', () => {
  it('is made some seconds later, and none of its attempts is used up', async () => {
    let isSlow = true
    const world = await newWorld({
      render: async (db, deliveries) => {
        if (isSlow) throw tooSlow
        return renderPost(db, deliveries)
      },
    })
    await send(world, await endpointOf(world, url, { retry: 'none' }), [{}])
    await world.pass(20_000)
    expect(await waiting(world)).toMatchObject([{ attempt: 1 }])
    isSlow = false
    await world.pass(6_000)
    expect(await attempts(world)).toMatchObject([{ number: 1, outcome: 'success' }])
  })
})
