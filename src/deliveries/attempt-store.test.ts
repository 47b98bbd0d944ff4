import { sql } from 'kysely'
import { afterEach, describe, expect, it } from 'vitest'
import { type DeliveryWorld, testVault } from '../../test/support/delivery-world.ts'
import { endpointOf, owingWorld, post, send } from '../../test/support/owed-deliveries.ts'
import { known } from '../lib/check.ts'
import { asId, type MessageId, newUuid, type OrganizationId } from '../lib/ids.ts'
import { instant, ms } from '../lib/time.ts'
import { insertAttempts } from './attempt-store.ts'
import { attemptsOf, countAttemptsOf, latestAnswers } from './commands.ts'
import { lanes } from './delivery.ts'
import { noPhases } from './sending/phases.ts'

let open: DeliveryWorld | null = null
afterEach(async () => {
  await open?.close()
  open = null
})

const url = 'https://desk.example/'

/** What the log reads of the bodies, after one delivery each; the newest first. */
async function loggedBodies(bodies: readonly (Buffer | null)[]) {
  const left = [...bodies]
  const world = await owingWorld({
    render: async (_db, deliveries) =>
      new Map(
        deliveries.map((delivery) => [
          delivery.messageId,
          { kind: 'message' as const, message: { ...post(delivery), body: left.shift() ?? null } },
        ]),
      ),
  })
  open = world
  const endpoint = await endpointOf(world, url)
  for (const _ of bodies) {
    await send(world, endpoint, [{}])
    await world.pass(1_000)
  }
  const owner = { organizationId: asId<OrganizationId>('OAAAAAAAAAAAA'), ownerId: `WH ${url}`, vault: testVault }
  const logged = await attemptsOf(world.db.sql, owner, { limit: 100, offset: 0 })
  return logged.map(({ message }) => message?.body)
}

describe('the log of attempts', () => {
  it('reads a body of 64 KiB whole, and of a longer one only the beginning', async () => {
    const [longer, whole] = await loggedBodies([Buffer.alloc(65_536, 'a'), Buffer.alloc(1_000_000, '🔔')])
    expect(whole).toEqual({ text: 'a'.repeat(65_536), bytes: 65_536, isWhole: true })
    expect(longer).toEqual({ text: '🔔'.repeat(4096), bytes: 1_000_000, isWhole: false })
  })

  it('reads at most 4 MiB of bodies whole, those of the newest attempts', async () => {
    const bodies = await loggedBodies(Array.from({ length: 66 }, () => Buffer.alloc(65_536, 'a')))
    expect(bodies.map((body) => body?.isWhole)).toEqual([...Array.from({ length: 64 }, () => true), false, false])
    expect(bodies.at(-1)).toEqual({ text: 'a'.repeat(16_384), bytes: 65_536, isWhole: false })
  })

  it('ends after the newest 10,000', async () => {
    const world = await owingWorld()
    open = world
    await send(world, await endpointOf(world, url), [{}])
    await world.pass(1_000)
    await sql`insert into attempts (organization_id, id, at, delivery_id, lane, endpoint_id, message_id, message_at, number, outcome,
        response_truncated, is_signed, duration_ms)
      select organization_id, md5(n::text)::uuid, at - n * interval '1 second', n, lane, endpoint_id, message_id, message_at, 1, 'retry',
        false, false, 0
      from attempts, generate_series(1, 10050) n`.execute(world.db.sql)
    const owner = { organizationId: asId<OrganizationId>('OAAAAAAAAAAAA'), ownerId: `WH ${url}` }
    expect(await countAttemptsOf(world.db.sql, owner)).toBe(10_000)
    const [newest] = await attemptsOf(world.db.sql, { ...owner, vault: testVault }, { limit: 1, offset: 0 })
    const rest = await attemptsOf(world.db.sql, { ...owner, vault: testVault }, { limit: 50, offset: 9_999 })
    expect(rest.map(({ at }) => Number(newest?.at) - at)).toEqual([9_999_000])
  })

  it('tells of a request without a body', async () => {
    expect(await loggedBodies([null])).toEqual([null])
  })

  it('shows headers that lie sealed in the database', async () => {
    const headersShown = '{"X-Api-Key":"sesame"}'
    const world = await owingWorld({
      render: async (_db, deliveries) =>
        new Map(
          deliveries.map((delivery) => [
            delivery.messageId,
            { kind: 'message' as const, message: { ...post(delivery), headersShown, body: null } },
          ]),
        ),
    })
    open = world
    await send(world, await endpointOf(world, url), [{}])
    await world.pass(1_000)
    const [stored] = await world.db.sql.selectFrom('messages').selectAll().execute()
    const columns = Object.values(stored ?? {}).map((value) =>
      Buffer.isBuffer(value) ? value.toString('latin1') : String(value),
    )
    expect(columns.join(' ')).not.toContain('sesame')
    const owner = { organizationId: asId<OrganizationId>('OAAAAAAAAAAAA'), ownerId: `WH ${url}`, vault: testVault }
    const [attempt] = await attemptsOf(world.db.sql, owner, { limit: 10, offset: 0 })
    expect(attempt?.message?.headersShown).toBe(headersShown)
  })
})

