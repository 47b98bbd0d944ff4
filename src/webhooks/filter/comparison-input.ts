import { storable } from '../../lib/json.ts'
import { no, ok, type Result } from '../../lib/result.ts'
import { expressionMax, programSizeOf } from './expression.ts'
import type { Field } from './field.ts'
import { type Comparison, type Operator, type Scalar, urgencies } from './filter.ts'
import { numberOf } from './judge.ts'

const valuesMax = 100
const textLengthMax = 1000

type Given = { readonly field: Field; readonly operator: Operator; readonly value: unknown }

/** Which member of a condition is at fault, and how. */
type Fault = { readonly member: 'operator' | 'value'; readonly words: string }

/** Reads what a condition compares its field with; a value that is missing is undefined. */
export function readComparison(given: Given): Result<Comparison, Fault> {
  const { field, operator, value } = given
  switch (operator) {
    case 'is':
    case 'is_not': {
      if (Array.isArray(value)) return wrong(noListFor(operator))
      const one = readScalar(field, value)
      return one.ok ? ok({ operator, value: one.value }) : one
    }
    case 'in':
      return readList(field, value)
    case 'contains':
    case 'matches':
      return readText(operator, value)
    case 'exists':
      if (value === undefined) return ok({ operator, value: true })
      return typeof value === 'boolean' ? ok({ operator, value }) : wrong('True or false is needed, without quotes.')
    case 'greater':
    case 'less':
      return readLimit({ field, operator, value })
  }
}

const noListFor = (operator: 'is' | 'is_not'): string =>
  operator === 'is'
    ? 'One value is needed: for any of a list there is the operator in.'
    : 'One value is needed: for no value of a list, put a condition with the operator in under "none".'

function readScalar({ kind }: Field, value: unknown): Result<Scalar, Fault> {
  if (value === null) return wrong('Null is no value: "operator": "exists", "value": false asks for what is missing.')
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
    return wrong('A text, a number, true or false is needed.')
  if (typeof value === 'number' && !Number.isFinite(value)) return wrong('This number is too large.')
  if (typeof value === 'string' && value.length > textLengthMax) return wrong(`A text has ${textLengthMax} characters at most.`)
  if (kind === 'urgency' && !urgencies.some((urgency) => urgency === value)) return wrong(noUrgency)
  return ok(typeof value === 'string' ? storable(value) : value)
}

const noUrgency = `An urgency is needed: ${urgencies.join(', ')}.`

function readList(field: Field, value: unknown): Result<Comparison, Fault> {
  if (!Array.isArray(value)) return wrong('A list is needed: for one value there is the operator is.')
  if (value.length === 0) return wrong('A list is needed, with at least one value.')
  if (value.length > valuesMax) return wrong(`A list has ${valuesMax} values at most.`)
  const values: Scalar[] = []
  for (const one of value) {
    const read = readScalar(field, one)
    if (!read.ok) return read
    values.push(read.value)
  }
  return ok({ operator: 'in', value: values })
}

function readText(operator: 'contains' | 'matches', value: unknown): Result<Comparison, Fault> {
  if (typeof value === 'number' || typeof value === 'boolean') return wrong(`A text is needed: "${value}", in quotes.`)
  if (typeof value !== 'string' || value === '') return wrong('A text is needed that is not empty.')
  const text = storable(value)
  const lengthMax = operator === 'matches' ? expressionMax : textLengthMax
  if (text.length > lengthMax) return wrong(`A text has ${lengthMax} characters at most here.`)
  if (operator === 'matches' && programSizeOf(text) === null)
    return wrong('This is no regular expression that RE2 takes, or its repetitions are too many.')
  return ok({ operator, value: text })
}

type Limit = { readonly field: Field; readonly operator: 'greater' | 'less'; readonly value: unknown }

function readLimit({ field, operator, value }: Limit): Result<Comparison, Fault> {
  if (field.kind === 'named') return no({ member: 'operator', words: 'What has a name is neither greater nor less.' })
  if (field.kind === 'urgency') {
    const urgency = urgencies.find((one) => one === value)
    return urgency === undefined ? wrong(noUrgency) : ok({ operator, value: urgency })
  }
  const number = typeof value === 'string' ? numberOf(value) : value
  return typeof number === 'number' && Number.isFinite(number)
    ? ok({ operator, value: number })
    : wrong('A number is needed. A text is compared by is, in, contains or matches.')
}

const wrong = (words: string) => no({ member: 'value', words } as const)
