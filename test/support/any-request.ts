import fc from 'fast-check'
import { type Role, roles } from '../../src/accounts/role.ts'
import type { Route } from './route-list.ts'
import type { Walk } from './walk.ts'

/**
 * A request to a route, before its ids are known: texts such as `@own.teamId` and `@theirs.teamId` stand for them, `@new` for
 * a name that nobody has, and `@raw:1e999` for JSON that no value of ours is written as.
 */
export type AnyRequest = {
  /** The name of the route. */
  readonly route: string
  readonly asker: Role
  /** Whose ids the path has. */
  readonly path: 'own' | 'theirs' | { readonly wild: string }
  /** What the request is made of: a good one, one with others' ids, or nothing. */
  readonly base: 'good' | 'foreign' | 'none'
  /** Instead of those of the base. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  readonly form: 'json' | 'form' | 'broken'
  /** Instead of an object. */
  readonly whole?: { readonly value: unknown } | undefined
}

/** Any request to the route: most are good but for a few fields, which are shaped as the route describes them, almost, or not at all. */
export function anyRequestTo(route: Route, walk: Walk | undefined): fc.Arbitrary<AnyRequest> {
  const described = propertiesOf(route.schema?.body)
  const shown = propertiesOf(Object.entries(route.schema?.response ?? {}).find(([status]) => status.startsWith('2'))?.[1])
  const fields = Object.keys(described).map((name) => [name, valueOf(name, shown[name])] as const)
  const queries = Object.entries(propertiesOf(route.schema?.querystring)).map(
    ([name, schema]) => [name, queryValueOf(name, schema)] as const,
  )
  const own = { weight: route.method === 'DELETE' ? 2 : 12, arbitrary: fc.constant('own' as const) }
  return fc.record({
    route: fc.constant(route.name),
    asker: fc.oneof({ weight: 12, arbitrary: fc.constant('admin' as const) }, fc.constantFrom(...roles)),
    path: fc.oneof(own, { weight: 2, arbitrary: fc.constant('theirs' as const) }, fc.record({ wild: wildText })),
    base: walk?.body === undefined ? fc.constantFrom('good', 'none') : fc.constantFrom('good', 'good', 'good', 'foreign', 'none'),
    fields: some(fields),
    query: some(queries),
    form: fc.oneof({ weight: 12, arbitrary: fc.constant('json' as const) }, fc.constantFrom('form', 'broken')),
    whole: fc.oneof({ weight: 15, arbitrary: fc.constant(undefined) }, fc.record({ value: wild })),
  })
}

/** Some of the members, mostly few, and now and then one that nobody knows. */
function some(members: readonly (readonly [string, fc.Arbitrary<unknown>])[]): fc.Arbitrary<Record<string, unknown>> {
  const one = members.length === 0 ? unknownMember : fc.oneof({ weight: 10, arbitrary: oneOf(members) }, unknownMember)
  const few = { weight: 3, arbitrary: fc.array(one, { maxLength: 1 }) }
  return fc.oneof(few, fc.array(one, { maxLength: 4 })).map((entries) => Object.fromEntries(entries))
}

const oneOf = (members: readonly (readonly [string, fc.Arbitrary<unknown>])[]) =>
  fc.oneof(...members.map(([name, value]) => fc.tuple(fc.constant(name), value)))

const unknownMember = fc.tuple(fc.constantFrom('id', 'organization_id', 'deleted_at', 'constructor', '', 'x y'), fc.jsonValue())

// Values ---------------------------------------------------------------------------------------------------------------

