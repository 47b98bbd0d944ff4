import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { may, type Role, roles } from '../src/accounts/role.ts'
import { isPublic } from '../src/http/public-routes.ts'
import { nodeClock } from '../src/lib/node/clock.ts'
import { pathOf, type Route, withRoutes } from './support/route-list.ts'
import { type Answer, type Crew, newCrew, type StillWorld, stillWorld } from './support/still-world.ts'
import { newThings, rowsOf, type Things } from './support/things.ts'
import type { Walk } from './support/walk.ts'
import { walks } from './support/walks/walks.ts'
import { eventually } from './support/watchbell.ts'

/** Every route that the whole app has, as the router was told. */
let routes: readonly Route[]
let world: StillWorld
let harbour: Crew
let elsewhere: Crew
/** Of the harbour; nobody who may change something is let near them. */
let treasure: Things

beforeAll(async () => {
  const started = await withRoutes(() => stillWorld({ clock: nodeClock }))
  world = started.made
  routes = started.routes
  await world.watchbell.start()
  harbour = await newCrew(world, 'harbour')
  elsewhere = await newCrew(world, 'elsewhere')
  treasure = await newThings(world, harbour)
  await atRest()
})

afterAll(() => world.close())

const guarded = (): readonly Route[] => routes.filter((route) => route.permission !== undefined)

/** After it other routes would not find the things as they were made. */
const endsSomething = ({ method, url }: Route): boolean =>
  method === 'DELETE' || (method === 'POST' && url.includes('/:alertGroupId/'))

/** HEAD is GET without the body. */
const walkOf = ({ name, method, url }: Route): Walk | undefined => walks.get(method === 'HEAD' ? `GET ${url}` : name)

describe('the list of routes', () => {
  test('is the whole app', () => {
    expect(routes.length).toBeGreaterThan(80)
    expect(new Set(routes.map((route) => route.name)).size).toBe(routes.length)
  })

  test('has for each route a permission or a place on the list of public routes, never both', () => {
    const faulty = routes.filter(({ url, permission, public: reason }) =>
      reason === undefined ? permission === undefined : permission !== undefined || !isPublic(url, reason),
    )
    expect(faulty).toEqual([])
  })

  test('has no public routes but these', () => {
    const open = routes.filter((route) => route.public !== undefined && route.method !== 'HEAD').map((route) => route.name)
    expect(open.toSorted()).toEqual([
      'GET /',
      'GET /a/grafana-oncall-app/alert-groups/:alertGroupId',
      'GET /alert-groups/:alertGroupId',
      'GET /api/v1/openapi.json',
      'GET /api/v1/schedules/:scheduleId/export/',
      'GET /api/v1/users/:userId/schedule_export/',
      'GET /health/live',
      'GET /health/ready',
      'GET /integration/:first',
      'GET /integration/:first/:second',
      'GET /integration/:first/:second/:third',
      'GET /integrations/v1/:type/:token',
      'GET /metrics',
      'GET /r/:token',
      'GET /setup/:token',
      'POST /integration/:first',
      'POST /integration/:first/:second',
      'POST /integration/:first/:second/:third',
      'POST /integrations/v1/:type/:token',
      'POST /r/:token',
      'POST /setup/:token',
    ])
  })

  test('asks of whoever reads no more than the right to read, and of whoever writes more', () => {
    const reads = guarded().filter(({ method }) => method === 'GET' || method === 'HEAD')
    expect(reads.filter(({ permission }) => !permission?.endsWith(':read'))).toEqual([])
    const writes = guarded().filter((route) => !reads.includes(route) && !route.permission?.endsWith(':write'))
    // To give up one's own token nobody needs a right.
    expect(writes.map((route) => route.name).toSorted()).toEqual([
      'DELETE /api/v1/schedules/:scheduleId/export_token/',
      'DELETE /api/v1/tokens/:tokenId/',
      'DELETE /api/v1/users/:ownerId/export_token/',
    ])
  })

  test('is walked whole, below /api/v1 and nowhere else', () => {
    expect(guarded().filter((route) => walkOf(route) === undefined)).toEqual([])
    expect([...walks.keys()].filter((name) => !guarded().some((route) => route.name === name))).toEqual([])
    expect(guarded().filter(({ url }) => !url.startsWith('/api/v1/'))).toEqual([])
  })
})

