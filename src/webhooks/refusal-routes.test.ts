import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, testApi } from '../../test/support/api.ts'
import { testRandom, testServer, type TestServer } from '../../test/support/server.ts'
import { makeVault } from '../accounts/secret.ts'
import { egressPolicy } from '../deliveries/egress/egress.ts'
import { integrationsThatExist } from '../integrations/commands.ts'
import { schedulesThatExist } from '../schedules/on-call-commands.ts'
import { actionRoutes } from './action-routes.ts'
import { webhookRoutes } from './routes.ts'

let server: TestServer
let api: Api
let id = ''

beforeAll(async () => {
  const vault = makeVault({ secretKey: Buffer.alloc(32, 7), purpose: 'test', random: testRandom })
  const settings = { vault, egress: egressPolicy([], 'https://bell.example'), integrationsThatExist, schedulesThatExist }
  server = await testServer((app, db) => {
    webhookRoutes(app, {
      db,
      settings,
      messageVault: vault,
      eventExcerptsOf: async () => new Map(),
      causesOf: async () => new Map(),
    })
    actionRoutes(app, { db, settings })
  })
  api = await testApi(server)
  id = (await api.call('POST', path, { ...least, name: 'the one' })).body.id
})

afterAll(() => server.close())

const path = '/api/v1/webhooks/'
const least = { name: 'desk', url: 'https://desk.example/', http_method: 'POST', trigger_type: 'resolve' }

const required = 'This field is required.'
const noNull = 'This field may not be null.'
const noText = 'Not a valid string.'
const noNumber = 'A valid integer is required.'
const noBoolean = 'Must be a valid boolean.'
const noMethod = "Must be one of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']"
const noRetry = 'Must be one of standard, fast, squadcast, none, or a list of pauses in seconds.'
const noRate = 'A number from 0.01 to 1000 is required.'
const noPreset =
  'There is no such preset: it may be simple_webhook, advanced_webhook, zenduty, incident_io, squadcast, grafana_oncall, ' +
  'cloudevents or empty.'
const longer = (max: number) => `Ensure this field has no more than ${max} characters.`
const tooLarge = (max: number) => `Ensure this value is less than or equal to ${max}.`
const tooSmall = (min: number) => `Ensure this value is greater than or equal to ${min}.`
const noList = (type: string) => `Expected a list of items but got type "${type}".`
const x = (length: number) => 'x'.repeat(length)
const anything = expect.any(String)

