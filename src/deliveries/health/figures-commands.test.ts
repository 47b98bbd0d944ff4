import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import type { DeliveryWorld } from '../../../test/support/delivery-world.ts'
import { closeEndpointOf, endpointOf, organizationId, owingWorlds, send } from '../../../test/support/owed-deliveries.ts'
import { lanes } from '../delivery.ts'
import { healthOfUrls } from './figures-commands.ts'

const owing = owingWorlds()
const url = 'https://desk.example/'
const start = Date.UTC(2026, 3, 1, 12)
const hour = 3_600_000
const none = { retry: 'none' } as const

const health = async (world: DeliveryWorld) => {
  const [found] = await healthOfUrls(world.db.sql, {
    organizationId,
    ownerId: `WH ${url}`,
    urls: [url],
    now: world.ports.clock.now(),
  })
  return found
}

describe('the health of a URL', () => {
  it('counts what succeeded and failed in the last hour and the last day, and how long it took', async () => {
    let answer = { afterMs: 100, status: 200 }
    const world = await owing({ behave: () => answer })
    const endpoint = await endpointOf(world, url, none)
    for (const [status, afterMs, count] of [
      [500, 700, 1],
      [200, 100, 2],
    ] as const) {
      answer = { afterMs, status }
      for (let number = 0; number < count; number += 1) {
        await send(world, endpoint, [{}])
        await world.pass(1_000)
      }
      await world.pass(2 * hour)
    }
    answer = { afterMs: 40, status: 200 }
    await send(world, endpoint, [{}])
    await world.pass(1_000)
    const lastHour = { attemptsCount: 1, successesCount: 1, p50: 40, p99: 40, deadCount: 0 }
    const lastDay = { since: world.now() - 24 * hour, attemptsCount: 4, successesCount: 3, p50: 100, p99: 700, deadCount: 1 }
    expect(await health(world)).toEqual({
      url,
      endpoint: { failingSince: null, failuresCount: 0, disabled: null, pausedUntil: null },
      figures: {
        lastSuccessAt: start + 4 * hour + 3_040,
        lastFailureAt: start + 700,
        hour: { since: world.now() - hour, ...lastHour },
        day: lastDay,
      },
      backlog: { count: 0, firstDueAt: null, oldestAt: null },
    })
    await world.pass(23 * hour)
    expect((await health(world))?.figures.day).toMatchObject({ attemptsCount: 1, successesCount: 1, deadCount: 0 })
  })

  it('says what waits, since when nothing arrives, and until when nothing is sent', async () => {
    const world = await owing({ behave: () => ({ afterMs: 10, status: 503, headers: { 'retry-after': '600' } }) })
    const endpoint = await endpointOf(world, url)
    await send(world, endpoint, [{}])
    await world.pass(1_000)
    await send(world, endpoint, [{}, {}])
    await world.pass(1_000)
    expect(await health(world)).toMatchObject({
      endpoint: { failingSince: start + 10, failuresCount: 1, pausedUntil: start + 600_010 },
      figures: { lastSuccessAt: null, lastFailureAt: start + 10 },
      backlog: { count: 3, firstDueAt: start + 1_000, oldestAt: start },
    })
    await send(world, endpoint, [{ lane: lanes.page }])
    expect((await health(world))?.backlog.count).toBe(4)
  })

  it('goes on where the URL was closed and opened anew', async () => {
    const world = await owing()
    await send(world, await endpointOf(world, url), [{}])
    await world.pass(1_000)
    await closeEndpointOf(world, url, 'Switched off.')
    expect(await health(world)).toMatchObject({ endpoint: null, figures: { day: { attemptsCount: 1 } } })
    await send(world, await endpointOf(world, url), [{}])
    await world.pass(1_000)
    expect(await health(world)).toMatchObject({ endpoint: { failingSince: null }, figures: { day: { attemptsCount: 2 } } })
  })

  it('looks at the latest 5,000 attempts, and says how far back these go', async () => {
    const world = await owing()
    await send(world, await endpointOf(world, url), [{}])
    await world.pass(1_000)
    await sql`insert into attempts
      select (jsonb_populate_record(a, jsonb_build_object('id', md5(n::text)::uuid, 'at', a.at - n * interval '1 second'))).*
      from attempts a, generate_series(1, 6000) n`.execute(world.db.sql)
    const figures = (await health(world))?.figures
    const since = (figures?.lastSuccessAt ?? 0) - 4_999_000
    expect(figures).toMatchObject({
      hour: { since: world.now() - hour, attemptsCount: 3_600 },
      day: { since, attemptsCount: 5_000, successesCount: 5_000 },
    })
  })

  it('of one that was never called is of nothing', async () => {
    const world = await owing()
    await endpointOf(world, url)
    expect(await health(world)).toMatchObject({
      endpoint: { disabled: null },
      figures: { lastSuccessAt: null, hour: { attemptsCount: 0, p50: null, p99: null } },
    })
  })
})
