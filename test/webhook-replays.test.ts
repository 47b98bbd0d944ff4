import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Crew, newCrew, type StillWorld, stillWorld } from './support/still-world.ts'
import { rowsOf } from './support/things.ts'

/** The API of replays; what they do is told by the loop's own tests. It is noon of 2026-04-01, and deliveries are kept for 30 days. */
let world: StillWorld
let crew: Crew
let id: string

beforeAll(async () => {
  world = await stillWorld()
  crew = await newCrew(world, 'harbour')
})
afterAll(() => world.close())

let count = 0
const newWebhook = async (fields: object = {}): Promise<string> => {
  const usual = { name: `webhook ${(count += 1)}`, url: 'http://127.0.0.1/', http_method: 'POST', trigger_type: 'resolve' }
  return (await crew.api('POST', 'webhooks/', { ...usual, ...fields })).json.id
}

describe('a replay', () => {
  beforeAll(async () => {
    id = await newWebhook()
  })

  it('is made, shown, listed and cancelled', async () => {
    const body = { since: '2026-04-01T09:00:00+02:00', until: '2026-04-01T11:30:00Z', only: 'all' }
    const { status, json: made } = await crew.api('POST', `webhooks/${id}/replays/`, body)
    expect({ status, made }).toEqual({
      status: 201,
      made: {
        id: expect.stringMatching(/^P[A-NP-Z1-9]{12}$/),
        webhook_id: id,
        since: '2026-04-01T07:00:00Z',
        until: '2026-04-01T11:30:00Z',
        only: 'all',
        state: 'running',
        reason: null,
        total: 0,
        done: 0,
        counts: { replayed: 0, under_way: 0, past_retention: 0, url_removed: 0, url_disabled: 0, pages: 0, taken_back: 0 },
        user_id: crew.users.admin,
        created_at: '2026-04-01T12:00:00Z',
        ended_at: null,
      },
    })
    expect((await crew.api('GET', `webhooks/${id}/replays/${made.id}/`)).json).toEqual(made)
    const again = await crew.api('POST', `webhooks/${id}/replays/`, { since: 60 })
    const detail = 'A replay of this webhook is running. Wait for its end, or cancel it.'
    expect(again).toMatchObject({ status: 409, json: { detail } })
    const cancelled = { ...made, state: 'cancelled', ended_at: '2026-04-01T12:00:00Z' }
    const cancel = await crew.api('POST', `webhooks/${id}/replays/${made.id}/cancel/`)
    expect(cancel).toMatchObject({ status: 200, json: cancelled })
    expect((await crew.api('POST', `webhooks/${id}/replays/`, { since: 60 })).status).toBe(201)
    const { json: page } = await crew.api('GET', `webhooks/${id}/replays/`)
    expect(page.results.map(({ state }: any) => state).toSorted()).toEqual(['cancelled', 'running'])
    const audited = (await rowsOf(world.db, crew.organizationId))['audit_entries']?.join()
    expect(audited).toContain('webhook replay started')
    expect(audited).toContain('webhook replay cancelled')
  })

  it('is read by those who may read webhooks, and made by those who may write them', async () => {
    const { json } = await crew.api('GET', `webhooks/${id}/replays/`)
    expect((await crew.apiAs('viewer', 'GET', `webhooks/${id}/replays/${json.results[0].id}/`)).status).toBe(200)
    expect((await crew.apiAs('viewer', 'POST', `webhooks/${id}/replays/`, { since: 60 })).status).toBe(403)
    expect((await crew.apiAs('editor', 'POST', `webhooks/${id}/replays/${json.results[0].id}/cancel/`)).status).toBe(403)
  })

  it('is found under its own webhook only, and not when that is deleted', async () => {
    const other = await newWebhook()
    const { json } = await crew.api('POST', `webhooks/${other}/replays/`, { since: 60 })
    for (const path of ['', 'cancel/'])
      expect((await crew.api(path === '' ? 'GET' : 'POST', `webhooks/${id}/replays/${json.id}/${path}`)).status).toBe(404)
    await crew.api('DELETE', `webhooks/${other}/`)
    expect((await crew.api('GET', `webhooks/${other}/replays/${json.id}/`)).status).toBe(404)
    expect((await crew.api('GET', `webhooks/${other}/replays/`)).status).toBe(404)
    expect((await crew.api('POST', `webhooks/${other}/replays/${json.id}/cancel/`)).status).toBe(404)
  })
})

describe('a replay is refused', () => {
  const instant = 'An instant with its offset is needed, such as 2026-01-31T12:00:00Z, or a number of seconds ago.'

  it.each([
    [{}, { since: ['This field is required.'] }],
    [{ since: null }, { since: [instant] }],
    [{ since: 'yesterday' }, { since: [instant] }],
    [{ since: '2026-04-01T09:00:00' }, { since: [instant] }],
    [{ since: -5 }, { since: [instant] }],
    [{ since: 1e300 }, { since: [instant] }],
    [{ since: ['2026-04-01T09:00:00Z'] }, { since: [instant] }],
    [{ since: 60, until: 'now' }, { until: [instant] }],
    [{ since: 60, until: 60 }, { until: ['It must be later than since.'] }],
    [{ since: '2026-04-01T12:00:01Z' }, { until: ['It must be later than since.'] }],
    [{ since: 60, only: 'some' }, { only: ['It may be failed or all.'] }],
    [{ since: 60, only: null }, { only: ['It may be failed or all.'] }],
    [
      { since: '2026-03-02T11:59:59Z' },
      { since: ['Deliveries are kept for 30 days: it must be 2026-03-02T12:00:00Z or later.'] },
    ],
  ])('%j', async (body, fields) => {
    const webhookId = await newWebhook()
    expect(await crew.api('POST', `webhooks/${webhookId}/replays/`, body)).toMatchObject({ status: 400, json: fields })
    expect((await crew.api('GET', `webhooks/${webhookId}/replays/`)).json.count).toBe(0)
  })

  it('while the webhook is switched off', async () => {
    const webhookId = await newWebhook({ is_webhook_enabled: false })
    expect(await crew.api('POST', `webhooks/${webhookId}/replays/`, { since: 60 })).toMatchObject({
      status: 409,
      json: { detail: 'The webhook is switched off. Switch it on, and replay then.' },
    })
  })
})
