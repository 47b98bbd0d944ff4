import { asId, type EscalationChainId, type IntegrationId, type OrganizationId, type ServiceId, type TeamId } from '../lib/ids.ts'
import { fromDate } from '../lib/time.ts'
import type { Urgency } from '../notifications/urgency.ts'
import type { Sql } from '../ports.ts'
import type { Integration, IntegrationType } from './integration.ts'
import { routeOf } from './route-store.ts'

/** An integration as stored: its secrets are sealed. */
export type SealedIntegration = Omit<Integration, 'token' | 'headerToken'> & {
  readonly tokenSealed: Buffer
  readonly headerTokenSealed: Buffer | null
}

/** Deleted ones too, with their default routes and their teams. */
export function everyIntegration(db: Sql) {
  return db
    .selectFrom('integrations')
    .innerJoin('routes', (join) =>
      join
        .onRef('routes.organization_id', '=', 'integrations.organization_id')
        .onRef('routes.integration_id', '=', 'integrations.id')
        .on('routes.is_default', '=', true),
    )
    .leftJoin('teams', (join) =>
      join.onRef('teams.organization_id', '=', 'integrations.organization_id').onRef('teams.id', '=', 'integrations.team_id'),
    )
}

/** Of `everyIntegration`, as `integrationOf` reads them. */
export const integrationColumns = [
  'integrations.organization_id',
  'integrations.id',
  'integrations.type',
  'integrations.name',
  'integrations.description',
  'integrations.team_id',
  'teams.name as team_name',
  'teams.escalation_chain_id as team_chain_id',
  'integrations.service_id',
  'integrations.urgency',
  'integrations.enabled',
  'integrations.header_token_sealed',
  'integrations.token_sealed',
  'integrations.routes_version',
  'integrations.created_at',
  'routes.id as route_id',
  'routes.escalation_chain_id',
  'routes.position',
  'routes.messengers',
] as const

export type IntegrationRow = {
  readonly organization_id: string
  readonly id: string
  readonly type: string
  readonly name: string
  readonly description: string | null
  readonly team_id: string | null
  readonly team_name: string | null
  readonly team_chain_id: string | null
  readonly service_id: string | null
  readonly urgency: string
  readonly enabled: boolean
  readonly header_token_sealed: Buffer | null
  readonly token_sealed: Buffer
  readonly routes_version: number
  readonly created_at: Date
  readonly route_id: string
  readonly escalation_chain_id: string | null
  readonly position: number
  readonly messengers: unknown
}

export function integrationOf(row: IntegrationRow): SealedIntegration {
  const id = asId<IntegrationId>(row.id)
  return {
    organizationId: asId<OrganizationId>(row.organization_id),
    id,
    type: row.type as IntegrationType,
    name: row.name,
    description: row.description,
    teamId: row.team_id === null ? null : asId<TeamId>(row.team_id),
    teamName: row.team_name,
    teamChainId: row.team_chain_id === null ? null : asId<EscalationChainId>(row.team_chain_id),
    serviceId: row.service_id === null ? null : asId<ServiceId>(row.service_id),
    urgency: row.urgency as Urgency,
    enabled: row.enabled,
    headerTokenSealed: row.header_token_sealed,
    tokenSealed: row.token_sealed,
    createdAt: fromDate(row.created_at),
    defaultRoute: routeOf({
      id: row.route_id,
      integration_id: row.id,
      position: row.position,
      routing_type: 'regex',
      routing_regex: null,
      is_default: true,
      escalation_chain_id: row.escalation_chain_id,
      messengers: row.messengers,
    }),
  }
}