/** What is wrong in a POST, a PUT and a PATCH alike; the contract's fields in its order, then ours. */
const wrong: readonly (readonly [field: string, value: unknown, message: unknown])[] = [
  ['name', null, noNull],
  ['name', '', 'This field may not be blank.'],
  ['name', ' ', 'This field may not be blank.'],
  ['name', {}, noText],
  ['name', true, noText],
  ['name', x(101), longer(100)],
  ['name', 'a\u0000b', 'Null characters are not allowed.'],
  ['is_webhook_enabled', 'maybe', noBoolean],
  ['is_webhook_enabled', 2, noBoolean],
  ['is_webhook_enabled', [], noBoolean],
  ['team', 5, 'Invalid values'],
  ['team', {}, 'Invalid values'],
  ['team', 'TAAAAAAAAAAAA', 'Object does not exist'],
  ...['data', 'trigger_template', 'headers'].flatMap((field) =>
    [
      [{ a: 1 }, noText],
      [false, noText],
      ['{{ a', "Template Error: unexpected end of template, expected 'end of print statement'."],
      [x(50_001), 'Template Error: Template exceeds length limit (50001 > 50000)'],
    ].map(([value, message]) => [field, value, message] as const),
  ),
  ['headers', '[1]', 'Must be a JSON object whose values are texts, for example {"X-Team": "database"}.'],
  ['headers', '{"X": 1}', 'The value of "X" must be a text.'],
  ['headers', '{"X Y": "1"}', '"X Y" cannot be the name of a header.'],
  ['headers', '{"X": "a\\r\\nb"}', 'The value of "X" has characters that a header cannot carry.'],
  ['headers', '{"Webhook-Id": "1"}', 'The header "Webhook-Id" is set by the server itself.'],
  ['headers', '{"content-length": "1"}', 'The header "content-length" is set by the server itself.'],
  ['username', {}, noText],
  ['username', x(101), longer(100)],
  ['password', [], noText],
  ['password', x(1001), longer(1000)],
  ['authorization_header', false, noText],
  ['authorization_header', x(2001), longer(2000)],
  ['authorization_header', 'a\nb', 'The text has characters that a header cannot carry.'],
  ['url', null, noNull],
  ['url', '', 'This field may not be blank.'],
  ['url', {}, noText],
  ['url', 'desk', anything],
  ['url', 'ftp://desk.example/', anything],
  ['url', 'http://10.0.0.1/', anything],
  ['url', `https://desk.example/${x(50_000)}`, 'Template Error: Template exceeds length limit (50021 > 50000)'],
  ['forward_all', null, noNull],
  ['forward_all', 'maybe', noBoolean],
  ['forward_all', {}, noBoolean],
  ['http_method', null, noNull],
  ['http_method', 'post', noMethod],
  ['http_method', '', noMethod],
  ['http_method', 5, noMethod],
  ['http_method', x(33), noMethod],
  ['trigger_type', null, noNull],
  ['integration_filter', 'C1', noList('str')],
  ['integration_filter', 5, noList('int')],
  ['integration_filter', {}, noList('dict')],
  ['integration_filter', [5], 'Invalid integration'],
  ['integration_filter', [null], 'Invalid integration'],
  ['integration_filter', ['CAAAAAAAAAAAA'], 'Integration does not exist'],
  ['preset', 'jira', noPreset],
  ['preset', 5, noPreset],
  ['preset', [], noPreset],
  ['schedule_filter', 'S1', noList('str')],
  ['schedule_filter', [5], noText],
  ['schedule_filter', ['SAAAAAAAAAAAA'], 'Schedule does not exist'],
  ['description', {}, noText],
  ['description', x(1001), longer(1000)],
  ['trigger_types', 'resolve', noList('str')],
  ['trigger_types', [], 'This list may not be empty.'],
  ['trigger_types', [null], noText],
  [
    'trigger_types',
    ['whenever'],
    expect.stringMatching(/^There is no trigger "whenever": it may be escalation, .*message.exhausted\.$/),
  ],
  ['urls', 'https://desk.example/', noList('str')],
  ['urls', [], 'This list may not be empty.'],
  ['urls', Array.from({ length: 21 }, (_, n) => ({ url: `https://desk.example/${n}` })), 'At most 20 URLs are allowed.'],
  ['urls', [{ url: `{{ a }}${x(24_993)}` }, { url: `{{ b }}${x(24_994)}` }], 'All URLs together have 50000 characters at most.'],
  ['filter', {}, expect.stringMatching(/^An empty object says nothing: null is no filter\./)],
  ['filter', 'urgency', expect.stringMatching(/^A filter is an object with /)],
  ['static_headers', 'X: y', 'Invalid data. Expected a dictionary, but got str.'],
  ['static_headers', [], 'Invalid data. Expected a dictionary, but got list.'],
  ['static_headers', { X: 5 }, 'The value of "X" must be a text.'],
  ['static_headers', { X: null }, 'The value of "X" must be a text.'],
  ['failure_email', 'nobody', 'Enter a valid email address.'],
  ['failure_email', {}, noText],
  ['retry', null, noNull],
  ['retry', 'often', noRetry],
  ['retry', 5, noRetry],
  ['retry', [0], 'Each pause is a whole number of seconds from 1 to 86400.'],
  ['retry', [null], 'Each pause is a whole number of seconds from 1 to 86400.'],
  ['retry', Array.from({ length: 21 }, () => 1), 'At most 20 pauses are allowed.'],
  ['max_age', 0, tooSmall(1)],
  ['max_age', 604_801, tooLarge(604_800)],
  ['max_age', 'long', noNumber],
  ['timeout', null, noNull],
  ['timeout', 31, tooLarge(30)],
  ['timeout', 1.5, noNumber],
  ['max_in_flight', null, noNull],
  ['max_in_flight', 65, tooLarge(64)],
  ['max_in_flight', [], noNumber],
  ['rate_limit', 0, noRate],
  ['rate_limit', 'fast', noRate],
  ['ordered', null, noNull],
  ['ordered', 'maybe', noBoolean],
]

/** What a webhook calls otherwise than an action does (contract grafana-oncall 2.8). */
const actionNames = new Map([
  ['team', 'team_id'],
  ['username', 'user'],
  ['forward_all', 'forward_whole_payload'],
])
const ownFields = wrong.slice(wrong.findIndex(([field]) => field === 'preset')).map(([field]) => field)

/** A value as the name of a test shows it. */
const brief = (value: unknown): string => JSON.stringify(value).slice(0, 40)
const named = ([field, value, message]: (typeof wrong)[number]) => [field, brief(value), value, message] as const

