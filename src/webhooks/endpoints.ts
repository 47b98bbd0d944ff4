import type { NewEndpoint } from '../deliveries/delivery.ts'
import { type Sending, settingsOf } from './sending.ts'
import type { Webhook } from './webhook.ts'

/** What of a webhook its endpoints are made of. */
type EndpointOwner = Pick<Webhook, 'organizationId' | 'id' | 'urls'> & Sending

/** Each URL of a webhook has deliveries, retries and limits of its own. */
export function endpointsOf(webhook: EndpointOwner): readonly NewEndpoint[] {
  const { organizationId, id, urls } = webhook
  return urls.map(({ url }) => ({ organizationId, kind: 'webhook', ownerId: id, url, settings: settingsOf(webhook) }))
}

/** Why what waits for a webhook ends without being sent; sentences for people. */
export const endings = {
  deleted: 'The webhook was deleted before this could be sent.',
  disabled: 'The webhook was switched off before this could be sent.',
} as const
