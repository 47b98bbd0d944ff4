import { byTeam, fresh, list, nothing, refused, remove, route, show, type Walks } from '../walk.ts'

/** The routes of alert groups, alerts, notes and events. */
export const alertWalks: Walks = [
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
]
