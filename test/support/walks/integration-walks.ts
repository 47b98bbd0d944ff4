import { byTeam, fresh, list, nothing, refused, remove, route, show, type Walks } from '../walk.ts'

const integration = () => ({ type: 'webhook', name: fresh() })
const toChain = (chainId: string) => ({ default_route: { escalation_chain_id: chainId } })

/** The routes of integrations, their routes, and services. */
export const integrationWalks: Walks = [
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
]