describe('a webhook', () => {
  test.each(wrong.map(named))('whose %s is %s is refused, and stays as it was', async (field, _, value, message) => {
    const before = (await api.call('GET', `${path}${id}/`)).text
    const { count } = (await api.call('GET', path)).body
    const refused = { status: 400, body: { [field]: [message] } }
    const { url: _url, http_method: _method, ...withoutPlaces } = least
    const rest = field === 'urls' ? withoutPlaces : least
    expect(await api.call('POST', path, { ...rest, [field]: value })).toEqual({ ...refused, text: anything })
    expect(await api.call('PUT', `${path}${id}/`, { ...rest, [field]: value })).toEqual({ ...refused, text: anything })
    expect(await api.call('PATCH', `${path}${id}/`, { [field]: value })).toEqual({ ...refused, text: anything })
    expect((await api.call('GET', `${path}${id}/`)).text).toBe(before)
    expect((await api.call('GET', path)).body.count).toBe(count)
  })

  test.each(wrong.filter(([field]) => !ownFields.includes(field)).map(named))(
    'whose %s is %s is refused as an action, in the names of actions',
    async (field, _, value, message) => {
      const name = actionNames.get(field) ?? field
      const refused = { status: 400, body: { [name]: [message] } }
      expect(await api.call('POST', '/api/v1/actions/', { ...least, [name]: value })).toMatchObject(refused)
      expect(await api.call('PATCH', `/api/v1/actions/${id}/`, { [name]: value })).toMatchObject(refused)
    },
  )

  test.each([['whenever'], [''], [5], [[]], [['resolve']], [x(51)]])(
    'whose trigger_type is %j is refused as a whole',
    async (value) => {
      const detail =
        "trigger_type must one of ['escalation', 'alert group created', 'acknowledge', 'resolve', 'silence', 'unsilence', " +
        "'unresolve', 'unacknowledge', 'status change', 'personal notification']"
      const wanted = { status: 400, text: JSON.stringify({ detail }) }
      expect(await api.call('POST', path, { ...least, name: null, trigger_type: value })).toMatchObject(wanted)
      expect(await api.call('PUT', `${path}${id}/`, { ...least, trigger_type: value })).toMatchObject(wanted)
      expect(await api.call('PATCH', `${path}${id}/`, { trigger_type: value })).toMatchObject(wanted)
    },
  )

  test.each(['name', 'url', 'http_method', 'trigger_type'])('needs %s when it is made, and later no more', async (field) => {
    const body = Object.fromEntries(Object.entries(least).filter(([name]) => name !== field))
    expect(await api.call('POST', path, body)).toMatchObject({ status: 400, body: { [field]: [required] } })
    expect((await api.call('PUT', `${path}${id}/`, { ...body, ...(field === 'name' ? {} : { name: 'the one' }) })).status).toBe(
      200,
    )
  })

  test('is told all that is wrong with it at once', async () => {
    const body = { name: null, url: '', http_method: 'post', trigger_type: null, team: 5, retry: null }
    expect((await api.call('POST', path, body)).body).toEqual({
      name: [noNull],
      trigger_type: [noNull],
      http_method: [noMethod],
      url: ['This field may not be blank.'],
      team: ['Invalid values'],
      retry: [noNull],
    })
  })

  test('may be on by null when it is made, but is not changed to it', async () => {
    const made = await api.call('POST', path, { ...least, name: 'on', is_webhook_enabled: null })
    expect(made).toMatchObject({ status: 201, body: { is_webhook_enabled: true } })
    for (const method of ['PUT', 'PATCH'] as const) {
      expect(await api.call(method, `${path}${id}/`, { is_webhook_enabled: null })).toMatchObject({
        status: 400,
        body: { is_webhook_enabled: [noNull] },
      })
    }
  })

  test.each([
    'team',
    'data',
    'username',
    'password',
    'authorization_header',
    'trigger_template',
    'headers',
    'integration_filter',
    'preset',
    'schedule_filter',
    'description',
    'filter',
    'static_headers',
    'failure_email',
    'max_age',
    'rate_limit',
  ])('may have null as its %s', async (field) => {
    const made = await api.call('POST', path, { ...least, name: `without ${field}`, [field]: null })
    expect(made).toMatchObject({ status: 201, body: { [field]: null } })
    expect(await api.call('PATCH', `${path}${made.body.id}/`, { [field]: null })).toMatchObject({ status: 200, body: made.body })
  })

  test('takes fields that nobody knows for nothing', async () => {
    const made = await api.call('POST', path, {
      ...least,
      name: 'strange',
      labels: [],
      created_at: 5,
      organization: 'O1',
      id: 'WHX',
    })
    expect(made).toMatchObject({ status: 201, body: { name: 'strange' } })
    expect(made.body).not.toHaveProperty('labels')
    expect(made.body.id).not.toBe('WHX')
  })

  test.each([[[]], ['text'], [5], [null]])('is no %j', async (body) => {
    for (const [method, at] of [
      ['POST', path],
      ['PUT', `${path}${id}/`],
      ['PATCH', `${path}${id}/`],
    ] as const) {
      expect((await api.call(method, at, body)).status).toBe(400)
    }
  })
})
