import type { ErrorObject } from 'ajv'

/** Messages at the place of each fault; nested where the input is nested. */
export type FieldMessages = { [field: string]: string[] | FieldMessages }

/**
 * What is wrong with an input, in the words of contract grafana-oncall 1.4.
 * Needs errors with `verbose`: the messages name the value that was given.
 */
export function fieldMessages(errors: readonly ErrorObject[], part: 'body' | 'querystring'): FieldMessages {
  const messages: FieldMessages = {}
  for (const error of withoutBranches(errors)) {
    // A query is flat: what is wrong with one of several values is wrong with the parameter.
    const path = part === 'querystring' ? pathOf(error).slice(0, 1) : pathOf(error)
    add(messages, path, messageOf(error, { part, atRoot: path.length === 0 }))
  }
  return messages
}

/** When no branch of an `anyOf` fits, each branch complains too: the complaint as a whole is enough. */
function withoutBranches(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const choices = errors
    .filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf')
    .map(({ schemaPath }) => `${schemaPath}/`)
  return errors.filter(({ schemaPath }) => !choices.some((choice) => schemaPath.startsWith(choice)))
}

function pathOf({ instancePath, keyword, params }: ErrorObject): readonly string[] {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
  return keyword === 'required' ? [...path, String(params['missingProperty'])] : path
}

function add(messages: FieldMessages, path: readonly string[], message: string): void {
  const [field = 'non_field_errors', ...deeper] = path
  const there = messages[field]
  if (deeper.length === 0) {
    if (there === undefined) messages[field] = [message]
    // One fault is enough: '' is too short and also matches no pattern.
    return
  }
  if (Array.isArray(there)) return
  const inner = there ?? {}
  messages[field] = inner
  add(inner, deeper, message)
}

type Place = { readonly part: 'body' | 'querystring'; readonly atRoot: boolean }

function messageOf(error: ErrorObject, { part, atRoot }: Place): string {
  const { keyword, params, data } = error
  const limit = String(params['limit'])
  switch (keyword) {
    case 'required':
      return 'This field is required.'
    case 'type':
      return typeMessage(data, String([params['type']].flat().find((type) => type !== 'null')), atRoot)
    case 'enum':
    case 'const':
      return enumMessage(data, part)
    case 'minLength':
      return data === '' ? 'This field may not be blank.' : `Ensure this field has at least ${limit} characters.`
    case 'maxLength':
      return `Ensure this field has no more than ${limit} characters.`
    case 'minimum':
      return `Ensure this value is greater than or equal to ${limit}.`
    case 'maximum':
      return `Ensure this value is less than or equal to ${limit}.`
    case 'minItems':
      return limit === '1' ? 'This list may not be empty.' : `Ensure this field has at least ${limit} elements.`
    case 'maxItems':
      return `Ensure this field has no more than ${limit} elements.`
    case 'uniqueItems':
      return 'This list may not contain the same item twice.'
    case 'format':
      return formatMessages[String(params['format'])] ?? 'Enter a valid value.'
    case 'pattern':
      return patternMessage(data)
    default:
      return 'Invalid values'
  }
}

const formatMessages: Readonly<Record<string, string>> = {
  uri: 'Enter a valid URL.',
  uuid: 'Must be a valid UUID.',
  date: 'Date has wrong format. Use one of these formats instead: YYYY-MM-DD.',
  'date-time': 'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].',
}

function enumMessage(data: unknown, part: Place['part']): string {
  if (data === null) return 'This field may not be null.'
  const shown = typeof data === 'string' ? data : JSON.stringify(data)
  return part === 'body'
    ? `"${shown}" is not a valid choice.`
    : `Select a valid choice. ${shown} is not one of the available choices.`
}

function typeMessage(data: unknown, wanted: string, atRoot: boolean): string {
  if (data === null) return atRoot ? 'No data provided' : 'This field may not be null.'
  switch (wanted) {
    case 'string':
      return 'Not a valid string.'
    case 'boolean':
      return 'Must be a valid boolean.'
    case 'integer':
      return 'A valid integer is required.'
    case 'number':
      return 'A valid number is required.'
    case 'array':
      return `Expected a list of items but got type "${pythonType(data)}".`
    case 'object':
      return atRoot
        ? `Invalid data. Expected a dictionary, but got ${pythonType(data)}.`
        : `Expected a dictionary of items but got type "${pythonType(data)}".`
    default:
      return 'Invalid values'
  }
}

/** The contract's messages name types as Python does. */
function pythonType(data: unknown): string {
  if (data === null || data === undefined) return 'NoneType'
  if (Array.isArray(data)) return 'list'
  if (typeof data === 'object') return 'dict'
  if (typeof data === 'boolean') return 'bool'
  if (typeof data === 'number') return Number.isInteger(data) ? 'int' : 'float'
  return 'str'
}

function patternMessage(data: unknown): string {
  if (typeof data !== 'string') return 'Enter a valid value.'
  if (data.trim() === '') return 'This field may not be blank.'
  return data.includes('\u0000') ? 'Null characters are not allowed.' : 'Enter a valid value.'
}
