import { receiverCertificate } from '../fixtures/receiver.ts'
import type { Things } from './things.ts'

/** What is sent besides the path; ids come from these things. */
type Sending = {
  readonly query?: (things: Things) => Readonly<Record<string, string>>
  readonly body?: (things: Things) => object
}

/** A request to one's own path that names others' things, and its answer. */
type Foreign = {
  readonly query?: (theirs: Things) => Readonly<Record<string, string>>
  readonly body?: (theirs: Things, own: Things) => object
  readonly status: number
  /** Members of the answer. */
  readonly answer: object
}

/** How a route is walked. The parameters of the path are filled in by their names. */
export type Walk = Sending & {
  /** Whoever may, gets this. */
  readonly status: number
  /** What is done to the alert group before. */
  readonly first?: string
  /** What is ended before. */
  readonly ends?: (things: Things) => string
  /** Only what is one's own is found. */
  readonly isOwn?: boolean
  readonly foreign?: readonly Foreign[]
  /** What the path with others' ids answers; 404 unless it is said. */
  readonly foreignPathStatus?: number
}

let count = 0
const fresh = () => `name ${(count += 1)}`

const list = (...foreign: readonly Foreign[]): Walk => ({ status: 200, foreign })
const show: Walk = { status: 200 }
const remove: Walk = { status: 204 }
const nothing = { status: 200, answer: { count: 0, results: [] } }
const refused = (field: string, message = 'Object does not exist') => ({ status: 400, answer: { [field]: [message] } })
const notATeam = refused('team_id', 'Select a valid choice. That choice is not one of the available choices.')
const byTeam: Foreign = { query: ({ teamId }) => ({ team_id: teamId }), ...notATeam }

const shift = { type: 'single_event', start: '2026-01-01T00:00:00', duration: 3600 }
const layer = { start: '2026-01-01T00:00:00', turn: { unit: 'days' } }
const override = { kind: 'remove', start: '2040-01-01T00:00:00Z', end: '2040-01-02T00:00:00Z' }
const swapTimes = { swap_start: '2040-01-01T00:00:00Z', swap_end: '2040-01-02T00:00:00Z' }
const inGroups = { status: 400, answer: { groups: { 0: ['The user at index 0 does not exist.'] } } }
const integration = () => ({ type: 'webhook', name: fresh() })
const schedule = () => ({ type: 'calendar', name: fresh(), time_zone: 'UTC' })
const changeOf = (shiftId: string, teamId: string | null) => ({
  schedule: { team_id: teamId },
  shifts: [{ id: shiftId, duration: 60 }],
})
const webhook = () => ({ name: fresh(), url: 'http://127.0.0.1/', http_method: 'POST', trigger_type: 'resolve' })
const action = () => ({ name: fresh(), url: 'http://127.0.0.1/' })
const toChain = (chainId: string) => ({ default_route: { escalation_chain_id: chainId } })

/** What a step can name, and what comes of it when it is others'. People who are not known are dropped. */
const foreignSteps = (done: number, more: (theirs: Things, own: Things) => object): readonly Foreign[] => [
  {
    body: (theirs, own) => ({ ...more(theirs, own), type: 'notify_persons', persons_to_notify: [theirs.userId] }),
    ...{ status: done, answer: { persons_to_notify: [] } },
  },
  {
    body: (theirs, own) => ({
      ...more(theirs, own),
      type: 'notify_on_call_from_schedule',
      notify_on_call_from_schedule: theirs.scheduleId,
    }),
    ...refused('notify_on_call_from_schedule'),
  },
  {
    body: (theirs, own) => ({ ...more(theirs, own), type: 'trigger_webhook', action_to_trigger: theirs.webhookId }),
    ...refused('action_to_trigger'),
  },
]

