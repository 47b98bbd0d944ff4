import type { Brand } from './brand.ts'
import { asId } from './ids.ts'
import { isObject, storable } from './json.ts'
import { type Refusal, Rejection } from './rejection.ts'
import { no, ok, type Result } from './result.ts'

/** A request's body: an object of which nothing else is known yet. */
export type Body = Readonly<Record<string, unknown>>

/** Reads one value; the reason is a message for the field, or a refusal of the whole request. */
export type Reader<Value> = (value: unknown) => Result<Value, string | Refusal>

/** Takes a value that was read; when it was refused, `meanwhile` stands in until everything has been looked at. */
export type Take = <Value>(field: Result<Value, Refusal>, meanwhile: NoInfer<Value>) => Value

/**
 * Reads several fields and tells all that is wrong with them at once; a refusal of the whole request comes first and
 * alone (contract grafana-oncall 1.4).
 */
export function readFields<Value>(read: (take: Take) => Value): Result<Value, Refusal> {
  const refusals: Refusal[] = []
  const value = read((field, meanwhile) => {
    if (field.ok) return field.value
    refusals.push(field.reason)
    return meanwhile
  })
  const [first] = refusals
  if (first === undefined) return ok(value)
  const whole = refusals.find((refusal) => refusal.kind !== 'invalid-fields')
  if (whole !== undefined) return no(whole)
  const faults = refusals.flatMap((refusal) => (refusal.kind === 'invalid-fields' ? Object.entries(refusal.fields) : []))
  return no({ kind: 'invalid-fields', fields: Object.fromEntries(faults) })
}

/** What was read, in a command; what was refused rolls the transaction back. */
export function accepted<Value>(read: Result<Value, Refusal>): Value {
  if (!read.ok) throw new Rejection(read.reason)
  return read.value
}

/** A field that must be there. */
export function required<Value>(body: Body, name: string, reader: Reader<Value>): Result<Value, Refusal> {
  const value = memberOf(body, name)
  return value === undefined ? no(fieldRefusal(name, 'This field is required.')) : at(name, reader(value))
}

/** A field that may be missing, which is `undefined` then. */
export function optional<Value>(body: Body, name: string, reader: Reader<Value>): Result<Value | undefined, Refusal> {
  const value = memberOf(body, name)
  return value === undefined ? ok(undefined) : at(name, reader(value))
}

export const fieldRefusal = (name: string, message: string): Refusal => ({
  kind: 'invalid-fields',
  fields: { [name]: [message] },
})

export const detailRefusal = (detail: string): Refusal => ({ kind: 'invalid', detail })

/** Null, or what the reader reads. */
export function orNull<Value>(reader: Reader<Value>): Reader<Value | null> {
  return (value) => (value === null ? ok(null) : reader(value))
}

/** A text without the blanks around it; never empty. Numbers count as texts. Half a surrogate pair becomes U+FFFD. */
export function text(lengthMax: number): Reader<string> {
  return (value) => {
    const read = anyText(lengthMax)(value)
    return read.ok && read.value === '' ? no('This field may not be blank.') : read
  }
}

/** Like `text`, but may be empty. */
export function anyText(lengthMax: number): Reader<string> {
  return (value) => {
    if (value === null) return no('This field may not be null.')
    if (typeof value !== 'string' && typeof value !== 'number') return no('Not a valid string.')
    const trimmed = String(value).toWellFormed().trim()
    if (trimmed.includes('\u0000')) return no('Null characters are not allowed.')
    return isLonger(trimmed, lengthMax) ? no(`Ensure this field has no more than ${lengthMax} characters.`) : ok(trimmed)
  }
}

/** Characters are code points: a text of n code units has at most n of them. */
const isLonger = (read: string, lengthMax: number): boolean => read.length > lengthMax && Array.from(read).length > lengthMax

/** A whole number, also written as a text. */
export const integer: Reader<number> = (value) => {
  if (value === null) return no('This field may not be null.')
  const number = typeof value === 'string' && /^\s*[+-]?\d{1,15}\s*$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? ok(number) : no('A valid integer is required.')
}

/** A whole number within limits. */
export function integerWithin({ min, max }: { readonly min: number; readonly max: number }): Reader<number> {
  return (value) => {
    const read = integer(value)
    if (!read.ok) return read
    if (read.value < min) return no(`Ensure this value is greater than or equal to ${min}.`)
    return read.value > max ? no(`Ensure this value is less than or equal to ${max}.`) : read
  }
}

const booleans: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ...[true, 1, '1', 'true', 't', 'yes', 'y', 'on'].map((word) => [word, true] as const),
  ...[false, 0, '0', 'false', 'f', 'no', 'n', 'off'].map((word) => [word, false] as const),
])

/** True or false, also in the words of a form, in any case. */
export const boolean: Reader<boolean> = (value) => {
  if (value === null) return no('This field may not be null.')
  const read = booleans.get(typeof value === 'string' ? value.toLowerCase() : value)
  return read === undefined ? no('Must be a valid boolean.') : ok(read)
}

/** The id of another thing; the empty text counts as null. Whether the thing exists is for the command to say. */
export const reference: Reader<string> = (value) => {
  if (value === null || value === '') return no('This field may not be null.')
  return typeof value === 'string' ? ok(storable(value)) : no('Invalid values')
}

/** The id of another thing; null and the empty text mean none (contract grafana-oncall 7.2). */
export const referenceOrNull: Reader<string | null> = (value) => (value === null || value === '' ? ok(null) : reference(value))

/** A list of anything; null counts as an empty one. */
export const list: Reader<readonly unknown[]> = (value) => {
  if (value === null) return ok([])
  return Array.isArray(value) ? ok(value) : no(`Expected a list of items but got type "${nameOfType(value)}".`)
}

/** A list whose members are texts; the empty text, which is a form's word for nothing, is none of them. */
export const textList: Reader<readonly string[]> = (value) => {
  const read = list(value)
  if (!read.ok) return read
  const texts = read.value.filter((item) => typeof item === 'string')
  return texts.length === read.value.length ? ok(texts.filter((item) => item !== '').map(storable)) : no('Not a valid string.')
}

/** An object of which nothing else is known yet. */
export const object: Reader<Body> = (value) =>
  isObject(value) ? ok(value) : no(`Invalid data. Expected a dictionary, but got ${nameOfType(value)}.`)

/** What a list is filtered by; the empty text filters nothing, as if it were not given. */
export const filterText = (given: string | undefined): string | undefined =>
  given === undefined || given === '' ? undefined : storable(given)

/** Like `filterText`, for the id of another thing. */
export function filterId<Id extends Brand<string, string>>(given: string | undefined): Id | undefined {
  const wanted = filterText(given)
  return wanted === undefined ? undefined : asId<Id>(wanted)
}

/** As Python names the types of JSON, which is what clients of the contract read. */
function nameOfType(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType'
  if (Array.isArray(value)) return 'list'
  if (isObject(value)) return 'dict'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  return 'str'
}

const memberOf = (body: Body, name: string): unknown => (Object.hasOwn(body, name) ? body[name] : undefined)

function at<Value>(name: string, read: Result<Value, string | Refusal>): Result<Value, Refusal> {
  if (read.ok) return read
  return no(typeof read.reason === 'string' ? fieldRefusal(name, read.reason) : read.reason)
}
