import type { EgressPolicy } from '../deliveries/egress/egress.ts'
import {
  anyText,
  type Body,
  boolean,
  fieldRefusal,
  optional,
  orNull,
  type Reader,
  readFields,
  reference,
  required,
  text,
  textList,
} from '../lib/fields.ts'
import { asId, type IntegrationId, type ScheduleId, type TeamId } from '../lib/ids.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { headerValue, keptSecret, newSecret, staticHeaders } from './credential-input.ts'
import { formOf } from './presets/forms.ts'
import { usualSending } from './sending.ts'
import { readSending } from './sending-input.ts'
import type { Filter } from './filter/filter.ts'
import { readFilter } from './filter/input.ts'
import { headersTemplate, template } from './template-input.ts'
import { readChangedTriggers, readNewTriggers } from './trigger-input.ts'
import { readChangedUrls, readNewUrls } from './url-input.ts'
import type { TriggerType } from './trigger.ts'
import { type HttpMethod, methodsWithBody, type Preset, presets, type Several, type Webhook, type WebhookUrl } from './webhook.ts'

/** What people decide about a webhook. The ids are as given: whether they name something is not known yet. */
export type WebhookDefinition = Omit<Webhook, 'organizationId' | 'id' | 'userId' | 'missedSince' | 'createdAt'>

/** The body that creates a webhook (contract grafana-oncall 2.1, 2.5, 7.2). */
export function parseNewWebhook(body: Body, egress: EgressPolicy): Result<WebhookDefinition, Refusal> {
  return readFields((take) => {
    const preset = take(optional(body, 'preset', presetName), null) ?? null
    const [given, usual] = [undecided(body, preset), usualOf(preset)]
    const definition: WebhookDefinition = {
      name: take(required(body, 'name', text(100)), ''),
      description: take(optional(body, 'description', description), null) ?? null,
      isEnabled: take(optional(body, 'is_webhook_enabled', orNull(boolean)), true) ?? true,
      teamId: take(optional(body, 'team', team), null) ?? null,
      data: take(optional(body, 'data', template), null) ?? null,
      username: take(optional(body, 'username', orNull(anyText(100))), null) ?? null,
      password: take(newSecret(body, 'password', anyText(1000)), null),
      authorizationHeader: take(newSecret(body, 'authorization_header', headerValue), null),
      triggerTemplate: take(optional(body, 'trigger_template', template), null) ?? null,
      headers: take(optional(body, 'headers', headersTemplate), null) ?? null,
      staticHeaders: take(optional(body, 'static_headers', staticHeaders(null)), null) ?? null,
      urls: readNewUrls({ body: given, egress, take }, usual.httpMethod),
      forwardAll: take(optional(body, 'forward_all', boolean), true) ?? true,
      triggerTypes: readNewTriggers(given, take, usual.triggerTypes),
      integrationFilter: take(optional(body, 'integration_filter', integrationFilter), null) ?? null,
      scheduleFilter: take(optional(body, 'schedule_filter', scheduleFilter), null) ?? null,
      filter: take(optional(body, 'filter', filter), null) ?? null,
      preset,
      ...readSending(body, usualSending, take),
    }
    return take(withPreset(definition), definition)
  })
}

type Changing = {
  readonly current: WebhookDefinition
  readonly egress: EgressPolicy
  /** A PUT. */
  readonly replaces: boolean
}

/**
 * The body of a PUT or PATCH: what is missing stays, except that a PUT clears the integration filter and the team (contract
 * grafana-oncall 2.6). The mask keeps a secret.
 */
export function parseWebhookChange(body: Body, { current, egress, replaces }: Changing): Result<WebhookDefinition, Refusal> {
  return readFields((take) => {
    const preset = take(optional(body, 'preset', presetName), null) ?? current.preset
    const [given, base] = [undecided(body, preset), underPreset(current, preset)]
    const changed = <Value>(name: string, reader: Reader<Value>, now: Value): Value => {
      const value = take<Value | undefined>(optional(body, name, reader), undefined)
      return value === undefined ? now : value
    }
    const definition: WebhookDefinition = {
      name: changed('name', text(100), current.name),
      description: changed('description', description, current.description),
      isEnabled: changed('is_webhook_enabled', boolean, current.isEnabled),
      teamId: changed('team', team, replaces ? null : current.teamId),
      data: changed('data', template, current.data),
      username: changed('username', orNull(anyText(100)), current.username),
      password: changed('password', keptSecret(anyText(1000), current.password), current.password),
      authorizationHeader: changed(
        'authorization_header',
        keptSecret(headerValue, current.authorizationHeader),
        current.authorizationHeader,
      ),
      triggerTemplate: changed('trigger_template', template, current.triggerTemplate),
      headers: changed('headers', headersTemplate, current.headers),
      staticHeaders: changed('static_headers', staticHeaders(current.staticHeaders), current.staticHeaders),
      urls: readChangedUrls({ body: given, egress, take }, { current: base.urls, replaces }),
      forwardAll: changed('forward_all', boolean, current.forwardAll),
      triggerTypes: readChangedTriggers(given, take, { current: base.triggerTypes, replaces }),
      integrationFilter: changed('integration_filter', integrationFilter, replaces ? null : current.integrationFilter),
      scheduleFilter: changed('schedule_filter', scheduleFilter, current.scheduleFilter),
      filter: changed('filter', filter, current.filter),
      preset,
      ...readSending(body, current, take),
    }
    return take(withPreset(definition), definition)
  })
}

