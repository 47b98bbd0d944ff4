import { afterEach, describe, expect, it } from 'vitest'
import { type DeliveryWorld, testVault } from '../../test/support/delivery-world.ts'
import { endpointOf, owingWorld, post, send } from '../../test/support/owed-deliveries.ts'
import { asId, type OrganizationId } from '../lib/ids.ts'
import { attemptsOf } from './commands.ts'

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
