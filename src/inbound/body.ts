import { hasMoreFields } from '../lib/form.ts'
import { nestingOf } from '../lib/json.ts'
import type { InboundBody } from './adapter.ts'

const nestingMax = 200

/** As many as upstream takes; a form of millions would hold everybody up. */
const formFieldsMax = 1000

/** A text for an upload, which upstream words without an object; an object for what cannot be read. */
export type Refused = { readonly refusal: string | { readonly detail: string } }

export const refuse = (refusal: Refused['refusal']): Refused => ({ refusal })

/** What was sent: JSON under any content type, or a form, which is an object of texts. */
export function readBody(contentType: string | undefined, sent: unknown): InboundBody | Refused {
  const [mediaType = ''] = (contentType ?? '').toLowerCase().split(';', 1)
  if (mediaType.startsWith('multipart/')) return refuse('File uploads are not allowed')
  const text = Buffer.isBuffer(sent) ? sent.toString('utf8') : ''
  // Nothing sent is an empty object, as upstream reads it.
  if (text === '') return { json: {}, text: '{}' }
  return mediaType.trim() === 'application/x-www-form-urlencoded' ? formBody(text) : jsonBody(text)
}

function formBody(text: string): InboundBody | Refused {
  if (hasMoreFields(text, formFieldsMax)) return refuse({ detail: `The form has more than ${formFieldsMax} fields.` })
  const json = Object.fromEntries(new URLSearchParams(text))
  return { json, text: JSON.stringify(json) }
}

function jsonBody(text: string): InboundBody | Refused {
  if (nestingOf(text) > nestingMax) return refuse({ detail: `JSON parse error - nested more than ${nestingMax} levels deep` })
  try {
    const json: unknown = JSON.parse(text)
    return { json, text }
  } catch (fault) {
    return refuse({ detail: `JSON parse error - ${fault instanceof Error ? fault.message : 'not JSON'}` })
  }
}