/** What a preset says by itself where a body does not; null: the body must say it. */
function usualOf(preset: Preset | null): Usual {
  if (preset === 'simple_webhook') return { triggerTypes: ['escalation'], httpMethod: 'POST' }
  const form = formOf(preset)
  return form === null ? { triggerTypes: null, httpMethod: null } : { triggerTypes: form.usual, httpMethod: 'POST' }
}

type Usual = { readonly triggerTypes: Several<TriggerType> | null; readonly httpMethod: HttpMethod | null }

/** A webhook that is given a preset takes over what that says by itself, where it cannot do with what it has. */
function underPreset(current: WebhookDefinition, preset: Preset | null): WebhookDefinition {
  const form = formOf(preset)
  if (preset === current.preset || form === null) return current
  const isUnderstood = current.triggerTypes.every((type) => form.triggerTypes.includes(type))
  return {
    ...current,
    triggerTypes: isUnderstood ? current.triggerTypes : (form.usual ?? current.triggerTypes),
    urls: withMethods(current.urls, (method) => (methodsWithBody.includes(method) ? method : 'POST')),
  }
}

/** The simple preset decides about triggers and methods, so that it does not matter what a body says of them. */
function undecided(body: Body, preset: Preset | null): Body {
  if (preset !== 'simple_webhook') return body
  const { trigger_type: _type, trigger_types: _types, http_method: _method, ...rest } = body
  return rest
}

/** The simple preset decides some fields by itself; one with a form knows some triggers, and needs a body. */
function withPreset(definition: WebhookDefinition): Result<WebhookDefinition, Refusal> {
  const { preset, triggerTypes: types, urls } = definition
  if (preset === 'simple_webhook')
    return ok({ ...definition, urls: withMethods(urls, () => 'POST'), triggerTypes: ['escalation'], forwardAll: true })
  const form = formOf(preset)
  if (form === null) return ok(definition)
  const unknown = types.find((type) => !form.triggerTypes.includes(type))
  if (unknown !== undefined) {
    const known = form.triggerTypes.map((type) => `"${type}"`).join(', ')
    return no(
      fieldRefusal(
        types.length > 1 ? 'trigger_types' : 'trigger_type',
        `The preset ${preset} has no form for "${unknown}", only for ${known}.`,
      ),
    )
  }
  if (urls.every(({ httpMethod }) => methodsWithBody.includes(httpMethod))) return ok(definition)
  return no(fieldRefusal('http_method', `With the preset ${preset} it must be one of ${methodsWithBody.join(', ')}.`))
}

function withMethods([first, ...others]: Webhook['urls'], methodOf: (method: HttpMethod) => HttpMethod): Webhook['urls'] {
  const changed = ({ url, httpMethod }: WebhookUrl): WebhookUrl => ({ url, httpMethod: methodOf(httpMethod) })
  return [changed(first), ...others.map(changed)]
}

// Readers ----------------------------------------------------------------------------------------------------------------

/** Current clients always send the field, empty when they mean nothing by it (contract grafana-oncall 2.5). */
const presetName: Reader<Preset | null> = (value) => {
  if (value === null || value === '') return ok(null)
  const preset = presets.find((name) => name === value)
  return preset === undefined ? no(`There is no such preset: it may be ${presets.join(', ')} or empty.`) : ok(preset)
}

/** An empty filter is no filter. What is no text cannot name an integration (contract grafana-oncall 1.4). */
const integrationFilter: Reader<readonly IntegrationId[] | null> = (value) => {
  const read = textList(value)
  if (!read.ok) return Array.isArray(value) ? no('Invalid integration') : read
  return read.value.length === 0 ? ok(null) : ok([...new Set(read.value)].map((id) => asId<IntegrationId>(id)))
}

const description: Reader<string | null> = (value) => {
  const read = orNull(anyText(1000))(value)
  return read.ok && read.value === '' ? ok(null) : read
}

/** An empty filter is no filter. Clients of the contract do not know this one, so that they clear it by a word only. */
const scheduleFilter: Reader<readonly ScheduleId[] | null> = (value) => {
  const read = textList(value)
  if (!read.ok || read.value.length === 0) return read.ok ? ok(null) : read
  return ok([...new Set(read.value)].map((id) => asId<ScheduleId>(id)))
}

const filter: Reader<Filter | null> = orNull(readFilter)

const team: Reader<TeamId | null> = (value) => {
  if (value === null || value === '' || value === 'null') return ok(null)
  const read = reference(value)
  return read.ok ? ok(asId<TeamId>(read.value)) : read
}
