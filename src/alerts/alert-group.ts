import type { AlertGroupId, AlertId, IntegrationId, OrganizationId, RouteId, UserId } from '../lib/ids.ts'
import { RawJson } from '../lib/json.ts'
import type { Instant } from '../lib/time.ts'
import type { Urgency } from '../notifications/urgency.ts'
import type { Assignee } from './assignee.ts'
import type { AlertGroupState } from './state.ts'
import type { Labels, Payload } from './signal.ts'

/** Alerts with one grouping key while open; the thing that pages. */
export type AlertGroup = {
  readonly organizationId: OrganizationId
  readonly id: AlertGroupId
  readonly integrationId: IntegrationId
  /** Null when the route was deleted. A group that takes alerts has one. */
  readonly routeId: RouteId | null
  readonly title: string
  readonly message: string
  readonly sourceLink: string | null
  readonly urgency: Urgency
  /** Those of the alert that opened it. */
  readonly labels: Labels
  readonly state: AlertGroupState
  readonly alertsCount: number
  readonly startedAt: Instant
  /** The acknowledgement of a group that was resolved later stays on record; taking it back clears it. */
  readonly acknowledgedAt: Instant | null
  readonly acknowledgedBy: UserId | null
  readonly silencedAt: Instant | null
  /** Null while silenced: until somebody ends it. */
  readonly silencedUntil: Instant | null
  readonly resolvedAt: Instant | null
  /** Null when the source or an escalation resolved it. */
  readonly resolvedBy: UserId | null
  /** Whom somebody reassigned it to; null: the chain where it comes from. */
  readonly assignee: Assignee | null
}

/** One signal as it was received. */
export type Alert = {
  readonly id: AlertId
  readonly alertGroupId: AlertGroupId
  readonly receivedAt: Instant
  readonly payload: Payload
}

/** A payload inside other JSON, letter by letter; one that had to be cut is no JSON any more and becomes a text. */
export function payloadJson({ json, truncated }: Payload): RawJson | { readonly truncated: true; readonly text: string } {
  return truncated ? { truncated: true, text: json.toString('utf8').toWellFormed() } : new RawJson(json.toString('utf8'))
}
