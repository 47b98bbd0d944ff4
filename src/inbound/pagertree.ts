import type { Signal, SourceAction } from '../alerts/signal.ts'
import { isObject, parseExactly } from '../lib/json.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { urgencies, type Urgency } from '../notifications/urgency.ts'
import type { InboundBody } from './adapter.ts'
import { groupingKeyFrom, labelsFrom, messageFrom, objectOf, payloadFrom, textOf, titleFrom } from './fields.ts'

/**
 * PagerTree's inbound webhook (contract vendors 4.1): `event_type` creates, acknowledges or resolves what `Id` names. Keys
 * come in any case. What has another event type is ignored and not refused; refused is a create without a title.
 */
export function pagertree({ json, text }: InboundBody): Result<Signal, string> {
  if (!isObject(json)) return no('the body is not a JSON object')
  const fields = lowerCased(json)
  const groupingKey = groupingKeyFrom(idOf(fields, text))
  const payload = payloadFrom(text)
  const type = textOf(fields, 'event_type')?.trim().toLowerCase()
  switch (type) {
    case 'create': {
      const title = titleFrom(textOf(fields, 'title') ?? '')
      if (title === '') return no("title can't be blank")
      const opening = {
        title,
        message: messageFrom(textOf(fields, 'description') ?? ''),
        sourceLink: null,
        urgency: urgencyOf(textOf(fields, 'urgency')),
        labels: labelsFrom(objectOf(fields, 'meta')),
      }
      return ok({ action: 'open', opening, groupingKey, payload })
    }
    case 'acknowledge':
    case 'resolve':
      return ok({ ...actingOn(type, groupingKey), opening: null, groupingKey, payload })
    default:
      return ok({ action: 'ignore', opening: null, reason: whyUnknown(type), groupingKey, payload })
  }
}

/** PagerTree's guide prints its example without the braces, and people send what they copy. */
export function withBraces(body: Buffer): Buffer {
  const isMembers = /^\s*"event_type"\s*:/i.test(body.toString('latin1', 0, 100))
  return isMembers ? Buffer.concat([Buffer.from('{'), body, Buffer.from('}')]) : body
}

type Fields = { readonly [key: string]: unknown }

/** The members by their names in small letters. Of two that differ in case only the later counts, unless it is null. */
function lowerCased(json: Fields): Fields {
  const members = Object.entries(json).filter(([, value]) => value !== null)
  return Object.fromEntries(members.map(([key, value]) => [key.toLowerCase(), value]))
}

/** Ids are often numbers; one that JavaScript would round to another one is taken as it was written. */
function idOf(fields: Fields, text: string): string | null {
  if (typeof fields['id'] !== 'number' || Number.isSafeInteger(fields['id'])) return textOf(fields, 'id')
  const exact = parseExactly(text)
  return isObject(exact) ? textOf(lowerCased(exact), 'id') : null
}

const actingOn = (action: SourceAction, groupingKey: string | null) =>
  groupingKey === null
    ? ({ action: 'ignore', reason: `There is no alert group to ${action}: the id is missing` } as const)
    : ({ action } as const)

function whyUnknown(type: string | undefined): string {
  if (type === undefined || type === '') return 'The event_type is missing: it must be create, acknowledge or resolve'
  return `The event_type ${JSON.stringify(type.slice(0, 50))} is none of create, acknowledge and resolve`
}

/** Also from words around it: `High!`. */
function urgencyOf(text: string | null): Urgency | null {
  const [found] = /low|medium|high|critical/.exec(text?.toLowerCase() ?? '') ?? []
  return urgencies.find((urgency) => urgency === found) ?? null
}
