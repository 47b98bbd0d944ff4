import type { Actor } from '../accounts/actor.ts'
import type { IntegrationId, OrganizationId, RouteId, ServiceId, TeamId, EscalationChainId } from '../lib/ids.ts'
import type { Instant } from '../lib/time.ts'
import type { Urgency } from '../notifications/urgency.ts'
import type { Service } from '../services/service.ts'

type TypeFacts = {
  /** What people see (contract grafana-oncall 6.3). */
  readonly title: string
  /** Its grouping keys are ids: an alert group is found by its key whatever route a later signal would take. */
  readonly keysAreIds: boolean
}

/** The kinds of alert source. */
export const integrationTypes = {
  alertmanager: { title: 'Alertmanager', keysAreIds: false },
  formatted_webhook: { title: 'Formatted webhook', keysAreIds: false },
  pagertree: { title: 'PagerTree', keysAreIds: true },
  webhook: { title: 'Webhook', keysAreIds: false },
} as const satisfies Record<string, TypeFacts>

export type IntegrationType = keyof typeof integrationTypes

export const isIntegrationType = (text: string): text is IntegrationType => Object.hasOwn(integrationTypes, text)

/** What an integration has that was not given one. */
export const defaultUrgency: Urgency = 'medium'

/** One alert source with its own inbound URL. */
export type Integration = {
  readonly organizationId: OrganizationId
  readonly id: IntegrationId
  readonly type: IntegrationType
  readonly name: string
  readonly description: string | null
  readonly teamId: TeamId | null
  readonly teamName: string | null
  /** The team's default chain, for routes that name none. */
  readonly teamChainId: EscalationChainId | null
  readonly serviceId: ServiceId | null
  /** Of its alert groups, but for those whose alerts say their own. */
  readonly urgency: Urgency
  /** A disabled integration takes no alerts. */
  readonly enabled: boolean
  /** The secret part of the inbound URL. */
  readonly token: string
  /** What a header of each request must be, too; null: no such header is looked at. Only of the type `pagertree`. */
  readonly headerToken: string | null
  readonly createdAt: Instant
  readonly defaultRoute: Route
}

/** Where alert groups may be shown one day, by the names of the contract (grafana-oncall 4.15). None is connected yet. */
export const messengers = ['slack', 'telegram', 'mobile_app', 'mobile_app_critical', 'email', 'webhook'] as const
export type Messenger = (typeof messengers)[number]

/** The messengers that somebody has switched on or off; the others are as they are by default. */
export type MessengerSwitches = Readonly<Partial<Record<Messenger, boolean>>>

/** An ordered rule of an integration that picks an escalation chain; the default route matches what no other one does. */
export type Route = {
  readonly id: RouteId
  readonly integrationId: IntegrationId
  readonly position: number
  readonly routingType: 'regex' | 'jinja2'
  /** Null for the default route. */
  readonly routingRegex: string | null
  readonly isDefault: boolean
  readonly escalationChainId: EscalationChainId | null
  readonly messengers: MessengerSwitches
}

/** What an alert needs to know of its source. */
export type AlertSource = Pick<
  Integration,
  'organizationId' | 'id' | 'type' | 'name' | 'teamId' | 'teamName' | 'teamChainId' | 'urgency' | 'enabled'
> & {
  readonly organizationName: string
  readonly service: AlertService | null
  readonly createdAt: Instant
  readonly headerTokenSealed: Buffer | null
  readonly defaultRoute: AlertRoute
  /** Counts the changes of its other routes; 0: there never was one. */
  readonly routesVersion: number
}

/** The service that a source belongs to. */
export type AlertService = Pick<Service, 'id' | 'name' | 'teamId' | 'createdAt'>

/** What an alert needs to know of the route that it takes. */
export type AlertRoute = Pick<Route, 'id' | 'escalationChainId'>

/** The source, as the one who did something. */
export const actorOf = ({ organizationId, id }: AlertSource): Actor => ({
  kind: 'integration',
  organizationId,
  integrationId: id,
})

/** As webhooks show it: `Main - Alertmanager` (contract grafana-oncall 3.3). */
export function displayName(source: Pick<Integration, 'name' | 'type'>): string {
  return `${source.name} - ${integrationTypes[source.type].title}`
}
