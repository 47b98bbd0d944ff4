import type { HttpMessage, Rendered } from '../../deliveries/delivery.ts'
import { type EgressPolicy, sortUrl, type UrlFault } from '../../deliveries/egress/egress.ts'
import { check } from '../../lib/check.ts'
import { jsonText, type JsonWithRaw, nestingOf, RawJson, storable } from '../../lib/json.ts'
import { pythonJson } from '../../lib/python-json.ts'
import { no, ok, type Result } from '../../lib/result.ts'
import { isTrueForWebhook } from '../../lib/template/template.ts'
import { type Headers, readHeaders, shownHeaders, withHeader, withHeaders, withUsual } from '../headers.ts'
import type { History } from '../history.ts'
import { formOf } from '../presets/forms.ts'
import { nativeBody } from '../presets/native.ts'
import type { Answer, Templating } from './templating.ts'
import type { Told } from './told.ts'
import { isAboutSchedule } from '../trigger.ts'
import { type HttpMethod, methodsWithBody, type Webhook } from '../webhook.ts'

export type RenderInput = {
  /** The template of the endpoint's URL, which was the webhook's when the event came. */
  readonly url: string
  readonly httpMethod: HttpMethod
  /** What it tells of; several where the preset tells of them together. */
  readonly events: readonly [Told, ...Told[]]
  /** What webhooks were answered last about the same alert group. */
  readonly answers: readonly Answer[]
  readonly templating: Templating
  readonly egress: EgressPolicy
  readonly history: History
  readonly baseUrl: string
  /** Sent where the webhook says no other. */
  readonly userAgent: string
}

/**
 * The request that a webhook makes of an event (contract grafana-oncall 3.4, 3.5), or why it makes none. What is wrong with one of its
 * templates stands in the log in place of what the template should have made (3.7).
 */
export function renderWebhook(webhook: Webhook, input: RenderInput): Rendered {
  const textOf = textsOf(webhook, input)
  const trigger = webhook.triggerTemplate === null ? ok('') : textOf.plain(webhook.triggerTemplate)
  const nothingYet: HttpMessage = { ...emptyMessage, method: input.httpMethod }
  if (!trigger.ok) return faulty(`Trigger - ${trigger.reason}`, (requestTrigger) => ({ ...nothingYet, requestTrigger }))
  if (webhook.triggerTemplate !== null && !isTrueForWebhook(trigger.value))
    return { kind: 'skipped', reason: `Not triggered: the trigger template says "${storable(trigger.value.slice(0, 200))}".` }
  const formed = formedContent(webhook, input)
  if (formed === null)
    return { kind: 'dead', reason: `The preset ${webhook.preset} has no form for "${input.events[0].trigger}".` }
  const triggered = { ...nothingYet, requestTrigger: trigger.value }
  const url = urlOf(textOf.plain(input.url), input.egress)
  if (!url.ok) return faulty(url.reason, (target) => ({ ...triggered, target }))
  const own = ownHeaders(webhook, textOf)
  if (!own.ok) return faulty(own.reason, (headersShown) => ({ ...triggered, target: url.value, headersShown }))
  const addressed = { ...triggered, target: url.value, headersShown: shownHeaders(own.value) }
  const content = formed === 'by itself' ? contentOf(webhook, input, textOf) : ok(formed)
  if (!content.ok) return faulty(content.reason, (body) => ({ ...addressed, body: Buffer.from(body) }))
  const { text, type } = content.value
  const typed = type === null ? own.value : withUsual(own.value, 'content-type', type)
  const body = text === null ? null : Buffer.from(text)
  const headers = withUsual(withUsual(withBasic(typed, webhook), 'accept', '*/*'), 'user-agent', input.userAgent)
  return { kind: 'message', message: { ...addressed, headers, body } }
}

const emptyMessage = { kind: 'http', target: '', headers: {}, headersShown: '{}', body: null, requestTrigger: '' } as const

const faulty = (reason: string, request: (fault: string) => HttpMessage): Rendered => ({
  kind: 'faulty',
  reason,
  request: request(reason),
})

/** Renders a template with the data as it is, or escaped for JSON. */
type Texts = Record<'plain' | 'escaped', (template: string) => Result<string, string>>

function textsOf({ id }: Webhook, { events: [event], answers, templating }: RenderInput): Texts {
  const seen = {
    event: isAboutSchedule(event.trigger) ? nativeBody(event) : event.data,
    answers: isAboutSchedule(event.trigger) ? [] : answers.filter(({ webhookId }) => webhookId !== id),
  }
  return {
    plain: (template) => {
      const rendered = templating.render(template, { ...seen, isJson: false })
      return rendered.ok ? ok(storable(rendered.value)) : no(storable(rendered.reason))
    },
    escaped: (template) => templating.render(template, { ...seen, isJson: true }),
  }
}

