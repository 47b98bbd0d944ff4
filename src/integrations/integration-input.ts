import {
  anyText,
  type Body,
  boolean,
  detailRefusal,
  optional,
  orNull,
  type Reader,
  readFields,
  referenceOrNull,
  required,
  text,
} from '../lib/fields.ts'
import { isObject } from '../lib/json.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { urgencies, type Urgency } from '../notifications/urgency.ts'
import { defaultUrgency, type IntegrationType, isIntegrationType } from './integration.ts'
import { parseRouteTarget, type RouteTarget, sameTarget } from './route-input.ts'
import { templates } from './template-input.ts'

/** What is undefined keeps its value. Whether team, service and chain exist is not known yet. */
export type IntegrationChange = {
  readonly name?: string | undefined
  readonly description?: string | null | undefined
  readonly teamId?: string | null | undefined
  readonly serviceId?: string | null | undefined
  readonly urgency?: Urgency | undefined
  readonly enabled?: boolean | undefined
  /** Whether its type has one is not known yet. */
  readonly headerToken?: string | null | undefined
  readonly defaultRoute?: RouteTarget | undefined
}

export type NewIntegration = IntegrationChange & { readonly type: IntegrationType }

/** The body that creates an integration (contract grafana-oncall 4.6). */
export function parseNewIntegration(body: Body): Result<NewIntegration, Refusal> {
  return readFields((take) => ({
    type: take(required(body, 'type', integrationType), 'webhook'),
    ...take(parseIntegrationChange(body), {}),
  }))
}

/** The body of a PUT or PATCH; the type stays what it is, whatever is said. */
export function parseIntegrationChange(body: Body): Result<IntegrationChange, Refusal> {
  return readFields((take) => {
    take(optional(body, 'templates', templates), undefined)
    return {
      name: take(optional(body, 'name', text(150)), undefined),
      description: take(optional(body, 'description_short', orNull(anyText(250))), undefined),
      teamId: take(optional(body, 'team_id', referenceOrNull), undefined),
      serviceId: take(optional(body, 'service', referenceOrNull), undefined),
      urgency: take(optional(body, 'urgency', urgency), undefined),
      enabled: take(optional(body, 'enabled', boolean), undefined),
      headerToken: take(optional(body, 'header_token', orNull(anyText(250))), undefined),
      defaultRoute: take(optional(body, 'default_route', routeTarget), undefined),
    }
  })
}

const integrationType: Reader<IntegrationType> = (value) => {
  if (value === null) return no('This field may not be null.')
  if (typeof value !== 'string') return no(detailRefusal('Invalid integration type'))
  if (isIntegrationType(value)) return ok(value)
  if (value.startsWith('legacy_')) return no(detailRefusal('This integration type is deprecated'))
  if (value === 'direct_paging') return no(detailRefusal("Direct paging integrations can't be created"))
  return no(detailRefusal('Invalid integration type'))
}

const urgency: Reader<Urgency> = (value) => {
  if (value === null) return ok(defaultUrgency)
  const known = urgencies.find((name) => name === value)
  return known === undefined
    ? no(`"${typeof value === 'string' ? value : JSON.stringify(value)}" is not a valid choice.`)
    : ok(known)
}

const routeTarget: Reader<RouteTarget> = (value) => {
  if (value === null) return ok(sameTarget)
  return isObject(value) ? parseRouteTarget(value) : no('Invalid values')
}
