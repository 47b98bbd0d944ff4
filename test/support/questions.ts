/** Answers a path below `/api/v1/`. */
type Get = (path: string) => Promise<any>

type Operation = { readonly parameters?: readonly { readonly in: string; readonly name: string }[] }

/** Every list, on each page and with each filter, and every detail that the description of the API has, by resource. */
export async function questionsOf(get: Get): Promise<ReadonlyMap<string, readonly string[]>> {
  const { paths }: { paths: Record<string, { get?: Operation }> } = await get('openapi.json')
  const byResource = new Map<string, string[]>()
  for (const [path, { get: operation }] of Object.entries(paths)) {
    // A calendar is asked for by whoever has the token of it, which nobody has here.
    if (operation === undefined || path.includes('export')) continue
    const resource = path.split('/')[3] ?? ''
    // Deliveries are listed below their webhooks only, and each list is asked for there.
    if (path.includes('deliver')) continue
    const real = await filledIn(get, path)
    const asked = byResource.get(resource) ?? []
    byResource.set(resource, [...asked, ...(await variants(get, real, operation))])
  }
  return byResource
}

/** The pages of a list, and its first page with each filter. */
async function variants(get: Get, path: string, { parameters = [] }: Operation): Promise<readonly string[]> {
  const names = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name)
  if (names.includes('start_date')) return [`${path}?start_date=2026-01-01&end_date=2026-12-31`]
  if (names.includes('change')) return [`${path}?change={}`]
  const pages = names.includes('page') ? await pagesOf(get, path) : [path]
  const filtered = await Promise.all(
    names
      .filter((name) => name !== 'page' && name !== 'perpage')
      .map(async (name) => (await filterValues(get, name)).map((value) => `${path}?${name}=${encodeURIComponent(value)}`)),
  )
  return [...pages, ...filtered.flat()]
}

async function pagesOf(get: Get, path: string): Promise<readonly string[]> {
  const { total_pages: last }: { total_pages: number } = await get(path.slice('/api/v1/'.length))
  const numbers = new Set([1, Math.ceil(last / 2), last])
  return [...[...numbers].map((number) => `${path}?page=${number}`), `${path}?perpage=100`]
}

/** The path with ids of things that are there: what is before a parameter is a list. */
async function filledIn(get: Get, path: string): Promise<string> {
  const [list = '', after] = path.split(/\{\w+\}(.*)/s)
  if (after === undefined) return path
  return filledIn(get, list + (await someId(get, list.slice('/api/v1/'.length, -1))) + after)
}

/** An id from the middle. */
async function someId(get: Get, resource: string): Promise<string> {
  const { results } = await get(`${resource}/?page=2`)
  return results[0]?.id ?? 'none'
}

const listOf: Readonly<Record<string, string>> = {
  team_id: 'teams',
  user_id: 'users',
  integration_id: 'integrations',
  route_id: 'routes',
  escalation_chain_id: 'escalation_chains',
  schedule_id: 'schedules',
  beneficiary: 'users',
  benefactor: 'users',
  alert_group_id: 'alert_groups',
  id: 'alert_groups',
}

const values: Readonly<Record<string, readonly string[]>> = {
  name: ['copy 500', 'none'],
  username: ['copy 500'],
  email: ['copy500@copy.example'],
  roles: ['0', '1'],
  short: ['true'],
  important: ['true'],
  routing_regex: ['us-.*'],
  state: ['new', 'acknowledged', 'resolved', 'silenced'],
  started_at: ['2020-01-01T00:00:00_2099-01-01T00:00:00', '2020-01-01T00:00:00_2020-01-02T00:00:00'],
  label: ['severity:critical', 'severity:info', 'host:host-7', 'no:label'],
  search: ['copy'],
  channel_name: ['x'],
  slack_handle: ['x'],
  expand_users: ['true'],
  open_only: ['true'],
  starting_after: ['2020-01-01T00:00:00Z', '2045-01-01T00:00:00Z'],
  at: ['2026-04-01T12:00:00Z'],
  after: ['0', '30000'],
  limit: ['100'],
}

async function filterValues(get: Get, name: string): Promise<readonly string[]> {
  const list = listOf[name]
  const known = list === undefined ? values[name] : [await someId(get, list), ...(name === 'team_id' ? ['null'] : [])]
  if (known === undefined) throw new Error(`give the filter ${name} a value to measure it with`)
  return known
}