/** Every route of the API. A route that is missing here fails the test. */
export const walks: ReadonlyMap<string, Walk> = new Map([
  ...route('GET', 'users/', show),
  ...route('GET', 'users/current/', show),
  ...route('GET', 'users/:userId/', show),
  ...route('POST', 'users/', {
    status: 201,
    body: () => ({ username: fresh(), email: `${(count += 1)}@bell.example`, role: 'viewer' }),
  }),
  ...route('PUT PATCH', 'users/:userId/', { status: 200, body: () => ({ name: fresh() }) }),
  ...route('PUT PATCH', 'users/current/', { status: 200, body: () => ({ shift_reminders: [60 * (count += 1)] }) }),
  ...route('DELETE', 'users/:userId/', remove),

  ...route('GET', 'tokens/', list({ query: ({ userId }) => ({ user_id: userId }), ...nothing })),
  ...route('POST', 'tokens/', {
    status: 201,
    body: () => ({ name: fresh() }),
    foreign: [{ body: ({ userId }) => ({ name: fresh(), user_id: userId }), ...refused('user_id', 'User does not exist') }],
  }),
  ...route('GET', 'tokens/:tokenId/', { ...show, isOwn: true }),
  ...route('PUT PATCH', 'tokens/:tokenId/', { status: 200, body: () => ({ name: fresh() }) }),
  ...route('DELETE', 'tokens/:tokenId/', remove),

  ...route('GET', 'users/:ownerId/export_token/', { ...show, isOwn: true }),
  ...route('POST', 'users/:ownerId/export_token/', { status: 201, ends: ({ ownerId }) => `users/${ownerId}/export_token/` }),
  ...route('DELETE', 'users/:ownerId/export_token/', remove),

  ...route('GET', 'users/:ownerId/personal_webhook/', { ...show, isOwn: true }),
  ...route('PUT', 'users/:ownerId/personal_webhook/', {
    status: 200,
    body: ({ webhookId }) => ({ webhook: webhookId }),
    foreign: [{ body: ({ webhookId }) => ({ webhook: webhookId }), ...refused('webhook') }],
  }),
  ...route('DELETE', 'users/:ownerId/personal_webhook/', remove),

  ...route('GET', 'teams/', show),
  ...route('GET', 'teams/:teamId/', show),
  ...route('POST', 'teams/', {
    status: 201,
    body: ({ userId, chainId }) => ({ name: fresh(), users: [userId], escalation_chain_id: chainId }),
    foreign: [
      { body: ({ userId }) => ({ name: fresh(), users: [userId] }), ...refused('users', 'User does not exist') },
      { body: ({ chainId }) => ({ name: fresh(), escalation_chain_id: chainId }), ...refused('escalation_chain_id') },
    ],
  }),
  ...route('PUT PATCH', 'teams/:teamId/', {
    status: 200,
    body: ({ userId, chainId }) => ({ name: fresh(), users: [userId], escalation_chain_id: chainId }),
    foreign: [
      { body: ({ userId }) => ({ users: [userId] }), ...refused('users', 'User does not exist') },
      { body: ({ chainId }) => ({ escalation_chain_id: chainId }), ...refused('escalation_chain_id') },
    ],
  }),
  ...route('DELETE', 'teams/:teamId/', remove),

  ...route('GET', 'organizations/', show),
  // The contract answers with the caller's own organization, whatever the id.
  ...route('GET', 'organizations/:organizationId/', { ...show, foreignPathStatus: 200 }),
  ...route('GET', 'slack_channels/', show),
  ...route('GET', 'user_groups/', show),
  ...route('GET', 'info/', show),

  ...route('GET', 'integrations/', list(byTeam)),
  ...route('GET', 'integrations/:integrationId/', show),
  ...route('POST', 'integrations/', {
    status: 201,
    body: ({ teamId, serviceId, chainId }) => ({ ...integration(), team_id: teamId, service: serviceId, ...toChain(chainId) }),
    foreign: [
      { body: ({ teamId }) => ({ ...integration(), team_id: teamId }), ...refused('team_id') },
      { body: ({ serviceId }) => ({ ...integration(), service: serviceId }), ...refused('service') },
      { body: ({ chainId }) => ({ ...integration(), ...toChain(chainId) }), ...refused('escalation_chain_id') },
    ],
  }),
  ...route('PUT PATCH', 'integrations/:integrationId/', {
    status: 200,
    body: ({ teamId, serviceId, chainId }) => ({ team_id: teamId, service: serviceId, ...toChain(chainId) }),
    foreign: [
      { body: ({ teamId }) => ({ team_id: teamId }), ...refused('team_id') },
      { body: ({ serviceId }) => ({ service: serviceId }), ...refused('service') },
      { body: ({ chainId }) => toChain(chainId), ...refused('escalation_chain_id') },
    ],
  }),
  ...route('DELETE', 'integrations/:integrationId/', remove),

  ...route('GET', 'routes/', list({ query: ({ integrationId }) => ({ integration_id: integrationId }), ...nothing })),
  ...route('GET', 'routes/:routeId/', show),
  ...route('POST', 'routes/', {
    status: 201,
    body: ({ integrationId, chainId }) => ({ integration_id: integrationId, escalation_chain_id: chainId, routing_regex: 'x' }),
    foreign: [
      {
        body: ({ integrationId }, own) => ({
          integration_id: integrationId,
          escalation_chain_id: own.chainId,
          routing_regex: 'x',
        }),
        ...refused('integration_id'),
      },
      {
        body: ({ chainId }, own) => ({
          integration_id: own.integrationId,
          escalation_chain_id: chainId,
          routing_regex: 'x',
        }),
        ...refused('escalation_chain_id'),
      },
    ],
  }),
  ...route('PUT PATCH', 'routes/:routeId/', {
    status: 200,
    body: ({ chainId }) => ({ escalation_chain_id: chainId, routing_regex: 'y' }),
    foreign: [{ body: ({ chainId }) => ({ escalation_chain_id: chainId }), ...refused('escalation_chain_id') }],
  }),
  ...route('DELETE', 'routes/:routeId/', remove),

  ...route('GET', 'services/', list(byTeam)),
  ...route('GET', 'services/:serviceId/', show),
  ...route('POST', 'services/', {
    status: 201,
    body: ({ teamId }) => ({ name: fresh(), team_id: teamId }),
    foreign: [{ body: ({ teamId }) => ({ name: fresh(), team_id: teamId }), ...refused('team_id') }],
  }),
  ...route('PUT PATCH', 'services/:serviceId/', {
    status: 200,
    body: ({ teamId }) => ({ name: fresh(), team_id: teamId }),
    foreign: [{ body: ({ teamId }) => ({ name: fresh(), team_id: teamId }), ...refused('team_id') }],
  }),
  ...route('DELETE', 'services/:serviceId/', remove),

  ...route('GET', 'escalation_chains/', list(byTeam)),
  ...route('GET', 'escalation_chains/:chainId/', show),
  ...route('POST', 'escalation_chains/', {
    status: 201,
    body: ({ teamId }) => ({ name: fresh(), team_id: teamId }),
    foreign: [{ body: ({ teamId }) => ({ name: fresh(), team_id: teamId }), ...refused('team_id') }],
  }),
  ...route('PUT PATCH', 'escalation_chains/:chainId/', {
    status: 200,
    body: ({ teamId }) => ({ name: fresh(), team_id: teamId }),
    foreign: [{ body: ({ teamId }) => ({ name: fresh(), team_id: teamId }), ...refused('team_id') }],
  }),
  ...route('DELETE', 'escalation_chains/:chainId/', remove),

  ...route('GET', 'escalation_policies/', list({ query: ({ chainId }) => ({ escalation_chain_id: chainId }), ...nothing })),
  ...route('GET', 'escalation_policies/:policyId/', show),
  ...route('POST', 'escalation_policies/', {
    status: 201,
    body: ({ chainId, userId }) => ({ escalation_chain_id: chainId, type: 'notify_persons', persons_to_notify: [userId] }),
    foreign: [
      { body: ({ chainId }) => ({ escalation_chain_id: chainId, type: 'resolve' }), ...refused('escalation_chain_id') },
      ...foreignSteps(201, (_theirs, own) => ({ escalation_chain_id: own.chainId })),
    ],
  }),
  ...route('PUT PATCH', 'escalation_policies/:policyId/', {
    status: 200,
    body: ({ scheduleId }) => ({ type: 'notify_on_call_from_schedule', notify_on_call_from_schedule: scheduleId }),
    foreign: foreignSteps(200, (theirs) => ({ escalation_chain_id: theirs.chainId })),
  }),
  ...route('DELETE', 'escalation_policies/:policyId/', remove),

  ...route(
    'GET',
    'personal_notification_rules/',
    list({ query: ({ userId }) => ({ user_id: userId }), status: 400, answer: { detail: 'User not found.' } }),
  ),
  ...route('GET', 'personal_notification_rules/:ruleId/', show),
  ...route('POST', 'personal_notification_rules/', {
    status: 201,
    body: ({ ownerId }) => ({ user_id: ownerId, type: 'notify_by_email' }),
    foreign: [
      {
        body: ({ ownerId }) => ({ user_id: ownerId, type: 'notify_by_email' }),
        ...{ status: 400, answer: { detail: 'User does not exist' } },
      },
    ],
  }),
  ...route('PUT PATCH', 'personal_notification_rules/:ruleId/', {
    status: 200,
    body: () => ({ type: 'wait', duration: 60 }),
  }),
  ...route('DELETE', 'personal_notification_rules/:ruleId/', remove),

  ...route('GET', 'schedules/', list(byTeam)),
  ...route('GET', 'schedules/:scheduleId/', show),
  ...route('GET', 'schedules/:scheduleId/final_shifts/', {
    ...show,
    query: () => ({ start_date: '2026-01-01', end_date: '2026-01-02' }),
  }),
  ...route('GET', 'schedules/:scheduleId/on_call/', show),
  ...route('GET', 'schedules/:scheduleId/explain/', show),
  ...route('GET', 'schedules/:scheduleId/gaps/', show),
  ...route('GET', 'schedules/:scheduleId/preview/', {
    status: 200,
    query: ({ shiftId, teamId }) => ({ change: JSON.stringify(changeOf(shiftId, teamId)) }),
    foreign: [
      { query: ({ shiftId }) => ({ change: JSON.stringify(changeOf(shiftId, null)) }), ...refused('shifts.0.id') },
      { query: ({ teamId }) => ({ change: JSON.stringify({ schedule: { team_id: teamId } }) }), ...refused('schedule.team_id') },
    ],
  }),
  ...route('POST', 'schedules/:scheduleId/preview/', {
    status: 200,
    body: ({ shiftId, teamId }) => changeOf(shiftId, teamId),
    foreign: [
      { body: ({ shiftId }) => changeOf(shiftId, null), ...refused('shifts.0.id') },
      { body: ({ teamId }) => ({ schedule: { team_id: teamId } }), ...refused('schedule.team_id') },
    ],
  }),
  ...route('GET', 'on_call/', list(byTeam)),
  ...route('POST', 'schedules/', {
    status: 201,
    body: ({ teamId, shiftId }) => ({ ...schedule(), team_id: teamId, shifts: [shiftId] }),
    foreign: [
      { body: ({ teamId }) => ({ ...schedule(), team_id: teamId }), ...refused('team_id') },
      { body: ({ shiftId }) => ({ ...schedule(), shifts: [shiftId] }), status: 201, answer: { shifts: [], on_call_now: [] } },
    ],
  }),
  ...route('PUT PATCH', 'schedules/:scheduleId/', {
    status: 200,
    body: ({ teamId, shiftId }) => ({ team_id: teamId, shifts: [shiftId] }),
    foreign: [
      { body: ({ teamId }) => ({ team_id: teamId }), ...refused('team_id') },
      { body: ({ shiftId }) => ({ shifts: [shiftId] }), status: 200, answer: { shifts: [] } },
    ],
  }),
  ...route('DELETE', 'schedules/:scheduleId/', remove),
  // The schedule that there is follows no calendar.
  ...route('PUT', 'schedules/:scheduleId/calendar/', { status: 400 }),

  ...route('GET', 'schedules/:scheduleId/export_token/', { ...show, isOwn: true }),
  ...route('POST', 'schedules/:scheduleId/export_token/', {
    status: 201,
    ends: ({ scheduleId }) => `schedules/${scheduleId}/export_token/`,
  }),
  ...route('DELETE', 'schedules/:scheduleId/export_token/', remove),
  ...route('GET', 'schedules/:scheduleId/layers/', show),
  ...route('GET', 'schedules/:scheduleId/layers/:layerId/', show),
  ...route('POST', 'schedules/:scheduleId/layers/', {
    status: 201,
    body: ({ userId }) => ({ ...layer, groups: [[userId]] }),
    foreign: [{ body: ({ userId }) => ({ ...layer, groups: [[userId]] }), ...inGroups }],
  }),
  ...route('PUT PATCH', 'schedules/:scheduleId/layers/:layerId/', {
    status: 200,
    body: ({ userId }) => ({ groups: [[userId], [userId]], level: -3 }),
    foreign: [{ body: ({ userId }) => ({ groups: [[userId]] }), ...inGroups }],
  }),
  ...route('DELETE', 'schedules/:scheduleId/layers/:layerId/', remove),

  ...route('GET', 'schedules/:scheduleId/overrides/', show),
  ...route('GET', 'schedules/:scheduleId/overrides/:overrideId/', show),
  ...route('POST', 'schedules/:scheduleId/overrides/', {
    status: 201,
    body: ({ userId }) => ({ ...override, user: userId }),
    foreign: [{ body: ({ userId }) => ({ ...override, user: userId }), ...refused('user', 'User does not exist') }],
  }),
  ...route('PUT PATCH', 'schedules/:scheduleId/overrides/:overrideId/', {
    status: 200,
    body: ({ userId }) => ({ user: userId, name: fresh() }),
    foreign: [{ body: ({ userId }) => ({ user: userId }), ...refused('user', 'User does not exist') }],
  }),
  ...route('DELETE', 'schedules/:scheduleId/overrides/:overrideId/', remove),

  ...route(
    'GET',
    'shift_swaps/',
    list(
      { query: ({ scheduleId }) => ({ schedule_id: scheduleId }), ...nothing },
      { query: ({ userId }) => ({ beneficiary: userId }), ...nothing },
      { query: ({ userId }) => ({ benefactor: userId }), ...nothing },
    ),
  ),
  ...route('GET', 'shift_swaps/:swapId/', show),
  ...route('POST', 'shift_swaps/', {
    status: 201,
    body: ({ scheduleId, userId }) => ({ ...swapTimes, schedule: scheduleId, beneficiary: userId }),
    foreign: [
      {
        body: ({ userId }, { scheduleId }) => ({ ...swapTimes, schedule: scheduleId, beneficiary: userId }),
        ...{ status: 400, answer: { detail: 'Invalid beneficiary user ID' } },
      },
      {
        body: ({ scheduleId }, { userId }) => ({ ...swapTimes, schedule: scheduleId, beneficiary: userId }),
        ...refused('schedule'),
      },
    ],
  }),
  ...route('PUT PATCH', 'shift_swaps/:swapId/', {
    status: 200,
    body: ({ scheduleId }) => ({ schedule: scheduleId, description: fresh() }),
    foreign: [{ body: ({ scheduleId }) => ({ schedule: scheduleId }), ...refused('schedule') }],
  }),
  ...route('POST', 'shift_swaps/:swapId/take/', {
    status: 200,
    body: ({ ownerId }) => ({ benefactor: ownerId }),
    foreign: [
      {
        body: ({ ownerId }) => ({ benefactor: ownerId }),
        ...{ status: 400, answer: { detail: 'Invalid benefactor user ID' } },
      },
    ],
  }),
  ...route('DELETE', 'shift_swaps/:swapId/', remove),

  ...route('GET', 'on_call_shifts/', list({ query: ({ scheduleId }) => ({ schedule_id: scheduleId }), ...nothing }, byTeam)),
  ...route('GET', 'on_call_shifts/:shiftId/', show),
  ...route('POST', 'on_call_shifts/', {
    status: 201,
    body: ({ userId, scheduleId, teamId }) => ({ ...shift, users: [userId], schedule: scheduleId, team_id: teamId }),
    foreign: [
      { body: ({ scheduleId }) => ({ ...shift, schedule: scheduleId }), ...refused('schedule') },
      { body: ({ teamId }) => ({ ...shift, team_id: teamId }), ...refused('team_id') },
      { body: ({ userId }) => ({ ...shift, users: [userId] }), status: 201, answer: { users: [] } },
    ],
  }),
  ...route('PUT PATCH', 'on_call_shifts/:shiftId/', {
    status: 200,
    body: ({ userId, teamId }) => ({ users: [userId], team_id: teamId, level: 3 }),
    foreign: [
      { body: ({ teamId }) => ({ team_id: teamId }), ...refused('team_id') },
      { body: ({ userId, scheduleId }) => ({ users: [userId], schedule: scheduleId }), status: 200, answer: { users: [] } },
    ],
  }),
  ...route('DELETE', 'on_call_shifts/:shiftId/', remove),

  ...webhookWalks({ path: 'webhooks/', make: webhook, team: 'team' }),
  ...webhookWalks({ path: 'actions/', make: action, team: 'team_id' }),
  ...route('GET', 'webhooks/:webhookId/responses/', show),
  ...route('POST', 'webhooks/:webhookId/preview/', { ...show, body: () => ({ trigger: 'resolve' }) }),
  ...route('POST', 'webhooks/:webhookId/test/', { status: 202, body: () => ({ trigger: 'resolve' }) }),
  ...route('GET', 'webhooks/:webhookId/deliveries/', show),
  ...route('GET', 'webhooks/:webhookId/health/', show),
  ...route('GET', 'deliveries/:deliveryId/', show),
  ...route('POST', 'deliveries/:deliveryId/redeliver/', { status: 201 }),
  ...route('GET', 'webhooks/:webhookId/replays/', show),
  ...route('POST', 'webhooks/:webhookId/replays/', { status: 201, body: () => ({ since: 60 }) }),
  ...route('GET', 'webhooks/:webhookId/replays/:replayId/', show),
  ...route('POST', 'webhooks/:webhookId/replays/:replayId/cancel/', show),
  ...route('GET', 'webhooks/:webhookId/tls/', show),
  ...route('PUT', 'webhooks/:webhookId/tls/', { status: 200, body: () => ({ ca: receiverCertificate() }) }),
  ...route('DELETE', 'webhooks/:webhookId/tls/', remove),
  ...route('GET', 'webhooks/:webhookId/signing/', show),
  ...route('POST', 'webhooks/:webhookId/signing/', { status: 201, body: () => ({ overlap: 0, asymmetric: true }) }),
  ...route('DELETE', 'webhooks/:webhookId/signing/', remove),

  ...route(
    'GET',
    'alert_groups/',
    list(
      { query: ({ alertGroupId }) => ({ id: alertGroupId }), ...nothing },
      { query: ({ integrationId }) => ({ integration_id: integrationId }), ...nothing },
      { query: ({ routeId }) => ({ route_id: routeId }), ...nothing },
      byTeam,
    ),
  ),
  ...route('GET', 'alert_groups/:alertGroupId/', show),
  ...route('GET', 'alert_groups/:alertGroupId/timeline/', show),
  ...route('POST', 'alert_groups/:alertGroupId/acknowledge/', show),
  ...route('POST', 'alert_groups/:alertGroupId/unacknowledge/', { ...show, first: 'acknowledge' }),
  ...route('POST', 'alert_groups/:alertGroupId/resolve/', show),
  ...route('POST', 'alert_groups/:alertGroupId/unresolve/', { ...show, first: 'resolve' }),
  ...route('POST', 'alert_groups/:alertGroupId/silence/', { ...show, body: () => ({ delay: 3600 }) }),
  ...route('POST', 'alert_groups/:alertGroupId/unsilence/', { ...show, first: 'silence' }),
  ...route('POST', 'alert_groups/:alertGroupId/reassign/', {
    ...show,
    body: ({ chainId }) => ({ escalation_chain: chainId }),
    foreign: [
      { body: ({ userId }) => ({ user: userId }), ...refused('user') },
      { body: ({ teamId }) => ({ team: teamId }), ...refused('team') },
      { body: ({ chainId }) => ({ escalation_chain: chainId }), ...refused('escalation_chain') },
    ],
  }),
  ...route('DELETE', 'alert_groups/:alertGroupId/', { ...remove, body: () => ({ mode: 'delete' }) }),

  ...route(
    'GET',
    'alerts/',
    list(
      { query: ({ alertId }) => ({ id: alertId }), ...nothing },
      { query: ({ alertGroupId }) => ({ alert_group_id: alertGroupId }), ...nothing },
    ),
  ),
  ...route('GET', 'alerts/:alertId/', show),

  ...route('GET', 'resolution_notes/', list({ query: ({ alertGroupId }) => ({ alert_group_id: alertGroupId }), ...nothing })),
  ...route('GET', 'resolution_notes/:noteId/', show),
  ...route('POST', 'resolution_notes/', {
    status: 201,
    body: ({ alertGroupId }) => ({ alert_group_id: alertGroupId, text: fresh() }),
    foreign: [{ body: ({ alertGroupId }) => ({ alert_group_id: alertGroupId, text: fresh() }), ...refused('alert_group_id') }],
  }),
  ...route('PUT PATCH', 'resolution_notes/:noteId/', { status: 200, body: () => ({ text: fresh() }) }),
  ...route('DELETE', 'resolution_notes/:noteId/', remove),

  ...route('GET', 'events/', show),
])