type Given = { readonly owner: string; readonly body: Buffer | null }

/** What is said to be answered about one alert group when these answers came, the oldest first; by owner, with its length. */
async function answeredLast(given: readonly Given[]) {
  const world = await owingWorld()
  open = world
  const about = { organizationId: asId<OrganizationId>('OAAAAAAAAAAAA'), subjectId: 'IAAAAAAAAAAAA' }
  const owners = [...new Set(given.map(({ owner }) => owner))]
  const endpoints = new Map(await Promise.all(owners.map(async (owner) => [owner, await endpointOf(world, owner)] as const)))
  await world.db.tx('test', (tx) =>
    insertAttempts(
      tx,
      given.map(({ owner, body }, index) => ({
        ...about,
        id: newUuid(tx.now, tx.random.bytes),
        at: instant(tx.now + index),
        deliveryId: index + 1,
        lane: lanes.live,
        endpointId: known(endpoints.get(owner), 'each owner has an endpoint'),
        messageId: newUuid<MessageId>(tx.now, tx.random.bytes),
        messageAt: tx.now,
        eventSequence: 1,
        number: 1,
        outcome: 'success' as const,
        status: 200,
        detail: null,
        responseHeaders: null,
        responseBody: body,
        responseTruncated: false,
        isSigned: false,
        address: null,
        phases: noPhases,
        durationMs: ms(1),
      })),
    ),
  )
  const answers = await latestAnswers(world.db.sql, [about, about])
  return answers.map(({ ownerId, body }) => [ownerId, body === null ? null : Buffer.from(body).toString().slice(0, 10)])
}

describe('what webhooks were answered last about an alert group', () => {
  it('is the newest answer of each, also where there was none', async () => {
    const given = [
      { owner: 'a', body: Buffer.from('old') },
      { owner: 'b', body: Buffer.from('b') },
      { owner: 'a', body: Buffer.from('new') },
      { owner: 'b', body: null },
    ]
    expect(await answeredLast(given)).toEqual([
      ['WH a', 'new'],
      ['WH b', null],
    ])
  })

  it('is told of the hundred that answered last', async () => {
    const answers = await answeredLast(Array.from({ length: 102 }, (_, owner) => ({ owner: `${owner}`, body: null })))
    expect(answers).toHaveLength(100)
    expect(answers.filter(([owner]) => owner === 'WH 0' || owner === 'WH 1')).toEqual([])
  })

  it('is told within 256 KiB, whatever receivers answer', async () => {
    const body = Buffer.alloc(16 * 1024, 'x')
    const answers = await answeredLast(Array.from({ length: 17 }, (_, owner) => ({ owner: `${owner}`, body })))
    expect(answers).toHaveLength(16)
    expect(answers.map(([owner]) => owner)).not.toContain('WH 0')
  })

  it('is looked for among the thousand newest attempts', async () => {
    const busy = Array.from({ length: 999 }, () => ({ owner: 'busy', body: Buffer.from('busy') }))
    const [early, late] = ['early', 'late'].map((owner) => ({ owner, body: Buffer.from(owner) }))
    expect(await answeredLast([early, late, ...busy].flatMap((one) => one ?? []))).toEqual([
      ['WH busy', 'busy'],
      ['WH late', 'late'],
    ])
  })
})
