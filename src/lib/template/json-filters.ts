import { required, withParameters } from '../jinja/arguments.ts'
import { spendItems, spendText } from '../jinja/budget.ts'
import { TemplateFault } from '../jinja/fault.ts'
import { readJson } from '../jinja/json-reader.ts'
import { jsonOf, type JsonStyle } from '../jinja/json-writer.ts'
import { type Function, type Runtime, textOf, type Value } from '../jinja/value.ts'

const prettyJson = withParameters({ title: 'tojson_pretty', parameters: { value: required } }, (ask, runtime) =>
  written(ask('value'), { isSorted: true, isAscii: false, indent: '    ', comma: ',', restore: runtime.restore }, runtime),
)

const plainJson = withParameters({ title: 'json_dumps', parameters: { value: required } }, (ask, runtime) =>
  written(ask('value'), { isSorted: false, isAscii: true, indent: null, comma: ', ', restore: runtime.restore }, runtime),
)

/** Null for what JSON cannot say. */
function written(value: Value, style: JsonStyle, { budget }: Runtime): Value {
  try {
    return jsonOf(value, style, budget)
  } catch (fault) {
    if (fault instanceof TemplateFault && (fault.kind === 'type' || fault.kind === 'value')) return null
    throw fault
  }
}

const parseJson = withParameters({ title: 'parse_json', parameters: { value: required } }, (ask, { budget, restore, escape }) => {
  const text = textOf(ask('value'))
  if (text === null) return null
  spendText(budget, text.length)
  const json = restore(text)
  // Each value has a comma, a colon or a bracket beside it.
  spendItems(budget, json.match(/[,:[{]/g)?.length ?? 0)
  return escape(readJson(json)?.value ?? null)
})

const base64 = /[^A-Za-z0-9+/=]/g

const decodeBase64 = withParameters(
  { title: 'b64decode', parameters: { value: required } },
  (ask, { budget, restore, escape }) => {
    const text = textOf(ask('value'))
    if (text === null) return null
    spendText(budget, text.length)
    // Other characters are passed over, but what is left must be whole.
    const plain = restore(text).replace(base64, '')
    const digits = plain.replace(/=+$/, '')
    if (digits.includes('=') || plain.length < Math.ceil(digits.length / 4) * 4 || digits.length % 4 === 1) return null
    const bytes = Buffer.from(digits, 'base64')
    const decoded = bytes.toString('utf8')
    return Buffer.from(decoded).equals(bytes) ? escape(decoded) : null
  },
)

export const jsonFilters: ReadonlyMap<string, Function> = new Map<string, Function>([
  ['tojson_pretty', prettyJson],
  ['json_dumps', plainJson],
  ['parse_json', parseJson],
  ['b64decode', decodeBase64],
])
