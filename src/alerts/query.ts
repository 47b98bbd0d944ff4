import { asId, type AlertGroupId, type IntegrationId, type RouteId, type TeamId } from '../lib/ids.ts'
import { storable } from '../lib/json.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { type Instant, type Ms, parseUtc, seconds } from '../lib/time.ts'
import type { AlertGroupState } from './state.ts'

export type AlertGroupFilter = {
  readonly id?: AlertGroupId | undefined
  readonly integrationId?: IntegrationId | undefined
  readonly routeId?: RouteId | undefined
  /** Null: integrations without a team. */
  readonly teamId?: TeamId | null | undefined
  readonly state?: AlertGroupState | undefined
  readonly startedAt?: { readonly from: Instant; readonly to: Instant } | undefined
  /** All of them; none filters nothing. */
  readonly labels?: readonly Label[] | undefined
}

type Label = { readonly key: string; readonly value: string }

export type FilterQuery = {
  readonly id?: string | undefined
  readonly integration_id?: string | undefined
  readonly route_id?: string | undefined
  readonly state?: string | undefined
  readonly started_at?: string | undefined
  readonly label?: readonly string[] | undefined
}

/** How many labels a list may be filtered by. */
const labelsMax = 20

/** The filters of a list, but for the team (contract grafana-oncall 4.10). Empty ones count as not given. */
export function filterOf(query: FilterQuery): Result<Omit<AlertGroupFilter, 'teamId'>, Refusal> {
  const state = query.state ? stateNames.get(query.state.toLowerCase()) : undefined
  if (query.state && state === undefined) {
    return no({
      kind: 'invalid-fields',
      fields: { state: 'Must be one of the following: new, acknowledged, resolved, silenced' },
    })
  }
  const startedAt = query.started_at ? rangeOf(query.started_at) : undefined
  if (startedAt === null) return no({ kind: 'invalid-fields', fields: { started_at: ['Invalid range value'] } })
  if (query.label !== undefined && query.label.length > labelsMax) {
    return no({ kind: 'invalid-fields', fields: { label: [`At most ${labelsMax} labels can be given.`] } })
  }
  return ok({
    id: query.id ? asId<AlertGroupId>(storable(query.id)) : undefined,
    integrationId: query.integration_id ? asId<IntegrationId>(storable(query.integration_id)) : undefined,
    routeId: query.route_id ? asId<RouteId>(storable(query.route_id)) : undefined,
    state,
    startedAt,
    labels: query.label?.flatMap((label) => labelOf(label) ?? []),
  })
}

/** `key:value`, where the value may have colons of its own; null for what is no label, which filters nothing. */
function labelOf(text: string): Label | null {
  const colon = text.indexOf(':')
  if (colon <= 0 || colon === text.length - 1) return null
  return { key: storable(text.slice(0, colon)), value: storable(text.slice(colon + 1)) }
}

/**
 * The part of a group's labels that says that it has all of these: one object, so that any number of them is asked for by the same
 * statement. A group has one value of a key, so that several of one key are a list, which no group has.
 */
export function labelsWith(labels: readonly Label[]): Readonly<Record<string, unknown>> {
  const byKey = [...Map.groupBy(labels, ({ key }) => key)]
  const wanted = byKey.map(([key, same]) => ({ key, values: [...new Set(same.map(({ value }) => value))] }))
  return Object.fromEntries(wanted.map(({ key, values }) => [key, values.length === 1 ? values[0] : values]))
}

/** The contract filters by `new` what it shows as `firing`; we take both words. */
const stateNames: ReadonlyMap<string, AlertGroupState> = new Map<string, AlertGroupState>([
  ['new', 'firing'],
  ['firing', 'firing'],
  ['acknowledged', 'acknowledged'],
  ['resolved', 'resolved'],
  ['silenced', 'silenced'],
])

/** `2024-01-01T00:00:00_2024-01-31T23:59:59`, both ends in UTC and included. */
function rangeOf(text: string): { readonly from: Instant; readonly to: Instant } | null {
  const [from, to, ...rest] = text.split('_').map(parseUtc)
  return from === undefined || to === undefined || from === null || to === null || rest.length > 0 ? null : { from, to }
}

const delaySecondsMax = 100 * 366 * 86_400

/** How long a silence lasts: null for ever, which -1, 0 and more than a hundred years say. The unit of `delay` is seconds. */
export function silenceOf(body: { readonly delay?: unknown }): Result<Ms | null, string> {
  if (body.delay === undefined || body.delay === null) return no('delay is required')
  const delay = typeof body.delay === 'string' && /^-?\d{1,100}$/.test(body.delay) ? Number(body.delay) : body.delay
  if (typeof delay !== 'number' || !Number.isInteger(delay) || delay < -1) return no('invalid delay value')
  return ok(delay <= 0 || delay > delaySecondsMax ? null : seconds(delay))
}
