import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Crew, newCrew, type StillWorld, stillWorld } from './support/still-world.ts'

/** What belongs to a team, over the whole app. */
let world: StillWorld
let crew: Crew
let stranger: Crew

beforeAll(async () => {
  world = await stillWorld()
  crew = await newCrew(world, 'harbour')
  stranger = await newCrew(world, 'elsewhere')
})

afterAll(() => world.close())

let count = 0
const fresh = () => `name ${(count += 1)}`

async function newTeam(of: Crew = crew): Promise<string> {
  return (await of.api('POST', 'teams/', { name: fresh() })).json.id
}

/** The resources that belong to a team: their paths, the word for it, and a body that makes one. */
const owned = [
  ['services', 'team_id', () => ({ name: fresh() })],
  ['integrations', 'team_id', () => ({ type: 'webhook', name: fresh() })],
  ['escalation_chains', 'team_id', () => ({ name: fresh() })],
  ['schedules', 'team_id', () => ({ type: 'web', name: fresh(), time_zone: 'UTC' })],
  ['on_call_shifts', 'team_id', () => ({ type: 'single_event', name: fresh(), start: '2026-01-01T00:00:00', duration: 60 })],
  [
    'webhooks',
    'team',
    () => ({ name: fresh(), url: 'http://127.0.0.1/', http_method: 'POST', trigger_type: 'resolve', forward_all: true }),
  ],
] as const

describe.each(owned)('the team of %s', (path, field, body) => {
  const make = async (team: unknown) => crew.api('POST', `${path}/`, { ...body(), [field]: team })
  const listed = async (query: string): Promise<readonly string[]> => {
    const { json } = await crew.api('GET', `${path}/?perpage=100&team_id=${query}`)
    return json.results.map((item: { id: string }) => item.id)
  }

  test('is one of the organization, or none', async () => {
    const teamId = await newTeam()
    const { status, json } = await make(teamId)
    expect({ status, team: json[field] }).toEqual({ status: 201, team: teamId })
    for (const nothing of [null, '']) {
      const other = await make(teamId)
      const cleared = await crew.api('PUT', `${path}/${other.json.id}/`, { ...other.json, type: undefined, [field]: nothing })
      expect({ status: cleared.status, team: cleared.json[field] }).toEqual({ status: 200, team: null })
      expect((await make(nothing)).json[field]).toBeNull()
    }
  })

  test('is refused when it is unknown, and nothing is made or changed', async () => {
    const { json: made } = await make(null)
    const before = (await crew.api('GET', `${path}/`)).text
    const foreign = await newTeam(stranger)
    for (const [team, message] of [
      ['TUNKNOWN', 'Object does not exist'],
      [foreign, 'Object does not exist'],
      ['T\u0000', 'Object does not exist'],
      [7, 'Invalid values'],
      [{}, 'Invalid values'],
      [[], 'Invalid values'],
    ] as const) {
      const refused = { status: 400, text: JSON.stringify({ [field]: [message] }) }
      expect(await make(team)).toMatchObject(refused)
      expect(await crew.api('PATCH', `${path}/${made.id}/`, { [field]: team })).toMatchObject(refused)
    }
    expect((await crew.api('GET', `${path}/`)).text).toBe(before)
  })

  test('filters the list', async () => {
    const teamId = await newTeam()
    const [ours, nobodys] = [(await make(teamId)).json.id, (await make(null)).json.id]
    expect(await listed(teamId)).toEqual([ours])
    expect(await listed('null')).toContain(nobodys)
    expect(await listed('null')).not.toContain(ours)
    expect(await listed('')).toEqual(expect.arrayContaining([ours, nobodys]))
    for (const unknown of ['TUNKNOWN', await newTeam(stranger), 'T%00']) {
      expect(await crew.api('GET', `${path}/?team_id=${unknown}`)).toMatchObject({
        status: 400,
        text: '{"team_id":["Select a valid choice. That choice is not one of the available choices."]}',
      })
    }
  })

  test('becomes none when the team is deleted, and nothing else changes', async () => {
    const teamId = await newTeam()
    const { json: made } = await make(teamId)
    const { json: before } = await crew.api('GET', `${path}/${made.id}/`)
    expect((await crew.api('DELETE', `teams/${teamId}/`)).status).toBe(204)
    expect((await crew.api('GET', `${path}/${made.id}/`)).json).toEqual({ ...before, [field]: null })
  })

  test('is there or refused, also when it is deleted at the same instant', async () => {
    for (let round = 0; round < 10; round += 1) {
      const teamId = await newTeam()
      const [made, removed] = await Promise.all([make(teamId), crew.api('DELETE', `teams/${teamId}/`)])
      expect(removed.status).toBe(204)
      expect([201, 400]).toContain(made.status)
      if (made.status === 201) expect((await crew.api('GET', `${path}/${made.json.id}/`)).json[field]).toBeNull()
      else expect(made.json).toEqual({ [field]: ['Object does not exist'] })
    }
  })
})

test('a team stays while one of its integrations would share its name with one of no team', async () => {
  const teamId = await newTeam()
  const { json: ours } = await crew.api('POST', 'integrations/', { type: 'webhook', name: 'Twins', team_id: teamId })
  await crew.api('POST', 'integrations/', { type: 'webhook', name: 'Twins' })
  expect(await crew.api('DELETE', `teams/${teamId}/`)).toMatchObject({
    status: 400,
    json: { detail: 'An integration of this team has the same name as one without a team. Rename one of them first.' },
  })
  expect((await crew.api('GET', `integrations/${ours.id}/`)).json.team_id).toBe(teamId)
  await crew.api('PATCH', `integrations/${ours.id}/`, { name: 'No twin' })
  expect((await crew.api('DELETE', `teams/${teamId}/`)).status).toBe(204)
})

test('nothing of all that was a defect', () => {
  expect(world.errors).toEqual([])
})