test('whatever a walk names in its query or body is tried with the ids of others too', () => {
  const own = blankThings(treasure)
  for (const [name, { body, query, foreign = [] }] of walks) {
    const named = JSON.stringify([body?.(treasure), query?.(treasure)])
    const tried = JSON.stringify(foreign.map((one) => [one.body?.(treasure, own), one.query?.(treasure)]))
    const untried = Object.entries(treasure).filter(([, id]) => named.includes(id) && !tried.includes(id))
    expect({ name, untried }).toEqual({ name, untried: [] })
  }
})

describe('without a good token', () => {
  test.each([
    ['none', {}],
    ['an unknown one', { authorization: 'ab'.repeat(32) }],
    ['one of another form', { authorization: 'Basic YWRhOmFkYQ==' }],
  ])('(%s) nothing is answered', async (_what, headers) => {
    const before = await rowsOf(world.db, harbour.organizationId)
    for (const route of guarded()) {
      const { statusCode, body } = await world.app.inject({ method: route.method, url: pathOf(route, treasure), headers })
      const text = route.method === 'HEAD' ? '' : '{"detail":"Invalid token."}'
      expect({ route: route.name, statusCode, body }).toEqual({ route: route.name, statusCode: 403, body: text })
    }
    expect(await rowsOf(world.db, harbour.organizationId)).toEqual(before)
  })
})

describe('a public route', () => {
  const open = () => routes.filter((route) => route.public !== undefined)

  test('says nothing of what is in the organizations', async () => {
    const secrets = secretsOf(await rowsOf(world.db, harbour.organizationId))
    for (const { method, url, name } of open()) {
      const { body } = await world.app.inject({ method, url: url.replaceAll(/:(\w+)/g, 'x'.repeat(13)) })
      expect({ name, seen: secrets.filter((secret) => body.includes(secret)) }).toEqual({ name, seen: [] })
    }
  })

  test('writes nothing into a page that could be a tag', async () => {
    const tag = '<img src=x onerror=alert(1)>"\''
    for (const { method, url, name } of open()) {
      const path = url.replaceAll(/:(\w+)/g, encodeURIComponent(tag))
      const { body, headers } = await world.app.inject({ method, url: `${path}?q=${encodeURIComponent(tag)}` })
      const isPage = String(headers['content-type']).includes('html')
      expect({ name, reflected: isPage && body.includes('<img') }).toEqual({ name, reflected: false })
      expect({ name, sniffing: headers['x-content-type-options'] }).toEqual({ name, sniffing: 'nosniff' })
      if (isPage)
        expect({ name, policy: headers['content-security-policy'] }).toEqual({
          name,
          policy: expect.stringMatching(/^default-src 'none'/),
        })
    }
  })
})

describe('somebody with the role', () => {
  test.each(roles)('%s is refused exactly what the role may not, and that changes nothing', async (role) => {
    const refusedRoutes = guarded().filter(({ permission }) => permission !== undefined && !may(role, permission))
    const before = await rowsOf(world.db, harbour.organizationId)
    for (const route of refusedRoutes) {
      const answer = await walk(harbour, role, { route, things: treasure })
      const text = route.method === 'HEAD' ? '' : '{"detail":"You do not have permission to perform this action."}'
      expect({ route: route.name, ...answer }).toMatchObject({ route: route.name, status: 403, text })
    }
    expect(await rowsOf(world.db, harbour.organizationId)).toEqual(before)
  })

  test.each(roles)('%s gets everything else', async (role) => {
    const allowed = guarded().filter(({ permission }) => permission !== undefined && may(role, permission))
    const toBeChanged = await newThings(world, harbour, role)
    for (const route of allowed) {
      const isRead = route.method === 'GET' || route.method === 'HEAD'
      const kept = isRead && walkOf(route)?.isOwn !== true ? treasure : toBeChanged
      const things = endsSomething(route) ? await newThings(world, harbour, role) : kept
      const { first, ends } = walkOf(route) ?? {}
      if (ends !== undefined) await harbour.apiAs(role, 'DELETE', ends(things))
      if (first !== undefined) await harbour.api('POST', `alert_groups/${things.alertGroupId}/${first}/`, { delay: -1 })
      const { status, text } = await walk(harbour, role, { route, things })
      expect({ route: route.name, status, text }).toEqual({
        route: route.name,
        status: walkOf(route)?.status,
        text: expect.any(String),
      })
    }
  })
})

