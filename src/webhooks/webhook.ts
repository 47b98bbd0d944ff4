import type { IntegrationId, OrganizationId, ScheduleId, TeamId, UserId, WebhookId } from '../lib/ids.ts'
import { type Instant, isoZ } from '../lib/time.ts'
import { secretMask } from '../lib/credential.ts'
import type { Filter } from './filter/filter.ts'
import { type Headers, shownStaticHeaders } from './headers.ts'
import { type Sending, shownSending } from './sending.ts'
import type { TriggerType } from './trigger.ts'

/** In the order of the contract (grafana-oncall 2.1). */
export const httpMethods = ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'] as const
export type HttpMethod = (typeof httpMethods)[number]
export const methodsWithBody: readonly HttpMethod[] = ['POST', 'PUT', 'PATCH']

export const presets = [
  'simple_webhook',
  'advanced_webhook',
  'zenduty',
  'incident_io',
  'squadcast',
  'grafana_oncall',
  'cloudevents',
] as const
export type Preset = (typeof presets)[number]

/** At least one. */
export type Several<Item> = readonly [Item, ...Item[]]

/** One place that a webhook sends to. */
export type WebhookUrl = { readonly url: string; readonly httpMethod: HttpMethod }

/** Finds a webhook. */
export type WebhookKey = { readonly organizationId: OrganizationId; readonly id: WebhookId }

/** A subscription: which events, from which integrations or schedules, where to, and how the request looks. */
export type Webhook = Sending & {
  readonly organizationId: OrganizationId
  readonly id: WebhookId
  readonly name: string
  readonly description: string | null
  readonly isEnabled: boolean
  readonly teamId: TeamId | null
  /** Who made or replaced it; null for a machine. */
  readonly userId: UserId | null
  /** Different ones. */
  readonly triggerTypes: Several<TriggerType>
  /** Null: all integrations. Never empty. */
  readonly integrationFilter: readonly IntegrationId[] | null
  /** Null: all schedules. Never empty. */
  readonly scheduleFilter: readonly ScheduleId[] | null
  /** What must be true of an event beside that; null: nothing. */
  readonly filter: Filter | null
  /** Each URL is there once. */
  readonly urls: Several<WebhookUrl>
  /** The text of a JSON object of texts. */
  readonly headers: string | null
  /** Sent as they are, also when they look like a template. */
  readonly staticHeaders: Headers | null
  readonly data: string | null
  readonly username: string | null
  readonly password: string | null
  readonly authorizationHeader: string | null
  readonly triggerTemplate: string | null
  readonly forwardAll: boolean
  readonly preset: Preset | null
  /** Since when one of its URLs got nothing, which is open again; null: nothing was missed, or it was replayed. */
  readonly missedSince: Instant | null
  readonly createdAt: Instant
}

/** A webhook as stored: what may be secret is sealed. */
export type SealedWebhook = Omit<Webhook, 'headers' | 'staticHeaders' | 'password' | 'authorizationHeader'> & {
  readonly headersSealed: Uint8Array | null
  readonly staticHeadersSealed: Uint8Array | null
  readonly passwordSealed: Uint8Array | null
  readonly authorizationSealed: Uint8Array | null
}

/** As the API shows it; the order of the members is the contract's, then ours. */
export function shownWebhook(webhook: Webhook) {
  return {
    id: webhook.id,
    name: webhook.name,
    is_webhook_enabled: webhook.isEnabled,
    team: webhook.teamId,
    data: webhook.data,
    username: webhook.username,
    password: masked(webhook.password),
    authorization_header: masked(webhook.authorizationHeader),
    trigger_template: webhook.triggerTemplate,
    headers: webhook.headers,
    url: webhook.urls[0].url,
    forward_all: webhook.forwardAll,
    http_method: webhook.urls[0].httpMethod,
    trigger_type: webhook.triggerTypes[0],
    integration_filter: webhook.integrationFilter === null ? null : [...webhook.integrationFilter],
    preset: webhook.preset,
    schedule_filter: webhook.scheduleFilter === null ? null : [...webhook.scheduleFilter],
    description: webhook.description,
    trigger_types: [...webhook.triggerTypes],
    urls: webhook.urls.map(({ url, httpMethod }) => ({ url, http_method: httpMethod })),
    filter: webhook.filter,
    static_headers: webhook.staticHeaders === null ? null : shownStaticHeaders(webhook.staticHeaders),
    ...shownSending(webhook),
    missed_since: webhook.missedSince === null ? null : isoZ(webhook.missedSince),
  }
}

/** Nothing to hide stays visible: null, and the empty text. */
const masked = (secret: string | null): string | null => (secret === null || secret === '' ? secret : secretMask)
