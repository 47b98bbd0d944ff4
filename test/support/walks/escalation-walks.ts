import type { Things } from '../things.ts'
import { byTeam, type Foreign, fresh, list, nothing, refused, remove, route, show, type Walks } from '../walk.ts'

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

/** The routes of escalation chains, their policies, and notification rules. */
export const escalationWalks: Walks = [
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
]