/** Words that come far, by the fields that take them. */
const words: Readonly<Record<string, readonly unknown[]>> = {
  role: ['admin', 'editor', 'viewer', 'none'],
  username: ['@new', ' @new ', '\ud800'],
  email: ['@new@bell.example', ' @new@BELL.example '],
  timezone: ['Europe/Berlin', 'utc', 'Mars/Olympus'],
  time_zone: ['Europe/Berlin', 'america/new_york', 'UTC'],
  type: [
    ...['webhook', 'alertmanager', 'formatted_webhook', 'pagertree', 'legacy_alertmanager', 'direct_paging'],
    ...['wait', 'notify_persons', 'notify_person_next_each_time', 'notify_on_call_from_schedule', 'notify_team_members'],
    ...['trigger_webhook', 'notify_if_time_from_to', 'notify_if_num_alerts_in_window', 'repeat_escalation', 'resolve'],
    ...[
      'notify_by_email',
      'notify_by_slack',
      'notify_by_webhook',
      'single_event',
      'recurrent_event',
      'rolling_users',
      'override',
    ],
    ...['web', 'calendar', 'ical'],
  ],
  start: [
    '0001-01-01T00:00:00Z',
    '2026-01-01T00:00:00Z',
    '0001-01-01T00:00:00',
    '9999-12-31T23:59:59',
    '2026-03-29T02:30:00',
    '2026-02-30T00:00:00',
  ],
  rotation_start: ['2026-01-01T00:00:00', '9999-12-31T23:59:59'],
  until: ['2027-01-01T00:00:00', '0001-01-01T00:00:00'],
  at: ['2026-01-01T00:00:00Z', '0001-01-01', '9999-12-31T23:59:59Z'],
  change: ['{}', '{"shifts":[{}]}', '{"schedule":{"time_zone":"UTC"},"shifts":[{"id":"x"}]}', '[', '7'],
  schedule: [{}, { name: 'x' }],
  shifts: [[{}], [{ id: '@own.shiftId', duration: 60 }], [{ id: '@theirs.shiftId', deleted: true }]],
  start_date: ['2026-01-01', '0000-00-00', '2026-01-01T10:00', '9999-12-31'],
  end_date: ['2026-12-31', '2026-01-02', '9999-12-31T23:59'],
  started_at: ['2026-01-01T00:00:00_2026-12-31T23:59:59', '0000-01-01T00:00:00_9999-99-99T00:00:00'],
  state: ['new', 'FIRING', 'resolved'],
  label: ['a:b', ':', 'a:b:c', ['a:b', 'c:d']],
  roles: ['0', ['0', '3'], '9'],
  important: ['true', 'false', 'x'],
  short: ['true', 'x'],
  duration: [60, '90', '0:05:00', 86_400, 2_147_483_648],
  delay: [-1, 0, 3600, '60', 1e12],
  mode: ['wipe', 'delete', 'x'],
  frequency: ['hourly', 'daily', 'weekly', 'monthly'],
  week_start: ['MO', 'XX'],
  turn: [
    { unit: 'weeks' },
    { unit: 'hours', length: 12 },
    { unit: 'elapsed', length: 1 },
    { unit: 'months', monthday: 31 },
    { length: 0 },
  ],
  groups: [[['@own.userId']], [['@own.userId'], null], [], [null]],
  first_group: [0, 1, '@own.userId'],
  current_group: [0, -1, '@own.userId'],
  restrictions: [
    [{ start: '22:00', end: '06:00' }],
    [{ start_day: 'FR', start: '18:00', end_day: 'MO', end: '08:00' }],
    [{ days: [] }],
  ],
  kind: ['replace_all', 'replace_user', 'add', 'remove'],
  end: ['2040-01-02T00:00:00Z', '2040-01-02T00:00:00+14:00', '9999-12-31T23:59:59Z', '0001-01-01T00:00:00+23:59'],
  user: ['@own.userId'],
  replaced: ['@own.ownerId'],
  swap_start: ['2040-01-01T00:00:00Z', '9999-12-31T00:00:00+01:00', '2026-01-01T00:00:00'],
  swap_end: ['2040-01-02T00:00:00.5Z', '9999-12-31T23:59:59Z'],
  beneficiary: ['@own.userId'],
  benefactor: ['@own.ownerId'],
  starting_after: ['2026-01-01T00:00:00Z', '0001-01-01T00:00:00 00:00'],
  expand_users: ['true'],
  open_only: ['true'],
  turn_consumption: ['calendar', 'active'],
  by_day: [['MO', 'SU'], ['XX'], []],
  by_month: [[1, 12], [13]],
  by_monthday: [[-31, 31], [0]],
  http_method: ['GET', 'POST', 'post'],
  trigger_type: ['escalation', 'alert group created', 'status change', 'acknowledge'],
  url: ['http://127.0.0.1/', 'http://127.0.0.1/{{ alert_group_id }}', 'http://[', 'gopher://x/', 'http://169.254.169.254/'],
  headers: ['{"X-A": "b"}', '{}', '[]', '{"X": "a\\r\\nb"}'],
  data: ['{{ alert_payload.a }}', '{{', '{% for a in range(9) %}'],
  trigger_template: ['True', '{{ 1 }}'],
  password: ['****************', 'secret'],
  preset: ['', null, 'simple_webhook', 'advanced_webhook'],
  routing_regex: ['.*', '(', '(a+)+$', '[ab]*a[ab]{900}c', '(?=x)', '\u00e4'],
  routing_type: ['regex', 'jinja2', 'labels'],
  position: [0, -1, 7, 2_147_483_647],
  page: ['1', '2', '99999999999999999999'],
  perpage: ['1', '100', '-1'],
  limit: ['1', '1000', '0'],
  after: ['0', '-1', '99999999999999999999'],
  default_route: [
    { escalation_chain_id: '@own.chainId' },
    { escalation_chain_id: '@theirs.chainId' },
    { slack: { channel_id: 'C' } },
  ],
  templates: [{ web: null }, { grouping_key: '{{' }, { web: { title: 7 } }],
  slack: [{ channel_id: null, user_group_id: null }, { channel_id: 'C1' }, { enabled: 'maybe' }],
}

