import { isObject } from '../lib/json.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { isCredential, secretMask } from '../lib/credential.ts'

export type Headers = Readonly<Record<string, string>>

/** Headers that belong to the connection, or that every delivery carries by itself. */
const reserved =
  /^(connection|content-length|expect|host|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade|accept-encoding|webhook-(id|timestamp|signature))$/i

/** What is wrong with the headers of a webhook that are no template, as a sentence, or null. */
export function headersFault(json: string): string | null {
  const parsed = parsedObject(json)
  if (parsed === null) return 'Must be a JSON object whose values are texts, for example {"X-Team": "database"}.'
  for (const [name, value] of Object.entries(parsed)) {
    const fault = headerFault(name, value)
    if (fault !== null) return fault
  }
  return null
}

/** What is wrong with one header, as a sentence, or null. */
export function headerFault(name: string, value: unknown): string | null {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return `"${name}" cannot be the name of a header.`
  if (reserved.test(name)) return `The header "${name}" is set by the server itself.`
  if (typeof value !== 'string') return `The value of "${name}" must be a text.`
  if (!/^[\t -~\u0080-\u00ff]*$/.test(value)) return `The value of "${name}" has characters that a header cannot carry.`
  return null
}

/** The headers that a template has made; the reason is for the response log, in the words of the contract (grafana-oncall 3.5) where it has any. */
export function readHeaders(json: string): Result<Headers, string> {
  const parsed = parsedObject(json)
  const headers = parseHeaders(json)
  if (parsed === null || Object.keys(headers).length < Object.keys(parsed).length)
    return no('Template did not result in json/dict')
  const faults = Object.entries(headers).flatMap(([name, value]) => headerFault(name, value) ?? [])
  return faults[0] === undefined ? ok(headers) : no(faults[0])
}

/** Reads headers that were found to be faultless when they were saved. */
export function parseHeaders(json: string): Headers {
  const entries = Object.entries(parsedObject(json) ?? {})
  return Object.fromEntries(entries.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])))
}

/** The headers with one more; it takes the place of one with the same name in any case. */
export function withHeader(headers: Headers, name: string, value: string): Headers {
  const others = Object.entries(headers).filter(([other]) => other.toLowerCase() !== name.toLowerCase())
  return { ...Object.fromEntries(others), [name]: value }
}

/** The headers with one more, unless there is one with the same name in any case. */
export function withUsual(headers: Headers, name: string, value: string): Headers {
  const isThere = Object.keys(headers).some((other) => other.toLowerCase() === name.toLowerCase())
  return isThere ? headers : { ...headers, [name]: value }
}

/** All of both; what is in the first under the same name in any case is left out. */
export function withHeaders(headers: Headers, others: Headers): Headers {
  return Object.entries(others).reduce((sum, [name, value]) => withHeader(sum, name, value), headers)
}

/** The headers as the response log shows them: JSON, the credentials masked (contract grafana-oncall 3.7). */
export function shownHeaders(headers: Headers): string {
  const shown = Object.entries(headers).map(([name, value]) => [name, isCredential(name) ? secretMask : value])
  return JSON.stringify(Object.fromEntries(shown))
}

/** As the API shows headers that are no template: an empty value stays visible, since it hides nothing. */
export function shownStaticHeaders(headers: Headers): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, isCredential(name) && value !== '' ? secretMask : value] as const),
  )
}

function parsedObject(json: string): { readonly [key: string]: unknown } | null {
  try {
    const parsed: unknown = JSON.parse(json)
    return isObject(parsed) ? parsed : null
  } catch {
    return null
  }
}
