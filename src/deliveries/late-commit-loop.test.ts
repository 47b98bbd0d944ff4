import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import {
  dead,
  endClosed,
  closeEndpointOf,
  endpointOf,
  mailEndpoint,
  owe,
  owingWorlds,
  page,
  results,
  send,
  waiting,
} from '../../test/support/owed-deliveries.ts'
import { lanes } from './delivery.ts'

const newWorld = owingWorlds()

/** Far longer than a transaction may be open, so that whatever was read long ago is known to be over by then. */
const longMs = 60_000

describe('a transaction that began before others and commits after them', () => {
  it.each([
    ['live', lanes.live],
    ['replay', lanes.replay],
    ['ordered', lanes.ordered],
  ])('has its delivery sent, in the lane %s, whatever has left meanwhile for the same webhook', async (_name, lane) => {
    const world = await newWorld()
    const endpointId = await endpointOf(world, 'https://a.example/')
    const late = await world.open((tx) => owe(tx, endpointId, [{ lane, subjectId: 'late' }]))
    for (let round = 0; round < 4; round += 1) {
      await send(world, endpointId, [{ lane }, { lane }])
      await world.pass(3_000)
    }
    await world.pass(longMs)
    expect(world.received.length).toBe(8)
    await late.commit()
    await world.pass(5_000)
    expect(world.received.slice(8).map(({ request }) => Buffer.from(request.body ?? []).toString())).toEqual(['about late'])
    expect(await waiting(world)).toEqual([])
  })

  it('has its delivery sent within seconds while others for the same webhook keep coming', async () => {
    const world = await newWorld()
    const endpointId = await endpointOf(world, 'https://a.example/')
    const late = await world.open((tx) => owe(tx, endpointId, [{ subjectId: 'late' }]))
    const goOn = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round += 1) {
        await send(world, endpointId, [{}, {}])
        await world.pass(2_000)
      }
    }
    await goOn(6)
    await late.commit()
    await goOn(3)
    const bodies = world.received.map(({ request }) => Buffer.from(request.body ?? []).toString())
    expect(bodies.filter((body) => body === 'about late').length).toBe(1)
    expect(bodies.length).toBe(19)
  })

  it('has its delivery sent to a webhook that nothing else waits for, while others get theirs', async () => {
    const world = await newWorld()
    const [busy, quiet] = [await endpointOf(world, 'https://busy.example/'), await endpointOf(world, 'https://quiet.example/')]
    const late = await world.open((tx) => owe(tx, quiet, [{}]))
    await send(world, busy, [{}, {}, {}])
    await world.pass(longMs)
    await late.commit()
    await send(world, busy, [{}])
    await world.pass(5_000)
    expect(world.received.filter(({ url }) => url.includes('quiet')).length).toBe(1)
  })

  it('has its page sent', async () => {
    const world = await newWorld()
    const endpointId = await mailEndpoint(world)
    const late = await world.open((tx) => owe(tx, endpointId, [page('late@people.example')]))
    await send(world, endpointId, [page('first@people.example')])
    await world.pass(longMs)
    await late.commit()
    await world.pass(5_000)
    expect(world.mails.map(({ mail }) => mail.to)).toEqual(['first@people.example', 'late@people.example'])
  })

  it('has its result taken, although later ones were taken before', async () => {
    const world = await newWorld()
    const endpointId = await endpointOf(world, 'https://a.example/')
    await send(world, endpointId, [{ subjectId: 'first' }])
    await world.pass(1_000)
    const late = await world.open((tx) =>
      sql`insert into delivery_results (organization_id, shard, lane, endpoint_id, message_id, message_at, subject_id, result, at, due_at)
        select organization_id, shard, lane, endpoint_id, message_id, message_at, 'late', result, at, due_at from delivery_results`.execute(
        tx.sql,
      ),
    )
    await send(world, endpointId, [{ subjectId: 'second' }])
    await world.pass(longMs)
    expect((await results(world)).map(({ subjectId }) => subjectId)).toEqual(['first', 'second'])
    await late.commit()
    expect((await results(world)).map(({ subjectId }) => subjectId)).toEqual(['late'])
  })

  it('has its delivery ended when its webhook was closed before, and everything that waited was ended', async () => {
    const world = await newWorld()
    const endpointId = await endpointOf(world, 'https://a.example/')
    const late = await world.open((tx) => owe(tx, endpointId, [{}]))
    await closeEndpointOf(world, 'https://a.example/', 'The webhook is off.')
    await endClosed(world)
    await world.pass(longMs)
    await late.commit()
    await world.pass(longMs)
    await endClosed(world)
    expect(world.received).toEqual([])
    expect((await dead(world)).map(({ reason }) => reason)).toEqual([
      'The receiver was switched off or deleted before this could be sent.',
    ])
  })
})
