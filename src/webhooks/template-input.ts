import { anyText, type Reader } from '../lib/fields.ts'
import { no, ok } from '../lib/result.ts'
import { isTemplate, templateFault } from '../lib/template/template.ts'
import { headersFault } from './headers.ts'

/** A template (contract grafana-oncall 2.4). Null and the empty text mean none. */
export const template: Reader<string | null> = (value) => {
  if (value === null || value === '') return ok(null)
  const read = anyText(anyLength)(value)
  if (!read.ok) return read
  const fault = templateFault(read.value)
  return fault === null ? ok(read.value === '' ? null : read.value) : no(fault.text)
}

/** A JSON object of texts, or a template that makes one. */
export const headersTemplate: Reader<string | null> = (value) => {
  const read = template(value)
  if (!read.ok || read.value === null || isTemplate(read.value)) return read
  const fault = headersFault(read.value)
  return fault === null ? read : no(fault)
}

/** The limit is the template's own, and has its own words. */
export const anyLength = Number.MAX_SAFE_INTEGER