/** The words of the contract (grafana-oncall 3.6). */
const urlFaults: Readonly<Record<UrlFault['kind'], string>> = {
  malformed: 'URL - Malformed url',
  own: 'URL - Potential self-reference',
  closed: 'URL - This url is not supported for outgoing webhooks',
}

function urlOf(rendered: Result<string, string>, egress: EgressPolicy): Result<string, string> {
  if (!rendered.ok) return no(`URL - ${rendered.reason}`)
  const judged = sortUrl(rendered.value, egress)
  return judged.ok ? rendered : no(urlFaults[judged.reason.kind])
}

/** The fixed headers, those of the template, and the field for authorization; what comes later goes before. */
function ownHeaders({ staticHeaders, headers, authorizationHeader }: Webhook, textOf: Texts): Result<Headers, string> {
  const rendered = headers === null ? ok('{}') : textOf.escaped(headers)
  if (!rendered.ok) return no(`Headers - ${rendered.reason}`)
  const read = readHeaders(rendered.value)
  return read.ok
    ? ok(authorized(withHeaders(staticHeaders ?? {}, read.value), authorizationHeader))
    : no(`Headers - ${read.reason}`)
}

type Content = { readonly text: string | null; readonly type: string | null }

const nothing: Content = { text: null, type: null }

/** What the preset makes; null: it has no form for what happened; `by itself`: the webhook's own fields decide. */
function formedContent(webhook: Webhook, input: RenderInput): Content | null | 'by itself' {
  const form = formOf(webhook.preset)
  if (form === null) return 'by itself'
  const text = form.body({ ...input, followed: webhook.triggerTypes, forwarded: forwarded(webhook, input) })
  return text === null ? null : { text, type: form.contentType }
}

function contentOf(webhook: Webhook, input: RenderInput, textOf: Texts): Result<Content, string> {
  if (!methodsWithBody.includes(input.httpMethod)) return ok(nothing)
  if (webhook.forwardAll) return ok({ text: pythonJson(forwarded(webhook, input)), type: 'application/json' })
  if (webhook.data === null) return ok(nothing)
  const rendered = textOf.escaped(webhook.data)
  if (!rendered.ok) return no(`Data - ${rendered.reason}`)
  const json = parsedJson(rendered.value)
  if (json === undefined) return ok({ text: rendered.value, type: null })
  return ok(json === null ? nothing : { text: pythonJson(rendered.value), type: 'application/json' })
}

/** All that the event says, the event's own text letter by letter. */
function forwarded(webhook: Webhook, input: RenderInput): string {
  const [event] = input.events
  return isAboutSchedule(event.trigger) ? nativeBody(event) : withResponses(webhook, input)
}

/** The event's text is kept letter by letter; `responses` is its last member, and only there when it is not empty. */
function withResponses(webhook: Webhook, { events: [{ data: eventData }], answers }: RenderInput): string {
  const others = answers.filter(({ webhookId }) => webhookId !== webhook.id)
  if (others.length === 0) return eventData
  const text = eventData.trimEnd()
  check(text.startsWith('{') && text.endsWith('}'), 'event data is a JSON object')
  const responses = jsonText(Object.fromEntries(others.map(({ webhookId, body }) => [webhookId, shownAnswer(body)])))
  const comma = text.slice(1, -1).trim() === '' ? '' : ','
  return `${text.slice(0, -1)}${comma}"responses":${responses}}`
}

const nestingMax = 200

/** An answer as other webhooks see it: JSON where it is JSON, else text; null when there was none (contract grafana-oncall 3.9). */
function shownAnswer(body: Uint8Array | null): JsonWithRaw {
  if (body === null) return null
  const text = Buffer.from(body).toString('utf8')
  return parsedJson(text) === undefined || nestingOf(text) > nestingMax ? text : new RawJson(text.trim())
}

/** Undefined: the text is no JSON. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Null and the empty text mean none. */
function authorized(headers: Headers, authorization: string | null): Headers {
  return authorization === null || authorization === '' ? headers : withHeader(headers, 'Authorization', authorization)
}

/** Basic authentication needs both parts, and goes before every other authorization. */
function withBasic(headers: Headers, { username, password }: Webhook): Headers {
  if (username === null || username === '' || password === null || password === '') return headers
  const credentials = Buffer.from(`${username}:${password}`).toString('base64')
  return withHeader(headers, 'Authorization', `Basic ${credentials}`)
}
