import type { HttpMessage, Rendered } from '../deliveries/delivery.ts'
import { check } from '../lib/check.ts'
import { jsonText, type JsonWithRaw, nestingOf, RawJson } from '../lib/json.ts'
import { type Headers, hasHeader, parseHeaders, shownHeaders, withHeader, withHeaders } from './headers.ts'
import { incidentIoBody } from './presets/incident-io.ts'
import { nativeBody } from './presets/native.ts'
import { zendutyBody } from './presets/zenduty.ts'
import { readShiftChange } from './shift-change.ts'
import type { Told } from './told.ts'
import { isAboutSchedule } from './trigger.ts'
import { type HttpMethod, isForShifts, methodsWithBody, type Webhook } from './webhook.ts'

export type RenderInput = {
  /** The endpoint's URL, which was the webhook's when the event came. */
  readonly url: string
  readonly httpMethod: HttpMethod
  /** What it tells of; several where the preset tells of them together. */
  readonly events: readonly [Told, ...Told[]]
  /** What webhooks were answered last about the same alert group. */
  readonly answers: readonly Answer[]
}

/** `body` null: there was no answer. */
type Answer = { readonly webhookId: string; readonly body: Uint8Array | null }

/** The request that a webhook makes of an event (contract grafana-oncall 3.4, 3.5), or why it makes none. */
export function renderWebhook(webhook: Webhook, input: RenderInput): Rendered {
  const trigger = webhook.triggerTemplate ?? ''
  if (webhook.triggerTemplate !== null && !isTrue(trigger)) {
    return { kind: 'skipped', reason: `Not triggered: the trigger template says "${trigger}".` }
  }
  if (isForShifts(webhook.preset) && input.events.some((event) => event.trigger !== 'shift change'))
    return { kind: 'dead', reason: `The preset ${webhook.preset} tells of shift changes and of nothing else.` }
  const { content, type } = contentOf(webhook, input)
  const templated = webhook.headers === null ? {} : parseHeaders(webhook.headers)
  const own = authorized(withHeaders(webhook.staticHeaders ?? {}, templated), webhook.authorizationHeader)
  const typed = type === null || hasHeader(own, 'content-type') ? own : withHeader(own, 'content-type', type)
  const message: HttpMessage = {
    kind: 'http',
    method: input.httpMethod,
    target: input.url,
    headers: withBasic(typed, webhook),
    headersShown: shownHeaders(own),
    body: content === null ? null : Buffer.from(content),
    requestTrigger: trigger,
  }
  return { kind: 'message', message }
}

/** The contract's rule for webhooks: no blanks around it, and no other word. */
const isTrue = (text: string): boolean => ['true', '1'].includes(text.toLowerCase())

type Content = { readonly content: string | null; readonly type: string | null }

const nothing: Content = { content: null, type: null }

function contentOf(webhook: Webhook, input: RenderInput): Content {
  if (!methodsWithBody.includes(input.httpMethod)) return nothing
  const whole = wholeContent(webhook, input)
  if (whole !== null) return { content: whole, type: 'application/json' }
  if (webhook.data === null) return nothing
  const json = parsedJson(webhook.data)
  if (json === undefined) return { content: webhook.data, type: null }
  return json === null ? nothing : { content: webhook.data, type: 'application/json' }
}

/** All that the events say, in the form of the preset where it has one; null: the webhook has a body of its own. */
function wholeContent(webhook: Webhook, input: RenderInput): string | null {
  const { events } = input
  const [event] = events
  if (webhook.preset === 'zenduty') return zendutyBody(events.map(({ data }) => readShiftChange(data)))
  if (webhook.preset === 'incident_io') return incidentIoBody(readShiftChange(event.data))
  if (!webhook.forwardAll) return null
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