function route(methods: string, path: string, walk: Walk): readonly (readonly [string, Walk])[] {
  return methods.split(' ').map((method) => [`${method} /api/v1/${path}`, walk] as const)
}

/** Webhooks, by either of their names. */
function webhookWalks({ path, make, team }: { readonly path: string; readonly make: () => object; readonly team: string }) {
  const named = ({ teamId, integrationId }: Things) => ({ [team]: teamId, integration_filter: [integrationId] })
  const foreignOf = (base: () => object): readonly Foreign[] => [
    { body: ({ teamId }) => ({ ...base(), [team]: teamId }), ...refused(team) },
    {
      body: ({ integrationId }) => ({ ...base(), integration_filter: [integrationId] }),
      ...refused('integration_filter', 'Integration does not exist'),
    },
  ]
  const changed = { body: (own: Things) => ({ name: fresh(), ...named(own) }), foreign: foreignOf(() => ({})) }
  return [
    ...route('GET', path, list(byTeam)),
    ...route('GET', `${path}:webhookId/`, show),
    ...route('POST', path, { status: 201, body: (own) => ({ ...make(), ...named(own) }), foreign: foreignOf(make) }),
    ...route('PUT PATCH', `${path}:webhookId/`, { status: 200, ...changed }),
    ...route('DELETE', `${path}:webhookId/`, remove),
  ]
}
