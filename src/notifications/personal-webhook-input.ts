import { type Body, optional, type Reader, readFields, reference, required } from '../lib/fields.ts'
import { asId, type WebhookId } from '../lib/ids.ts'
import { jsonbText, nestingOf } from '../lib/json.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import type { PersonalWebhook } from './personal-webhook.ts'

/** The body that chooses a webhook. Whether that exists is not known yet. Without a context, that is an empty object. */
export function parsePersonalWebhook(body: Body): Result<Pick<PersonalWebhook, 'webhookId' | 'context'>, Refusal> {
  return readFields((take) => ({
    webhookId: asId<WebhookId>(take(required(body, 'webhook', reference), '')),
    context: take(optional(body, 'context', context), undefined) ?? '{}',
  }))
}

const lengthMax = 10_000
const nestingMax = 20

const context: Reader<string> = (value) => {
  const text = jsonbText(value)
  if (text.length > lengthMax) return no(`Ensure this field has no more than ${lengthMax} characters of JSON.`)
  return nestingOf(text) > nestingMax ? no(`Ensure this field is nested no more than ${nestingMax} deep.`) : ok(text)
}
