import { required, withParameters } from '../jinja/arguments.ts'
import { type Budget, spendItems, spendText } from '../jinja/budget.ts'
import { TemplateFault } from '../jinja/fault.ts'
import { readJson } from '../jinja/json-reader.ts'
import { jsonOf, type JsonStyle } from '../jinja/json-writer.ts'
import { ownText } from '../jinja/marked-text.ts'
import { jsonEscaped } from '../jinja/marks.ts'
import { type Function, isText, markedOf, type Runtime, textOf, type Value } from '../jinja/value.ts'

const withLines: JsonStyle = { isSorted: true, isAscii: false, indent: '    ', comma: ',' }
const asDumped: JsonStyle = { isSorted: false, isAscii: true, indent: null, comma: ', ' }

const prettyJson = withParameters({ title: 'tojson_pretty', parameters: { value: required } }, (ask, runtime) =>
  written(ask('value'), withLines, runtime),
)

const plainJson = withParameters({ title: 'json_dumps', parameters: { value: required } }, (ask, runtime) =>
  written(ask('value'), asDumped, runtime),
)

/** Null for what JSON cannot say. */
function written(value: Value, style: JsonStyle, { budget }: Runtime): Value {
  try {
    return ownText(jsonOf(value, style, budget))
  } catch (fault) {
    if (fault instanceof TemplateFault && (fault.kind === 'type' || fault.kind === 'value')) return null
    throw fault
  }
}

const parseJson = withParameters({ title: 'parse_json', parameters: { value: required } }, (ask, { budget, isJson }) => {
  const value = ask('value')
  const text = textOf(value)
  if (text === null) return null
  // JSON that the template has written around texts of its data is read as it would be sent.
  const sent = isJson && isText(value) ? parsed(jsonEscaped(markedOf(value) ?? ''), budget) : null
  return (sent ?? parsed(text, budget))?.value ?? null
})

function parsed(json: string, budget: Budget): ReturnType<typeof readJson> {
  spendText(budget, json.length)
  // Each value has a comma, a colon or a bracket beside it.
  spendItems(budget, json.match(/[,:[{]/g)?.length ?? 0)
  return readJson(json)
}

const base64 = /[^A-Za-z0-9+/=]/g

const decodeBase64 = withParameters({ title: 'b64decode', parameters: { value: required } }, (ask, { budget }) => {
  const text = textOf(ask('value'))
  if (text === null) return null
  spendText(budget, text.length)
  // Other characters are passed over, but what is left must be whole.
  const plain = text.replace(base64, '')
  const digits = plain.replace(/=+$/, '')
  if (digits.includes('=') || plain.length < Math.ceil(digits.length / 4) * 4 || digits.length % 4 === 1) return null
  const bytes = Buffer.from(digits, 'base64')
  const decoded = bytes.toString('utf8')
  return Buffer.from(decoded).equals(bytes) ? decoded : null
})

export const jsonFilters: ReadonlyMap<string, Function> = new Map<string, Function>([
  ['tojson_pretty', prettyJson],
  ['json_dumps', plainJson],
  ['parse_json', parseJson],
  ['b64decode', decodeBase64],
])
