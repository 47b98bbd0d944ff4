import { receiverCertificate } from '../../fixtures/receiver.ts'
import type { Things } from '../things.ts'
import { byTeam, type Foreign, fresh, list, refused, remove, route, show, type Walks } from '../walk.ts'

const webhook = () => ({ name: fresh(), url: 'http://127.0.0.1/', http_method: 'POST', trigger_type: 'resolve' })
const action = () => ({ name: fresh(), url: 'http://127.0.0.1/' })

/** The routes of webhooks under both of their names, and deliveries. */
export const webhookWalks: Walks = [
  ...namedWalks({ path: 'webhooks/', make: webhook, team: 'team' }),
  ...namedWalks({ path: 'actions/', make: action, team: 'team_id' }),
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
]

/** Webhooks, by either of their names. */
function namedWalks({ path, make, team }: { readonly path: string; readonly make: () => object; readonly team: string }) {
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
