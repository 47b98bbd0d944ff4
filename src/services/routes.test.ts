import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Crew, newCrew, type StillWorld, stillWorld } from '../../test/support/still-world.ts'
import { newThings, type Things } from '../../test/support/things.ts'
import { seconds } from '../lib/time.ts'

let world: StillWorld
let crew: Crew
let things: Things

beforeAll(async () => {
  world = await stillWorld()
  crew = await newCrew(world, 'harbour')
  things = await newThings(world, crew)
})

afterAll(() => world.close())

const make = async (body: object) => (await crew.api('POST', 'services/', body)).json

describe('a service', () => {
  test('is made, shown, changed and removed', async () => {
    const made = await crew.api('POST', 'services/', { name: ' Checkout ', team_id: things.teamId })
    expect(made).toMatchObject({ status: 201, json: { name: 'Checkout', team_id: things.teamId } })
    expect(made.json.id).toMatch(/^SV[A-Z1-9]{12}$/)
    const path = `services/${made.json.id}/`
    expect((await crew.api('GET', path)).json).toEqual({ id: made.json.id, name: 'Checkout', team_id: things.teamId })
    expect((await crew.api('PUT', path, { team_id: null })).json).toEqual({ id: made.json.id, name: 'Checkout', team_id: null })
    expect((await crew.api('PATCH', path, { name: 'Cart' })).json).toEqual({ id: made.json.id, name: 'Cart', team_id: null })
    expect((await crew.api('DELETE', path)).status).toBe(204)
    expect(await crew.api('GET', path)).toMatchObject({ status: 404, text: '{"detail":"Not found."}' })
  })

  test('is found by its whole name and its team', async () => {
    const { id } = await make({ name: 'Search', team_id: things.teamId })
    const found = async (query: string) => (await crew.api('GET', `services/?${query}`)).json.results.map((one: any) => one.id)
    expect(await found('name=Search')).toEqual([id])
    expect(await found('name=Sea')).toEqual([])
    expect(await found(`name=Search&team_id=${things.teamId}`)).toEqual([id])
    expect(await found('name=Search&team_id=null')).toEqual([])
  })

  test('may keep its own name', async () => {
    const { id } = await make({ name: 'Steady' })
    expect((await crew.api('PUT', `services/${id}/`, { name: 'Steady' })).status).toBe(200)
  })

  test('leaves its integrations when it goes', async () => {
    const { id } = await make({ name: 'Passing' })
    const { json: integration } = await crew.api('POST', 'integrations/', { type: 'webhook', name: 'of passing', service: id })
    expect(integration.service).toBe(id)
    await crew.api('DELETE', `services/${id}/`)
    expect((await crew.api('GET', `integrations/${integration.id}/`)).json.service).toBeNull()
  })

  test('is kept in the audit, with who did it', async () => {
    const { id } = await make({ name: 'Ledger' })
    world.pass(seconds(1))
    await crew.api('PATCH', `services/${id}/`, { name: 'Accounts' })
    world.pass(seconds(1))
    await crew.api('DELETE', `services/${id}/`)
    const entries = await world.db.sql
      .selectFrom('audit_entries')
      .selectAll()
      .where('subject_id', '=', id)
      .orderBy('at')
      .execute()
    expect(entries.map(({ action, details }) => [action, details])).toEqual([
      ['service created', { name: 'Ledger', team_id: null }],
      ['service updated', { name: 'Accounts', team_id: null }],
      ['service deleted', { name: 'Accounts' }],
    ])
  })
})

describe('what a service cannot be', () => {
  const taken = { name: ['Another service of the organization has this name.'] }

  test.each<[unknown, object]>([
    [{}, { name: ['This field is required.'] }],
    [{ name: null }, { name: ['This field may not be null.'] }],
    [{ name: ' ' }, { name: ['This field may not be blank.'] }],
    [{ name: ['x'] }, { name: ['Not a valid string.'] }],
    [{ name: 'x'.repeat(151) }, { name: ['Ensure this field has no more than 150 characters.'] }],
    [{ name: 'x', team_id: 'TNOBODY' }, { team_id: ['Object does not exist'] }],
    [{ name: 'x', team_id: 7 }, { team_id: ['Invalid values'] }],
    [
      { name: '', team_id: {} },
      { name: ['This field may not be blank.'], team_id: ['Invalid values'] },
    ],
  ])('%j is refused, and makes nothing', async (body, told) => {
    const before = (await crew.api('GET', 'services/')).json.count
    expect(await crew.api('POST', 'services/', body)).toMatchObject({ status: 400, json: told })
    expect((await crew.api('GET', 'services/')).json.count).toBe(before)
  })

  test('a second one of its name in the organization', async () => {
    await make({ name: 'Twin' })
    expect(await crew.api('POST', 'services/', { name: 'Twin' })).toMatchObject({ status: 400, json: taken })
    const { id } = await make({ name: 'Other' })
    expect(await crew.api('PATCH', `services/${id}/`, { name: 'Twin' })).toMatchObject({ status: 400, json: taken })
    const neighbours = await newCrew(world, 'neighbours')
    expect((await neighbours.api('POST', 'services/', { name: 'Twin' })).status).toBe(201)
  })
})
