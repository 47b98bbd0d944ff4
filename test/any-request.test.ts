import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { known } from '../src/lib/check.ts'
import { nodeClock } from '../src/lib/node/clock.ts'
import { type AnyRequest, anyRequestTo } from './support/any-request.ts'
import { pathOf, type Route, withRoutes } from './support/route-list.ts'
import { type Answer, type Crew, newCrew, type StillWorld, stillWorld } from './support/still-world.ts'
import { newThings, type Things } from './support/things.ts'
import { walks } from './support/walks/walks.ts'

/** Null: always the same few requests, as in `npm test`; continuous integration takes a minute and another seed each time. */
const seconds =
  process.env['WATCHBELL_ANY_REQUEST_SECONDS'] === undefined ? null : Number(process.env['WATCHBELL_ANY_REQUEST_SECONDS'])
const fewRuns = 60
const seed = Number(process.env['WATCHBELL_ANY_REQUEST_SEED'] ?? 20_260_401)

let world: StillWorld
let routes: readonly Route[]
/** Whose things the requests are about: the last one. A crew that has been through much gives way to a new one. */
const crews: Crew[] = []
let harbour: Crew
/** Of the harbour, as long as nothing has deleted any of it. */
let own: Things
/** Of another organization. */
let theirs: Things

beforeAll(async () => {
  const started = await withRoutes(() => stillWorld({ clock: nodeClock }))
  world = started.made
  routes = started.routes.filter(({ permission, method }) => permission !== undefined && method !== 'HEAD')
  await world.watchbell.start()
  await begin()
  theirs = await newThings(world, await newCrew(world, 'elsewhere'))
})

afterAll(() => world.close())

const routeOf = (name: string): Route =>
  known(
    routes.find((route) => route.name === name),
    name,
  )

