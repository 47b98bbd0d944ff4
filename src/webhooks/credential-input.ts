import { anyText, type Body, fieldRefusal, object, optional, orNull, type Reader } from '../lib/fields.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { isCredential, secretMask } from '../lib/credential.ts'
import { type Headers, headerFault } from './headers.ts'

/** A header's value. */
export const headerValue: Reader<string> = (value) => {
  const read = anyText(2000)(value)
  if (!read.ok || /^[\t -~\u0080-\u00ff]*$/.test(read.value)) return read
  return no('The text has characters that a header cannot carry.')
}

const strayMask = 'This is the mask that stands for a hidden secret. Send the secret itself, or leave it out.'

/** A new webhook has no secret yet that the mask could stand for. */
export function newSecret(body: Body, name: string, reader: Reader<string>): Result<string | null, Refusal> {
  const read = optional(body, name, orNull(reader))
  if (!read.ok) return read
  return read.value === secretMask ? no(fieldRefusal(name, strayMask)) : ok(read.value ?? null)
}

/** The mask keeps what is there. */
export function keptSecret(reader: Reader<string>, current: string | null): Reader<string | null> {
  return (value) => (value === secretMask ? ok(current) : orNull(reader)(value))
}

const staticHeadersMax = 50

/** An object of texts, null and an empty one for none. The mask keeps the value that a header of this name has now. */
export function staticHeaders(current: Headers | null): Reader<Headers | null> {
  const before = new Map(Object.entries(current ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
  return (value) => {
    if (value === null) return ok(null)
    const read = object(value)
    if (!read.ok) return read
    const names = Object.keys(read.value).map((name) => name.toLowerCase())
    if (names.length > staticHeadersMax) return no(`At most ${staticHeadersMax} headers are allowed.`)
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined) return no(`The header "${twice}" is there twice.`)
    const entries = Object.entries(read.value).map(([name, given]) => [name, headerText(name, given, before)] as const)
    const wrong = entries.map(([, text]) => text).find((text) => !text.ok)
    if (wrong !== undefined && !wrong.ok) return wrong
    const headers = entries.flatMap(([name, text]) => (text.ok ? [[name, text.value] as const] : []))
    return ok(headers.length === 0 ? null : Object.fromEntries(headers))
  }
}

/** What a header is to say; the values of now are by names in lower case. */
function headerText(name: string, given: unknown, before: ReadonlyMap<string, string>): Result<string, string> {
  const isKept = given === secretMask && isCredential(name)
  const value = isKept ? before.get(name.toLowerCase()) : given
  if (value === undefined) return no(`"${name}": ${strayMask}`)
  const fault = headerFault(name, value)
  if (fault !== null) return no(fault)
  const read = headerValue(value)
  return read.ok ? read : no(`"${name}": ${typeof read.reason === 'string' ? read.reason : 'Not a text.'}`)
}