describe('the admin of another organization', () => {
  let before: Awaited<ReturnType<typeof rowsOf>>
  let secrets: readonly string[]

  beforeAll(async () => {
    await atRest()
    before = await rowsOf(world.db, harbour.organizationId)
    secrets = secretsOf(before)
    expect(before['attempts']?.length).toBeGreaterThan(0)
    expect(before['notification_runs']?.length).toBeGreaterThan(0)
    const { deliveryId: _numberInItsRows, ...named } = treasure
    expect(secrets).toEqual(expect.arrayContaining([...Object.values(named), ...Object.values(harbour.users)]))
  })

  test('finds none of its things by their ids', async () => {
    const own = await newThings(world, elsewhere)
    for (const route of guarded().filter(({ url }) => url.includes(':'))) {
      const { body, query, status: _status, foreignPathStatus = 404 } = walkOf(route) ?? { status: 0 }
      const answer = await ask(elsewhere, 'admin', { route, things: treasure, body: body?.(own), query: query?.(own) })
      expect({ route: route.name, status: answer.status }).toEqual({ route: route.name, status: foreignPathStatus })
      if (foreignPathStatus === 404 && route.method !== 'HEAD') expect(answer.text).toBe('{"detail":"Not found."}')
      expectNothingOf(secrets, route, answer)
    }
  })

  test('cannot tie its own things to them', async () => {
    const own = await newThings(world, elsewhere)
    for (const route of guarded()) {
      for (const { body, query, status, answer: members } of walkOf(route)?.foreign ?? []) {
        const sent = { route, things: own, body: body?.(treasure, own), query: query?.(treasure) }
        const answer = await ask(elsewhere, 'admin', sent)
        expect({ route: route.name, status: answer.status }).toEqual({ route: route.name, status })
        if (route.method !== 'HEAD') expect(answer.json, route.name).toMatchObject(members)
        expectNothingOf(secrets, route, answer)
      }
    }
    const text = JSON.stringify(await rowsOf(world.db, elsewhere.organizationId))
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
  })

  test('sees nothing of it where no ids are given', async () => {
    for (const route of guarded().filter(({ url, method }) => !url.includes(':') && method === 'GET')) {
      expectNothingOf(
        secrets,
        route,
        await ask(elsewhere, 'admin', { route, things: treasure, query: { perpage: '1000', limit: '1000' } }),
      )
    }
  })

  test('has changed nothing of it', async () => {
    expect(await rowsOf(world.db, harbour.organizationId)).toEqual(before)
  })
})

test('nothing of all that was a defect', () => {
  expect(world.errors).toEqual([])
})

/** What was caused has been done and has left, and nothing of the harbour has changed by itself for half a second. */
async function atRest(): Promise<void> {
  let last = ''
  let since = performance.now()
  await eventually(async () => {
    const rows = await rowsOf(world.db, harbour.organizationId)
    const { attempts, deliveries, delivery_results: results, webhook_replays: replays } = rows
    const isRunning = replays?.some((replay) => replay.includes('"state": "running"')) === true
    const isDone = attempts?.length !== 0 && deliveries?.length === 0 && results?.length === 0 && !isRunning
    const now = JSON.stringify(rows)
    if (now !== last || !isDone) since = performance.now()
    last = now
    return performance.now() - since > 500 || undefined
  })
}

type Asking = {
  readonly route: Route
  readonly things: Things
  readonly body?: object | undefined
  readonly query?: Readonly<Record<string, string>> | undefined
}

function walk(crew: Crew, role: Role, { route, things }: Pick<Asking, 'route' | 'things'>): Promise<Answer> {
  const { body, query } = walkOf(route) ?? {}
  return ask(crew, role, { route, things, body: body?.(things), query: query?.(things) })
}

function ask(crew: Crew, role: Role, { route, things, body, query }: Asking): Promise<Answer> {
  const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`
  return crew.apiAs(role, route.method, pathOf(route, things).slice('/api/v1/'.length) + search, body)
}

/** Things without ids. */
function blankThings(like: Things): Things {
  return Object.fromEntries(Object.keys(like).map((key) => [key, ''])) as Things
}

/** All ids of the rows, and the word that is in their names and addresses. */
function secretsOf(rows: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const text = JSON.stringify(rows)
  const publicIds = text.match(/\b(?:SV|WH|LY|OV|SSR|[A-Z])[A-NP-Z1-9]{12}\b/g) ?? []
  const uuids = text.match(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g) ?? []
  return [...new Set(['harbour', ...publicIds, ...uuids])]
}

function expectNothingOf(secrets: readonly string[], route: Route, { text }: Answer): void {
  expect({ route: route.name, seen: secrets.filter((secret) => text.includes(secret)) }).toEqual({ route: route.name, seen: [] })
}
