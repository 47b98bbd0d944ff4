import { fresh, list, next, nothing, refused, remove, route, show, type Walks } from '../walk.ts'

/** The routes of users, what belongs to them, teams and the organization. */
export const accountWalks: Walks = [
  ...route('GET', 'users/', show),
  ...route('GET', 'users/current/', show),
  ...route('GET', 'users/:userId/', show),
  ...route('POST', 'users/', {
    status: 201,
    body: () => ({ username: fresh(), email: `${next()}@bell.example`, role: 'viewer' }),
  }),
  ...route('PUT PATCH', 'users/:userId/', { status: 200, body: () => ({ name: fresh() }) }),
  ...route('PUT PATCH', 'users/current/', { status: 200, body: () => ({ shift_reminders: [60 * next()] }) }),
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
]
