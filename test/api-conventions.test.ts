import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { detail, json, rawApi, resourcesOf } from './support/raw-api.ts'
import { type Crew, newCrew, type StillWorld, stillWorld } from './support/still-world.ts'
import { newThings, type Things } from './support/things.ts'

/** What holds for the whole API (contract grafana-oncall 1.2 to 1.9), over the whole app, below a path of the public URL. */
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

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const invalidToken = { status: 403, text: detail('Invalid token.') }

describe('a token', () => {
  const authorized = (authorization: string) => ask('GET', '/api/v1/users/current', { headers: { authorization } })

  test.each(['', 'Bearer ', 'Token ', 'bearer ', 'TOKEN ', 'Bearer   '])('is taken after "%s"', async (prefix) => {
    expect((await authorized(prefix + crew.tokens.editor)).status).toBe(200)
  })

  test('is taken with blanks around it', async () => {
    expect((await authorized(` ${crew.tokens.editor} `)).status).toBe(200)
  })

  test('is refused in any other form', async () => {
    const { admin: token } = crew.tokens
    const forms = [
      '',
      'Bearer',
      'Token ',
      `Basic ${token}`,
      `Bearer Bearer ${token}`,
      `Bearer${token}`,
      token.toUpperCase(),
      token.slice(1),
      `${token}0`,
      `${token},${token}`,
      `"${token}"`,
      'ab'.repeat(32),
      'glsa_0123456789abcdef',
    ]
    for (const authorization of forms) expect({ authorization, ...(await authorized(authorization)) }).toMatchObject(invalidToken)
  })

  test('is not looked for in the query, and not asked for by a challenge', async () => {
    const answer = await world.app.inject({ url: `/api/v1/users/?token=${crew.tokens.admin}` })
    expect(answer.statusCode).toBe(403)
    expect(answer.headers['www-authenticate']).toBeUndefined()
  })

  test('of somebody who left says so, whatever becomes of it', async () => {
    const made = JSON.parse(
      (await crew.api('POST', 'users/', { username: 'gone', email: 'gone@harbour.example', role: 'admin' })).text,
    )
    const { token } = JSON.parse((await crew.api('POST', 'tokens/', { name: 'gone', user_id: made.id })).text)
    expect((await authorized(token)).status).toBe(200)
    await crew.api('DELETE', `users/${made.id}/`)
    expect(await authorized(token)).toMatchObject({
      status: 403,
      text: detail('Only active users are allowed to perform this action.'),
    })
  })

  test('that was revoked opens nothing from then on', async () => {
    const { token, id } = JSON.parse((await crew.api('POST', 'tokens/', { name: 'short' })).text)
    expect((await authorized(token)).status).toBe(200)
    expect((await crew.api('DELETE', `tokens/${id}/`)).status).toBe(204)
    expect(await authorized(token)).toMatchObject(invalidToken)
  })

  test('has 64 hexadecimal digits', () => {
    for (const token of Object.values(crew.tokens)) expect(token).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('a path', () => {
  test('answers with and without its slash at the end, below the path of the public URL and without it', async () => {
    const { paths } = world.app.swagger()
    const gets = Object.entries(paths ?? {}).filter(([path, methods]) => methods?.get !== undefined && !path.endsWith('export/'))
    expect(gets.length).toBeGreaterThan(20)
    for (const [path] of gets) {
      const named = path.replaceAll(
        /\{(\w+)\}/g,
        (_match, name: string) => Object.entries(things).find(([key]) => key === name)?.[1] ?? '',
      )
      const needed = { final_shifts: '?start_date=2026-01-01&end_date=2026-01-02', preview: '?change={}' }
      const query = Object.entries(needed).find(([name]) => path.includes(name))?.[1] ?? ''
      const bare = named.replace(/\/$/, '')
      const answers = []
      for (const written of [bare, `${bare}/`, `/on-call${bare}`, `/on-call${bare}/`])
        answers.push(await ask('GET', written + query))
      const [first] = answers
      expect({ path, status: first?.status }).toEqual({ path, status: 200 })
      for (const { status, text, headers } of answers) {
        expect({ path, status, location: headers['location'] }).toEqual({ path, status: 200, location: undefined })
        expect(text).toBe(first?.text)
        expect(headers['content-type']).toMatch(/^application\/json/)
      }
    }
  })

  test('of an alert group in Grafana OnCall leads to its page here', async () => {
    const { status, headers } = await ask('GET', `/a/grafana-oncall-app/alert-groups/${things.alertGroupId}`)
    expect({ status, location: headers['location'] }).toEqual({
      ...{ status: 302, location: `https://bell.example/on-call/alert-groups/${things.alertGroupId}` },
    })
    expect((await ask('GET', '/a/grafana-oncall-app/alert-groups/no.one')).status).toBe(400)
  })

  test('of writing answers without its slash too', async () => {
    expect((await ask('PATCH', `/api/v1/users/${things.userId}`, { headers: json, body: '{}' })).status).toBe(200)
    expect((await ask('POST', '/on-call/api/v1/escalation_chains', { headers: json, body: '{"name":"no slash"}' })).status).toBe(
      201,
    )
  })

  test('that nobody knows, or that names nothing, is not found', async () => {
    for (const [method, path] of [
      ['GET', '/api/v1/nothing/'],
      ['POST', '/api/v1/'],
      ['GET', '/api/v2/users/'],
      ['GET', '/api/v1/users/U1/more/'],
      ['GET', '/API/V1/users/'],
      ['GET', '/api/v1/webhooks/WH0000000000/'],
      ['GET', '/api/v1/escalation_chains/%00/'],
      ['GET', '/api/v1/integrations/%F0%9F%94%94/'],
      ['DELETE', '/api/v1/tokens/not-a-uuid/'],
    ] as const) {
      expect({ path, ...(await ask(method, path)) }).toMatchObject({ path, status: 404, text: detail('Not found.') })
    }
  })

  test('without the method says which it has', async () => {
    for (const [method, path, allow] of [
      ['DELETE', '/api/v1/users/', 'GET, HEAD, POST'],
      ['OPTIONS', '/api/v1/users/', 'GET, HEAD, POST'],
      ['POST', '/api/v1/organizations/', 'GET, HEAD'],
      ['PUT', '/api/v1/alert_groups/', 'GET, HEAD'],
      ['GET', `/api/v1/alert_groups/${things.alertGroupId}/acknowledge`, 'POST'],
      ['PATCH', `/on-call/api/v1/webhooks/${things.webhookId}/responses/`, 'GET, HEAD'],
    ] as const) {
      expect({ path, ...(await ask(method, path)) }).toMatchObject({
        ...{ path, status: 405, text: detail(`Method "${method}" not allowed.`), headers: { allow } },
      })
    }
  })
})

describe('a list', () => {
  const lists = [
    'users',
    'tokens',
    'organizations',
    'integrations',
    'routes',
    'escalation_chains',
    'escalation_policies',
    'schedules',
  ]
  const more = ['on_call_shifts', 'shift_swaps', 'webhooks', 'alert_groups']
  const sizes: Readonly<Record<string, number>> = { users: 100, routes: 25, organizations: 25 }

  test.each([...lists, ...more])('of %s has the envelope, its keys in order, and its own default size', async (name) => {
    const { status, text } = await ask('GET', `/api/v1/${name}/`)
    expect(status).toBe(200)
    const page = JSON.parse(text)
    expect(Object.keys(page)).toEqual(['count', 'next', 'previous', 'results', 'page_size', 'current_page_number', 'total_pages'])
    expect(page).toMatchObject({
      next: null,
      previous: null,
      page_size: sizes[name] ?? 50,
      current_page_number: 1,
      total_pages: 1,
    })
    expect(page.results.length).toBe(page.count)
    expect(page.count).toBeGreaterThan(0)
  })

  test('that is empty is one page', async () => {
    expect((await ask('GET', '/api/v1/webhooks/?name=nobody')).text).toBe(
      '{"count":0,"next":null,"previous":null,"results":[],"page_size":50,"current_page_number":1,"total_pages":1}',
    )
    expect(JSON.parse((await ask('GET', '/api/v1/webhooks/?name=nobody&page=7')).text)).toMatchObject({
      current_page_number: 1,
      previous: null,
    })
  })

  describe('in pages', () => {
    beforeAll(async () => {
      for (let number = 1; number <= 5; number += 1) {
        expect((await crew.api('POST', 'schedules/', { type: 'web', time_zone: 'UTC', name: 'Paged' })).status).toBe(201)
      }
    })

    const page = async (query: string, prefix = '') =>
      JSON.parse((await ask('GET', `${prefix}/api/v1/schedules/?name=Paged&${query}`)).text)
    const url = (query: string) => `${publicUrl}/api/v1/schedules/?${query}`

    test('leads forwards and backwards by whole URLs with the public prefix and all filters', async () => {
      const first = await page('perpage=2')
      expect(first).toMatchObject({ count: 5, previous: null, page_size: 2, current_page_number: 1, total_pages: 3 })
      expect(first.next).toBe(url('name=Paged&page=2&perpage=2'))
      const second = await page('perpage=2&page=2')
      expect(second).toMatchObject({
        next: url('name=Paged&page=3&perpage=2'),
        previous: url('name=Paged&perpage=2'),
        current_page_number: 2,
      })
      expect(await page('perpage=2&page=2', '/on-call')).toEqual(second)
      const third = await page('perpage=2&page=3')
      expect(third).toMatchObject({ next: null, previous: url('name=Paged&page=2&perpage=2'), current_page_number: 3 })
      const ids = [first, second, third].flatMap(({ results }) => results.map(({ id }: { readonly id: string }) => id))
      expect(new Set(ids).size).toBe(5)
    })

    test('whose links are followed shows everything once', async () => {
      const ids: string[] = []
      for (let next: string | null = url('name=Paged&perpage=1'); next !== null; ) {
        const { results, next: after } = JSON.parse((await ask('GET', next.replace('https://bell.example', ''))).text)
        ids.push(...results.map(({ id }: { readonly id: string }) => id))
        next = after
      }
      expect(ids.length).toBe(5)
      expect(new Set(ids).size).toBe(5)
    })

    test('beyond its end is its last page', async () => {
      expect(await page('perpage=2&page=99')).toEqual(await page('perpage=2&page=3'))
      expect((await page('page=99999999999999999999')).current_page_number).toBe(1)
    })

    test.each(['0', '-1', 'two', '1.5', '', '%00', '٢'])('takes the page and the size %s for none', async (value) => {
      expect(await page(`page=${value}&perpage=${value}`)).toMatchObject({ page_size: 50, current_page_number: 1, count: 5 })
    })

    test('has at most a hundred items, and says so', async () => {
      expect(await page('perpage=100000')).toMatchObject({ page_size: 100, count: 5 })
    })
  })
})

describe('ids', () => {
  test('have the prefix of their kind and twelve letters and digits without O and 0', () => {
    const characters = '[A-NP-Z1-9]{12}$'
    const prefixes = {
      ...{ organizationId: 'O', userId: 'U', integrationId: 'C', routeId: 'R', chainId: 'F', policyId: 'E' },
      deliveryId: 'D',
      ...{ scheduleId: 'S', shiftId: 'O', layerId: 'LY', overrideId: 'OV', swapId: 'SSR', webhookId: 'WH', alertGroupId: 'I' },
    } as const
    for (const [name, prefix] of Object.entries(prefixes)) {
      expect(Object.entries(things).find(([key]) => key === name)?.[1]).toMatch(new RegExp(`^${prefix}${characters}`))
    }
  })

  test('cannot be chosen by the caller', async () => {
    const { json: made } = await crew.api('POST', 'escalation_chains/', { name: 'mine', id: 'FAAAAAAAAAAAA', organization: 'O1' })
    expect(made.id).toMatch(/^F[A-NP-Z1-9]{12}$/)
    expect(made.id).not.toBe('FAAAAAAAAAAAA')
  })
})

describe('instants', () => {
  test('are UTC with a Z, and microseconds only where there is a fraction', async () => {
    world.setTime(new Date('2026-04-01T12:00:00.120Z').getTime() as never)
    const { json: made } = await crew.api('POST', 'tokens/', { name: 'with a fraction' })
    expect(made.created_at).toBe('2026-04-01T12:00:00.120000Z')
    world.setTime(new Date('2026-04-01T12:00:00Z').getTime() as never)
    expect((await crew.api('POST', 'tokens/', { name: 'whole' })).json.created_at).toBe('2026-04-01T12:00:00Z')
    const { json: group } = await crew.api('GET', `alert_groups/${things.alertGroupId}/`)
    expect(group.created_at).toBe('2026-04-01T12:00:00Z')
    expect(group.last_alert.created_at).toBe('2026-04-01T12:00:00Z')
  })

  test('of shifts have no zone of their own', async () => {
    const { json: shift } = await crew.api('GET', `on_call_shifts/${things.shiftId}/`)
    expect(shift).toMatchObject({ start: '2026-01-01T00:00:00', rotation_start: '2026-01-01T00:00:00' })
  })
})

describe('writing', () => {
  test('makes with 201 and the whole object, changes with 200, keeps what is left out, and removes with 204 and nothing', async () => {
    for (const [name, body] of resourcesOf(things)) {
      const made = await crew.api('POST', `${name}/`, body)
      expect({ name, status: made.status }).toEqual({ name, status: 201 })
      const path = `${name}/${made.json.id}/`
      expect((await crew.api('GET', path)).json, name).toEqual(made.json)
      expect(await crew.api('PATCH', path, {}), name).toMatchObject({ status: 200, json: made.json })
      // A chain's PUT needs its name.
      const put = await crew.api('PUT', path, name === 'escalation_chains' ? { name: 'conventions' } : {})
      expect(put, name).toMatchObject({ status: 200, json: made.json })
      const removed = await ask('DELETE', `/api/v1/${path}`, { headers: json, body: '' })
      expect({ name, status: removed.status, text: removed.text }).toEqual({ name, status: 204, text: '' })
      expect({ name, ...(await crew.api('GET', path)) }).toMatchObject({ name, status: 404, text: detail('Not found.') })
      for (const method of ['PUT', 'PATCH', 'DELETE'] as const) {
        const again = await crew.api(method, path, method === 'DELETE' ? undefined : body)
        expect({ name, method, status: again.status }).toEqual({ name, method, status: 404 })
      }
    }
  })

  test('ignores keys that nobody knows', async () => {
    for (const [name, body] of resourcesOf(things)) {
      const made = await crew.api('POST', `${name}/`, {
        ...body,
        nonsense: { deep: [1] },
        organization: 'O1',
        created_at: '1999-01-01',
      })
      expect({ name, status: made.status }).toEqual({ name, status: 201 })
      expect(made.text).not.toContain('nonsense')
      expect((await crew.api('DELETE', `${name}/${made.json.id}/`)).status).toBe(204)
    }
  })

  test('takes the body of a form', async () => {
    const made = await ask('POST', '/api/v1/escalation_chains/', { headers: form, body: 'name=By+a+form&team_id=' })
    expect(made.status).toBe(201)
    expect(JSON.parse(made.text)).toMatchObject({ name: 'By a form', team_id: null })
  })
})

describe('the Accept header', () => {
  test.each(['', '*/*', 'application/json', 'application/*;q=0.1', 'text/html, application/json;q=0.9', 'APPLICATION/JSON'])(
    '%j gets JSON',
    async (accept) => {
      expect((await ask('GET', '/api/v1/users/', { headers: { accept } })).status).toBe(200)
    },
  )

  test.each(['text/html', 'application/xml', 'text/*', 'image/png, text/plain'])('%s cannot be had', async (accept) => {
    for (const [method, path] of [
      ['GET', '/api/v1/users/'],
      ['GET', '/on-call/api/v1/alert_groups'],
      ['POST', '/api/v1/webhooks/'],
    ] as const) {
      expect(await ask(method, path, { headers: { accept } })).toMatchObject({
        status: 406,
        text: detail('Could not satisfy the request Accept header.'),
      })
    }
  })
})

test('nothing of all that was a defect', () => {
  expect(world.errors).toEqual([])
})
