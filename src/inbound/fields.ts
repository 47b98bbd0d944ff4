import { createHash } from 'node:crypto'
import {
  keepPayload,
  labelLengthMax,
  type Labels,
  labelsMax,
  messageLengthMax,
  type Payload,
  payloadBytesMax,
  titleLengthMax,
} from '../alerts/signal.ts'
import { isObject, storable } from '../lib/json.ts'

/** A member of a JSON object as a text: numbers and booleans are written out, anything else counts as missing. */
export function textOf(json: unknown, key: string): string | null {
  if (!isObject(json) || !Object.hasOwn(json, key)) return null
  const value = json[key]
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
}

/** A member of a JSON object that is an object itself; empty when it is not. */
export function objectOf(json: unknown, key: string): { readonly [key: string]: unknown } {
  const value = isObject(json) && Object.hasOwn(json, key) ? json[key] : null
  return isObject(value) ? value : {}
}

/** The items of a member that is a list; empty when it is not. */
export function listOf(json: unknown, key: string): readonly unknown[] {
  const value = isObject(json) && Object.hasOwn(json, key) ? json[key] : null
  return Array.isArray(value) ? value : []
}

/** A title that can be stored and shown: one line, at most 500 characters. */
export function titleFrom(text: string): string {
  const start = text.trimStart().slice(0, 10 * titleLengthMax)
  return cut(storable(start).replace(/\s+/g, ' ').trim(), titleLengthMax)
}

/** What a page says beside the title; at most 4,000 characters. */
export function messageFrom(text: string): string {
  return cut(storable(text.trim().slice(0, messageLengthMax + 1)), messageLengthMax)
}

/** The members of an object that are texts, numbers and booleans, as labels: at most 64, each at most 200 characters long. */
export function labelsFrom(object: { readonly [key: string]: unknown }): Labels {
  const labels: (readonly [key: string, value: string])[] = []
  for (const key of Object.keys(object)) {
    if (labels.length === labelsMax) break
    const value = textOf(object, key)
    if (key !== '' && value !== null) labels.push([labelText(key), labelText(value)])
  }
  return Object.fromEntries(labels)
}

const labelText = (text: string): string => cut(storable(text.slice(0, labelLengthMax + 1)), labelLengthMax)

/** A link that people may follow: only to web pages. */
export function linkFrom(text: string | null): string | null {
  return text !== null && /^https?:\/\//i.test(text) ? storable(text.slice(0, 2000)) : null
}

const groupingKeyLengthMax = 1000

/** What groups an alert; null for nothing. A long text is stood for by its SHA-256, so that it need not be held and read again. */
export function groupingKeyFrom(text: string | null): string | null {
  if (text === null || text === '') return null
  return text.length <= groupingKeyLengthMax ? text : `sha256:${createHash('sha256').update(text).digest('hex')}`
}

/** The payload that is kept of a body. No character takes less than a byte, so nothing that is kept is beyond the cut. */
export function payloadFrom(text: string): Payload {
  return keepPayload(Buffer.from(text.slice(0, payloadBytesMax + 1)))
}

/** Cuts after whole characters, and says that it did. */
function cut(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text
  return `${text.slice(0, lengthMax - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}
