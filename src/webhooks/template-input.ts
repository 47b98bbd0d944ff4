import { anyText, type Reader } from '../lib/fields.ts'
import { no, ok } from '../lib/result.ts'
import { headersFault } from './headers.ts'

export const templateLengthMax = 50_000

/** Why a text is refused that has the marks of a template, or null. */
export const templateFault = (text: string): string | null =>
  /\{[{%#]/.test(text) ? 'Templates are not supported yet: the text must not contain "{{", "{%" or "{#".' : null

/** A text that is the same for every event. Null and the empty text mean none. */
export const template: Reader<string | null> = (value) => {
  if (value === null || value === '') return ok(null)
  const read = anyText(templateLengthMax)(value)
  if (!read.ok) return read
  const fault = templateFault(read.value)
  if (fault !== null) return no(fault)
  return ok(read.value === '' ? null : read.value)
}

/** A template that makes a JSON object of texts. */
export const headersTemplate: Reader<string | null> = (value) => {
  const read = template(value)
  if (!read.ok || read.value === null) return read
  const fault = headersFault(read.value)
  return fault === null ? read : no(fault)
}