const things = ['organizationId', 'userId', 'ownerId', 'tokenId', 'teamId', 'serviceId', 'integrationId', 'routeId', 'chainId']
const moreThings = [
  'policyId',
  'ruleId',
  'scheduleId',
  'shiftId',
  'layerId',
  'overrideId',
  'webhookId',
  'deliveryId',
  'alertGroupId',
  'alertId',
]
const idText = fc
  .tuple(fc.constantFrom('own', 'theirs'), fc.constantFrom(...things, ...moreThings))
  .map(([whose, thing]) => `@${whose}.${thing}`)

const wildText = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    'a\u0000b',
    '\ud800',
    '\udfff\ud800',
    '__proto__',
    'null',
    'undefined',
    '-',
    '%',
    '..',
    '🔔',
  ),
  fc.constantFrom(
    "'; drop table users; --",
    '{{ 7 * 7 }}',
    '<b>',
    'x'.repeat(101),
    'x'.repeat(2_000),
    '\u202e',
    'İ',
    '\ufeff',
    'a\r\nb',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  idText,
)

const wildNumber = fc.oneof(
  fc.constantFrom(-0, -1, 0.5, 1e308, 2_147_483_648, -2_147_483_649, 9_007_199_254_740_992),
  fc.constantFrom(
    '@raw:1e999',
    '@raw:-1e999',
    '@raw:9223372036854775808',
    '@raw:123456789012345678901234567890',
    '@raw:0.1e-400',
  ),
)

const nested = fc.constantFrom(50, 198, 250).map((levels) => `@raw:${'['.repeat(levels)}${']'.repeat(levels)}`)

const wild: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: wildText },
  { weight: 2, arbitrary: wildNumber },
  { weight: 4, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  fc.constantFrom(null, true, [], {}, [null], [[]], { constructor: 1 }, '@raw:{"__proto__":{"a":1}}'),
  nested,
)

/** A value for a field of a body: as the answer shows it, as others have it, or anything. */
function valueOf(name: string, schema: any): fc.Arbitrary<unknown> {
  const known = words[name]
  const fitting = known === undefined ? shaped(schema) : fc.oneof(fc.constantFrom(...known), shaped(schema))
  return fc.oneof({ weight: 5, arbitrary: fitting }, { weight: 2, arbitrary: idText }, { weight: 3, arbitrary: wild })
}

function queryValueOf(name: string, schema: any): fc.Arbitrary<unknown> {
  const known = words[name] ?? ['null', '']
  return fc.oneof(fc.constantFrom(...known), idText, wildText, fc.array(wildText, { maxLength: 3 }), shaped(schema))
}

/** What the schema describes; it leaves lengths and formats open. */
function shaped(schema: any): fc.Arbitrary<unknown> {
  if (Array.isArray(schema?.enum)) return fc.constantFrom(...schema.enum)
  switch ([schema?.type].flat()[0]) {
    case 'boolean':
      return fc.constantFrom(true, false, 'true', 0, null)
    case 'integer':
    case 'number':
      return fc.oneof(fc.integer(), fc.nat({ max: 9 }), fc.constantFrom('7', null))
    case 'array':
      return fc.array(fc.oneof(idText, shaped(schema.items)), { maxLength: 3 })
    case 'object':
      return some(Object.entries(propertiesOf(schema)).map(([name, inner]) => [name, shaped(inner)] as const))
    default:
      return fc.oneof(fc.constantFrom('@new', null, ''), idText, fc.string({ maxLength: 9 }))
  }
}

const propertiesOf = (schema: any): Readonly<Record<string, any>> => schema?.properties ?? {}
