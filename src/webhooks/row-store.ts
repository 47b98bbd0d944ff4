import type { RetryPlan } from '../deliveries/endpoint-settings.ts'
import {
  asId,
  type IntegrationId,
  type OrganizationId,
  type ScheduleId,
  type TeamId,
  type UserId,
  type WebhookId,
} from '../lib/ids.ts'
import { jsonbText } from '../lib/json.ts'
import { fromDate, ms } from '../lib/time.ts'
import type { Sending } from './sending.ts'
import type { Preset, SealedWebhook, Webhook } from './webhook.ts'

/** The columns that a person decides about, as they are written. */
export function columnsOf(webhook: SealedWebhook) {
  return {
    name: webhook.name,
    description: webhook.description,
    enabled: webhook.isEnabled,
    team_id: webhook.teamId,
    user_id: webhook.userId,
    trigger_types: [...webhook.triggerTypes],
    integration_filter: webhook.integrationFilter === null ? null : [...webhook.integrationFilter],
    schedule_filter: webhook.scheduleFilter === null ? null : [...webhook.scheduleFilter],
    filter: webhook.filter === null ? null : jsonbText(webhook.filter),
    urls: jsonbText(webhook.urls),
    headers_sealed: bufferOrNull(webhook.headersSealed),
    static_headers_sealed: bufferOrNull(webhook.staticHeadersSealed),
    data: webhook.data,
    username: webhook.username,
    password_sealed: bufferOrNull(webhook.passwordSealed),
    authorization_sealed: bufferOrNull(webhook.authorizationSealed),
    trigger_template: webhook.triggerTemplate,
    forward_all: webhook.forwardAll,
    preset: webhook.preset,
    failure_email: webhook.failureEmail,
    retry: jsonbText(webhook.retry),
    max_age_ms: webhook.maxAgeMs,
    timeout_ms: webhook.timeoutMs,
    in_flight_max: webhook.inFlightMax,
    rate_max: webhook.rateMax,
    ordered: webhook.isOrdered,
  }
}

const bufferOrNull = (bytes: Uint8Array | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes))

/** As `columnsOf` wrote them. */
export const urlsOf = (stored: unknown): Webhook['urls'] => stored as Webhook['urls']

type SendingRow = {
  readonly failure_email: string | null
  readonly retry: unknown
  readonly max_age_ms: number | null
  readonly timeout_ms: number
  readonly in_flight_max: number
  readonly rate_max: number | null
  readonly ordered: boolean
}

/** How its requests leave. */
export const sendingOf = (row: SendingRow): Sending => ({
  failureEmail: row.failure_email,
  retry: row.retry as RetryPlan,
  maxAgeMs: row.max_age_ms === null ? null : ms(row.max_age_ms),
  timeoutMs: ms(row.timeout_ms),
  inFlightMax: row.in_flight_max,
  rateMax: row.rate_max,
  isOrdered: row.ordered,
})

type WebhookRow = SendingRow & {
  readonly organization_id: string
  readonly id: string
  readonly name: string
  readonly description: string | null
  readonly enabled: boolean
  readonly team_id: string | null
  readonly user_id: string | null
  readonly trigger_types: string[]
  readonly integration_filter: string[] | null
  readonly schedule_filter: string[] | null
  readonly filter: unknown
  readonly urls: unknown
  readonly headers_sealed: Buffer | null
  readonly static_headers_sealed: Buffer | null
  readonly data: string | null
  readonly username: string | null
  readonly password_sealed: Buffer | null
  readonly authorization_sealed: Buffer | null
  readonly trigger_template: string | null
  readonly forward_all: boolean
  readonly preset: string | null
  readonly missed_since: Date | null
  readonly created_at: Date
}

/** A whole row as it is read. */
export function webhookOf(row: WebhookRow): SealedWebhook {
  return {
    organizationId: asId<OrganizationId>(row.organization_id),
    id: asId<WebhookId>(row.id),
    name: row.name,
    description: row.description,
    isEnabled: row.enabled,
    teamId: row.team_id === null ? null : asId<TeamId>(row.team_id),
    userId: row.user_id === null ? null : asId<UserId>(row.user_id),
    triggerTypes: row.trigger_types as readonly string[] as Webhook['triggerTypes'],
    integrationFilter: row.integration_filter?.map((id) => asId<IntegrationId>(id)) ?? null,
    scheduleFilter: row.schedule_filter?.map((id) => asId<ScheduleId>(id)) ?? null,
    filter: row.filter as Webhook['filter'],
    urls: urlsOf(row.urls),
    headersSealed: row.headers_sealed,
    staticHeadersSealed: row.static_headers_sealed,
    data: row.data,
    username: row.username,
    passwordSealed: row.password_sealed,
    authorizationSealed: row.authorization_sealed,
    triggerTemplate: row.trigger_template,
    forwardAll: row.forward_all,
    preset: row.preset as Preset | null,
    ...sendingOf(row),
    missedSince: row.missed_since === null ? null : fromDate(row.missed_since),
    createdAt: fromDate(row.created_at),
  }
}
