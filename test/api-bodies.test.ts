import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { detail, json, rawApi, resourcesOf } from './support/raw-api.ts'
import { type Crew, newCrew, type StillWorld, stillWorld } from './support/still-world.ts'
import { newThings, type Things } from './support/things.ts'

/** What becomes of bodies that are wrong (contract grafana-oncall 1.4), over the whole app. */
let world: StillWorld
let crew: Crew
let things: Things
let ask: ReturnType<typeof rawApi>

const publicUrl = 'https://bell.example/on-call'

beforeAll(async () => {
  world = await stillWorld({ publicUrl })
  crew = await newCrew(world, 'harbour')
  things = await newThings(world, crew)
  ask = rawApi(world, crew)
})

afterAll(() => world.close())

describe('a body that cannot be', () => {
  const targets = (): readonly (readonly [string, string])[] => [
    ...resourcesOf(things).map(([name]) => ['POST', `/api/v1/${name}/`] as const),
    ['POST', '/api/v1/tokens/'],
    ['PUT', `/api/v1/webhooks/${things.webhookId}/`],
    ['PATCH', `/api/v1/escalation_policies/${things.policyId}/`],
    ['PUT', `/api/v1/routes/${things.routeId}/`],
    ['POST', `/api/v1/alert_groups/${things.alertGroupId}/silence/`],
  ]

  test.each(['{', '{"name": ', '{name: 1}', "{'name': 1}", '{"name": NaN}', 'name=x', '[1', '\u0000'])(
    'is no JSON is refused: %j',
    async (body) => {
      for (const [method, path] of targets()) {
        const { status, text } = await ask(method, path, { headers: json, body })
        expect({ path, status }).toEqual({ path, status: 400 })
        expect(JSON.parse(text)).toEqual({ detail: expect.stringMatching(/^JSON parse error - ./) })
      }
    },
  )

  test.each(['[]', '[{"name":"x"}]', '"text"', '7', 'true', 'null'])('is no object is refused: %s', async (body) => {
    for (const [method, path] of targets()) {
      const { status, text } = await ask(method, path, { headers: json, body })
      expect({ path, status, text }).toEqual({ path, status: 400, text: expect.stringMatching(/^\{"/) })
    }
  })

  test('is nested too deeply is refused before it is read', async () => {
    for (const levels of [201, 100_000]) {
      for (const [method, path] of targets()) {
        const body = `{"name":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
        expect({ path, ...(await ask(method, path, { headers: json, body })) }).toMatchObject({
          ...{ path, status: 400, text: detail('JSON parse error - nested more than 200 levels deep') },
        })
      }
    }
  })

  test('is larger than a mebibyte is refused', async () => {
    const body = JSON.stringify({ name: 'x'.repeat(1024 * 1024) })
    expect(await ask('POST', '/api/v1/escalation_chains/', { headers: json, body })).toMatchObject({
      status: 413,
      text: detail('The request body is too large.'),
    })
  })

  test.each(['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/jsonx'])(
    'is of the type %s is refused by name',
    async (type) => {
      for (const [method, path] of targets()) {
        expect({ path, ...(await ask(method, path, { headers: { 'content-type': type }, body: 'x' })) }).toMatchObject({
          ...{ path, status: 415, text: detail(`Unsupported media type "${type}" in request.`) },
        })
      }
    },
  )

  test('has a zero byte in a text is refused', async () => {
    for (const [name, body] of resourcesOf(things)) {
      const texts = Object.fromEntries(
        Object.entries(body).map(([key, value]) => [key, key === 'name' || key === 'username' ? 'a\u0000b' : value]),
      )
      const { status, text } = await crew.api('POST', `${name}/`, texts)
      if (name === 'escalation_policies' || name === 'personal_notification_rules') expect(status).toBe(201)
      else
        expect({ name, status, text }).toEqual({
          name,
          status: 400,
          text: expect.stringContaining('Null characters are not allowed.'),
        })
    }
  })

  test('reaches for the prototype is refused', async () => {
    const body = '{"name":"x","__proto__":{"role":"admin"}}'
    expect((await ask('POST', '/api/v1/escalation_chains/', { headers: json, body })).status).toBe(400)
  })
})

describe('what is missing or wrong in a body', () => {
  test('is told by field, all of it at once', async () => {
    const required = ['This field is required.']
    for (const [name, fields] of [
      ['users', ['username', 'email', 'role']],
      ['tokens', ['name']],
      ['escalation_chains', ['name']],
      ['webhooks', ['name', 'url', 'http_method']],
    ] as const) {
      const { status, json: told } = await crew.api('POST', `${name}/`, {})
      expect(status).toBe(400)
      for (const field of fields)
        expect({ name, field, told: told[field] ?? told.detail }).toEqual({ name, field, told: required })
    }
  })

  test.each<[unknown, string]>([
    [null, 'This field may not be null.'],
    ['', 'This field may not be blank.'],
    ['   ', 'This field may not be blank.'],
    [{}, 'Not a valid string.'],
    [['x'], 'Not a valid string.'],
    [true, 'Not a valid string.'],
    ['x'.repeat(101), 'Ensure this field has no more than 100 characters.'],
  ])('has the words of the contract: the name %j', async (name, message) => {
    expect(await crew.api('POST', 'escalation_chains/', { name })).toMatchObject({
      status: 400,
      text: JSON.stringify({ name: [message] }),
    })
  })

  test('is a name that is taken', async () => {
    await crew.api('POST', 'escalation_chains/', { name: 'Twice' })
    expect(await crew.api('POST', 'escalation_chains/', { name: 'Twice' })).toMatchObject({
      status: 400,
      text: '{"non_field_errors":["The fields name, organization must make a unique set."]}',
    })
  })

  test('is told alone when it is the request as a whole', async () => {
    const answer = await crew.api('POST', 'escalation_policies/', {
      escalation_chain_id: things.chainId,
      type: 'explode',
      position: 'x',
    })
    expect(answer).toMatchObject({ status: 400, text: '{"detail":"Invalid escalation step type"}' })
  })
})

describe('an empty id', () => {
  test('ties nothing, as null does', async () => {
    const single = { type: 'single_event', start: '2026-01-01T00:00:00', duration: 60, name: 'untied' }
    const route = { integration_id: things.integrationId, routing_regex: 'untied' }
    for (const [path, body, untied] of [
      ['teams/', { name: 'untied', escalation_chain_id: '' }, { escalation_chain_id: null }],
      ['services/', { name: 'untied', team_id: '' }, { team_id: null }],
      ['escalation_chains/', { name: 'untied', team_id: '' }, { team_id: null }],
      ['integrations/', { type: 'webhook', team_id: '', service: '' }, { team_id: null, service: null }],
      [
        'integrations/',
        { type: 'webhook', default_route: { id: '', escalation_chain_id: '' } },
        { default_route: { escalation_chain_id: null } },
      ],
      ['routes/', { ...route, escalation_chain_id: '' }, { escalation_chain_id: null }],
      ['schedules/', { type: 'web', name: 'untied', time_zone: 'UTC', team_id: '' }, { team_id: null }],
      ['on_call_shifts/', { ...single, team_id: '', schedule: '' }, { team_id: null, schedule: null }],
    ] as const) {
      const { status, json: made } = await crew.api('POST', path, body)
      expect({ path, status, made }).toMatchObject({ path, status: 201, made: untied })
    }
  })
})

describe('an empty body that is announced as JSON', () => {
  test('counts as none, as the clients of the contract send it', async () => {
    const { json: chain } = await crew.api('POST', 'escalation_chains/', { name: 'to be removed' })
    expect((await ask('DELETE', `/api/v1/escalation_chains/${chain.id}/`, { headers: json, body: '' })).status).toBe(204)
    expect((await ask('GET', '/api/v1/info', { headers: json })).status).toBe(200)
    expect((await ask('POST', '/api/v1/tokens/', { headers: json, body: '' })).text).toBe('{"name":["This field is required."]}')
  })

  test('over a real connection too, as Go sends it', async () => {
    const { json: chain } = await crew.api('POST', 'escalation_chains/', { name: 'over the wire' })
    const address = await world.app.listen({ host: '127.0.0.1', port: 0 })
    const headers = {
      authorization: crew.tokens.admin,
      'content-type': 'application/json',
      accept: 'application/json',
      'content-length': '0',
    }
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sending = httpRequest(
        `${address}/on-call/api/v1/escalation_chains/${chain.id}/`,
        { method: 'DELETE', headers },
        (answer) => {
          answer.resume()
          answer.on('end', () => resolve(answer.statusCode))
        },
      )
      sending.on('error', reject)
      sending.end()
    })
    expect(status).toBe(204)
  })
})

test('nothing of all that was a defect', () => {
  expect(world.errors).toEqual([])
})