test(`no request breaks the server, whatever is in it (seed ${seed})`, { timeout: ((seconds ?? 0) + 180) * 1000 }, async () => {
  expect(routes.length).toBeGreaterThan(80)
  const anyRequest = fc.oneof(
    ...routes.map((route) => ({ weight: route.method === 'GET' ? 1 : 3, arbitrary: anyRequestTo(route, walks.get(route.name)) })),
  )
  const answered = new Map<number, number>()
  const askedAtOnce = fc.array(anyRequest, { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(askedAtOnce, async (requests) => {
      const answers = await Promise.all(requests.map(send))
      for (const { sent, status, text } of answers) {
        if (!isAnswer(status)) expect.fail(JSON.stringify({ sent, status, text }))
        if (status >= 400) expect(JSON.parse(text)).toBeTruthy()
        answered.set(status, (answered.get(status) ?? 0) + 1)
      }
      if (requests.some(({ route }) => mayEndTheAdmin(route))) await begin()
      else if (answers.some(({ status }) => status === 204)) await renew()
    }),
    seconds === null
      ? { seed, numRuns: fewRuns, plugins: [fc.timeout(60_000)] }
      : { seed, numRuns: 1_000_000, plugins: [fc.interruptAfterTimeLimit(seconds * 1000), fc.timeout(60_000)] },
  )
  // The requests were neither all refused nor all taken.
  for (const status of [200, 201, 400, 403, 404]) expect([...answered.keys()]).toContain(status)
})

test('whatever was stored meanwhile can be listed and shown', async () => {
  const lists = routes.filter(({ method, url }) => method === 'GET' && !url.includes(':'))
  for (const crew of crews) {
    for (const { url } of lists) expect(await unshown(crew, url.slice('/api/v1/'.length))).toEqual([])
  }
})

/** What of a list was not answered with 200, its pages and each of what is on them. */
async function unshown(crew: Crew, list: string): Promise<readonly string[]> {
  const hasDetail = routes.some(({ method, url }) => method === 'GET' && new RegExp(`^/api/v1/${list}:\\w+/$`).test(url))
  const faults: string[] = []
  const get = async (path: string): Promise<Answer> => {
    const answer = await crew.api('GET', path)
    if (answer.status !== 200) faults.push(`${path}: ${answer.status} ${answer.text}`)
    return answer
  }
  let path: string | null = `${list}?perpage=100`
  while (path !== null) {
    const { json }: Answer = await get(path)
    for (const { id } of hasDetail ? json.results : []) await get(`${list}${id}/`)
    path = json.next?.replace('https://bell.example/api/v1/', '') ?? null
  }
  return faults
}

test('the server works on', async () => {
  const { alertGroupId } = await newThings(world, harbour)
  expect((await harbour.api('POST', `alert_groups/${alertGroupId}/acknowledge/`)).status).toBe(200)
})

test('nothing of all that was a defect', () => {
  expect(world.errors).toEqual([])
})

/** With other admins about, the one who asks can give up the role. */
const mayEndTheAdmin = (route: string): boolean => /^(?:PUT|PATCH) .*\/users\/current\/$/.test(route)

let renewed = 0

async function renew(): Promise<void> {
  renewed += 1
  if (renewed % 40 === 0) await begin()
  else own = await newThings(world, harbour)
}

async function begin(): Promise<void> {
  harbour = await newCrew(world, `harbour-${crews.length}`)
  crews.push(harbour)
  own = await newThings(world, harbour)
}

const isAnswer = (status: number): boolean => [200, 201, 202, 204, 400, 403, 404, 405, 409, 413, 415, 429].includes(status)

type Sent = { readonly method: string; readonly url: string; readonly type?: string; readonly payload?: string }

async function send(request: AnyRequest): Promise<{ readonly sent: Sent; readonly status: number; readonly text: string }> {
  const { method } = routeOf(request.route)
  const url = withIds(urlOf(request), encodeURIComponent)
  const body = bodyOf(request)
  const sent: Sent = { method, url, ...body }
  const answer = await world.app.inject({
    method,
    url,
    headers: { authorization: harbour.tokens[request.asker], ...(body === null ? {} : { 'content-type': body.type }) },
    ...(body === null ? {} : { payload: body.payload }),
  })
  return { sent, status: answer.statusCode, text: answer.body }
}

function urlOf({ route: routeName, path, base, query }: AnyRequest): string {
  const route = routeOf(routeName)
  const url =
    typeof path === 'string'
      ? pathOf(route, path === 'own' ? own : theirs)
      : route.url.replaceAll(/:\w+/g, () => encodeURIComponent(path.wild.toWellFormed()))
  const good = base === 'good' ? (walks.get(routeName)?.query?.(own) ?? {}) : {}
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...good, ...query })) {
    for (const one of [value].flat())
      search.append(name, typeof one === 'string' ? withIds(one, (id) => id) : JSON.stringify(one))
  }
  return search.size === 0 ? url : `${url}?${search.toString()}`
}

function bodyOf(request: AnyRequest): { readonly type: string; readonly payload: string } | null {
  const { route, form, whole, fields } = request
  if (routeOf(route).method === 'GET') return null
  const body = { ...baseOf(request), ...fields }
  const json = withIds(JSON.stringify(whole === undefined ? body : whole.value), (id) => id)
  if (form === 'json') return { type: 'application/json', payload: json }
  if (form === 'broken') return { type: 'application/json', payload: json.slice(0, json.length / 2) }
  const texts = Object.entries(body).map(([name, value]): [string, string] => [
    name,
    withIds(typeof value === 'string' ? value : JSON.stringify(value), (id) => id),
  ])
  return { type: 'application/x-www-form-urlencoded', payload: new URLSearchParams(texts).toString() }
}

function baseOf({ route, base }: AnyRequest): object {
  const walk = walks.get(route)
  if (base === 'none') return {}
  if (base === 'good') return walk?.body?.(own) ?? {}
  return walk?.foreign?.[0]?.body?.(theirs, own) ?? {}
}

let count = 0

/** The request with what its placeholders stand for. */
function withIds(text: string, written: (id: string) => string): string {
  const ids: Readonly<Record<string, Readonly<Record<string, string>>>> = { own, theirs }
  return text
    .replaceAll(/@(own|theirs)\.(\w+)/g, (_match, whose: string, thing: string) => written(ids[whose]?.[thing] ?? ''))
    .replaceAll('@new', () => written(`new${(count += 1)}`))
    .replaceAll(/"@raw:((?:[^"\\]|\\.)*)"/g, (_match, raw: string) => raw.replaceAll('\\"', '"'))
}
