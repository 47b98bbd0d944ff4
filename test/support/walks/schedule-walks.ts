import { byTeam, fresh, list, nothing, refused, remove, route, show, type Walks } from '../walk.ts'

const shift = { type: 'single_event', start: '2026-01-01T00:00:00', duration: 3600 }
const layer = { start: '2026-01-01T00:00:00', turn: { unit: 'days' } }
const override = { kind: 'remove', start: '2040-01-01T00:00:00Z', end: '2040-01-02T00:00:00Z' }
const swapTimes = { swap_start: '2040-01-01T00:00:00Z', swap_end: '2040-01-02T00:00:00Z' }
const inGroups = { status: 400, answer: { groups: { 0: ['The user at index 0 does not exist.'] } } }
const schedule = () => ({ type: 'calendar', name: fresh(), time_zone: 'UTC' })
const changeOf = (shiftId: string, teamId: string | null) => ({
  schedule: { team_id: teamId },
  shifts: [{ id: shiftId, duration: 60 }],
})

/** The routes of schedules, what they are made of, and swaps. */
export const scheduleWalks: Walks = [
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
]
