import { type EgressPolicy, judgeUrl } from '../deliveries/egress.ts'
import {
  anyText,
  type Body,
  boolean,
  detailRefusal,
  fieldRefusal,
  optional,
  orNull,
  type Reader,
  readFields,
  reference,
  required,
  type Take,
  text,
  textList,
} from '../lib/fields.ts'
import { asId, type IntegrationId, type ScheduleId, type TeamId } from '../lib/ids.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { headersFault } from './headers.ts'
import { type TriggerType, triggerTypes } from './trigger.ts'
import {
  type HttpMethod,
  httpMethods,
  isForShifts,
  methodsWithBody,
  type Preset,
  presets,
  secretMask,
  type Webhook,
} from './webhook.ts'

/** What people decide about a webhook. The ids are as given: whether they name something is not known yet. */
export type WebhookDefinition = Omit<Webhook, 'organizationId' | 'id' | 'userId' | 'createdAt'>

/** The body that creates a webhook (contract grafana-oncall 2.1, 2.5, 7.2). */
export function parseNewWebhook(body: Body, egress: EgressPolicy): Result<WebhookDefinition, Refusal> {
  return readFields((take) => {
    const preset = take(optional(body, 'preset', presetName), null) ?? null
    const forced = preset === 'simple_webhook'
    const given = withUsual(body, preset)
    const definition: WebhookDefinition = {
      name: take(required(body, 'name', text(100)), ''),
      isEnabled: take(optional(body, 'is_webhook_enabled', orNull(boolean)), true) ?? true,
      teamId: take(optional(body, 'team', team), null) ?? null,
      triggerType: take(forced ? ok('escalation') : required(given, 'trigger_type', triggerType), 'escalation'),
      integrationFilter: integrationFilterOf(body, take),
      scheduleFilter: take(optional(body, 'schedule_filter', scheduleFilter), null) ?? null,
      httpMethod: take(forced ? ok('POST') : required(given, 'http_method', httpMethod), 'POST'),
      url: take(required(body, 'url', url(egress)), ''),
      headers: take(optional(body, 'headers', headers), null) ?? null,
      data: take(optional(body, 'data', template), null) ?? null,
      username: take(optional(body, 'username', orNull(anyText(100))), null) ?? null,
      password: take(newSecret(body, 'password', anyText(1000)), null),
      authorizationHeader: take(newSecret(body, 'authorization_header', headerValue), null),
      triggerTemplate: take(optional(body, 'trigger_template', template), null) ?? null,
      forwardAll: take(optional(body, 'forward_all', boolean), true) ?? true,
      preset,
    }
    return take(withPreset(definition), definition)
  })
}

/**
 * The body of a PUT or PATCH: what is missing stays, except that both clear the integration filter and PUT clears the
 * team too (contract grafana-oncall 2.6). The mask keeps a secret.
 */
export function parseWebhookChange(
  body: Body,
  {
    current,
    egress,
    replaces,
  }: { readonly current: WebhookDefinition; readonly egress: EgressPolicy; readonly replaces: boolean },
): Result<WebhookDefinition, Refusal> {
  return readFields((take) => {
    const preset = take(optional(body, 'preset', presetName), null) ?? current.preset
    const forced = preset === 'simple_webhook'
    const given = preset === current.preset ? body : withUsual(body, preset)
    const changed = <Value>(name: string, reader: Reader<Value>, now: Value): Value => {
      const value = take<Value | undefined>(optional(given, name, reader), undefined)
      return value === undefined ? now : value
    }
    const definition: WebhookDefinition = {
      name: changed('name', text(100), current.name),
      isEnabled: changed('is_webhook_enabled', boolean, current.isEnabled),
      teamId: changed('team', team, replaces ? null : current.teamId),
      triggerType: forced ? 'escalation' : changed('trigger_type', triggerType, current.triggerType),
      integrationFilter: integrationFilterOf(body, take),
      scheduleFilter: changed('schedule_filter', scheduleFilter, current.scheduleFilter),
      httpMethod: forced ? 'POST' : changed('http_method', httpMethod, current.httpMethod),
      url: changed('url', url(egress), current.url),
      headers: changed('headers', headers, current.headers),
      data: changed('data', template, current.data),
      username: changed('username', orNull(anyText(100)), current.username),
      password: changed('password', keptSecret(anyText(1000), current.password), current.password),
      authorizationHeader: changed(
        'authorization_header',
        keptSecret(headerValue, current.authorizationHeader),
        current.authorizationHeader,
      ),
      triggerTemplate: changed('trigger_template', template, current.triggerTemplate),
      forwardAll: changed('forward_all', boolean, current.forwardAll),
      preset,
    }
    return take(withPreset(definition), definition)
  })
}

/** What a preset for shift changes means by a body that does not say it. */
const withUsual = (body: Body, preset: Preset | null): Body =>
  isForShifts(preset) ? { trigger_type: 'shift change', http_method: 'POST', ...body } : body

/** The simple preset decides some fields by itself; those for shift changes are for nothing else, and have a body. */
function withPreset(definition: WebhookDefinition): Result<WebhookDefinition, Refusal> {
  const { preset, triggerType: type, httpMethod: method } = definition
  if (preset === 'simple_webhook') return ok({ ...definition, httpMethod: 'POST', triggerType: 'escalation', forwardAll: true })
  if (!isForShifts(preset)) return ok(definition)
  if (type !== 'shift change') return no(fieldRefusal('trigger_type', `With the preset ${preset} it must be "shift change".`))
  if (methodsWithBody.includes(method)) return ok(definition)
  return no(fieldRefusal('http_method', `With the preset ${preset} it must be one of ${methodsWithBody.join(', ')}.`))
}

/** An empty filter is no filter. */
function integrationFilterOf(body: Body, take: Take): readonly IntegrationId[] | null {
  const ids = take(optional(body, 'integration_filter', textList), []) ?? []
  return ids.length === 0 ? null : [...new Set(ids)].map((id) => asId<IntegrationId>(id))
}

// Readers ----------------------------------------------------------------------------------------------------------------

/** Current clients always send the field, empty when they mean nothing by it (contract grafana-oncall 2.5). */
const presetName: Reader<Preset | null> = (value) => {
  if (value === null || value === '') return ok(null)
  const preset = presets.find((name) => name === value)
  return preset === undefined ? no(`There is no such preset: it may be ${presets.join(', ')} or empty.`) : ok(preset)
}

/** An empty filter is no filter. Clients of the contract do not know this one, so that they clear it by a word only. */
const scheduleFilter: Reader<readonly ScheduleId[] | null> = (value) => {
  const read = textList(value)
  if (!read.ok || read.value.length === 0) return read.ok ? ok(null) : read
  return ok([...new Set(read.value)].map((id) => asId<ScheduleId>(id)))
}

const team: Reader<TeamId | null> = (value) => {
  if (value === null || value === '' || value === 'null') return ok(null)
  const read = reference(value)
  return read.ok ? ok(asId<TeamId>(read.value)) : read
}

/** As Python writes a list of texts. */
const listed = (texts: readonly string[]): string => `[${texts.map((item) => `'${item}'`).join(', ')}]`

const triggerType: Reader<TriggerType> = (value) => {
  if (value === 'personal notification') return no(detailRefusal('trigger_type personal notification is not supported yet'))
  const type = triggerTypes.find((name) => name === value)
  return type === undefined ? no(detailRefusal(noTriggerType)) : ok(type)
}

/** To the letter, although `personal notification` is not taken (contract grafana-oncall 2.1). */
const noTriggerType =
  "trigger_type must one of ['escalation', 'alert group created', 'acknowledge', 'resolve', 'silence', 'unsilence', " +
  "'unresolve', 'unacknowledge', 'status change', 'personal notification']"

const httpMethod: Reader<HttpMethod> = (value) => {
  if (value === null) return no('This field may not be null.')
  const method = httpMethods.find((name) => name === value)
  return method === undefined ? no(`Must be one of ${listed(httpMethods)}`) : ok(method)
}

const templateLengthMax = 50_000
const templatesAreOff = 'Templates are not supported yet: the text must not contain "{{", "{%" or "{#".'

/** A text that is the same for every event. Null and the empty text mean none. */
const template: Reader<string | null> = (value) => {
  if (value === null || value === '') return ok(null)
  const read = anyText(templateLengthMax)(value)
  if (!read.ok) return read
  if (/\{[{%#]/.test(read.value)) return no(templatesAreOff)
  return ok(read.value === '' ? null : read.value)
}

const url =
  (egress: EgressPolicy): Reader<string> =>
  (value) => {
    const read = text(templateLengthMax)(value)
    if (!read.ok) return read
    if (/\{[{%#]/.test(read.value)) return no(templatesAreOff)
    const judged = judgeUrl(read.value, egress)
    return judged.ok ? read : judged
  }

const headers: Reader<string | null> = (value) => {
  const read = template(value)
  if (!read.ok || read.value === null) return read
  const fault = headersFault(read.value)
  return fault === null ? read : no(fault)
}

const headerValue: Reader<string> = (value) => {
  const read = anyText(2000)(value)
  if (!read.ok || /^[\t -~\u0080-\u00ff]*$/.test(read.value)) return read
  return no('The text has characters that a header cannot carry.')
}

/** A new webhook has no secret yet that the mask could stand for. */
function newSecret(body: Body, name: string, reader: Reader<string>): Result<string | null, Refusal> {
  const read = optional(body, name, orNull(reader))
  if (!read.ok) return read
  if (read.value !== secretMask) return ok(read.value ?? null)
  return no(fieldRefusal(name, 'This is the mask that stands for a hidden secret. Send the secret itself, or leave it out.'))
}

function keptSecret(reader: Reader<string>, current: string | null): Reader<string | null> {
  return (value) => (value === secretMask ? ok(current) : orNull(reader)(value))
}
