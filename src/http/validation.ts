import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import type { FastifySchemaCompiler } from 'fastify'
import { isObject } from '../lib/json.ts'

/** What forms and queries are made of: texts only, so that `"5"` has to count as a number there. */
export type Texts = { readonly isTexts: (body: unknown) => boolean }

/**
 * Bodies are taken at their word: coercion would turn null into '' and 5 into '5' (measured, all answered with 200).
 * Queries, path parameters and form bodies can only be texts and are coerced. All faults are reported at once.
 */
export function validatorCompiler({ isTexts }: Texts): FastifySchemaCompiler<object> {
  const strict = ajv({ coerceTypes: false })
  const coercing = ajv({ coerceTypes: 'array' })
  return ({ schema, httpPart }) => {
    if (httpPart === 'querystring') {
      const ofQuery = answering(coercing.compile(schema))
      const lists = listNames(schema)
      return (query: unknown) => ofQuery(withLastValues(query, lists))
    }
    if (httpPart !== 'body') return answering(coercing.compile(schema))
    const ofJson = answering(strict.compile(schema))
    const ofTexts = answering(coercing.compile(schema))
    return (body: unknown) => (isTexts(body) ? ofTexts(body) : ofJson(body))
  }
}

function listNames(schema: object): ReadonlySet<string> {
  const properties = 'properties' in schema && isObject(schema.properties) ? schema.properties : {}
  return new Set(Object.keys(properties).filter((name) => isObject(properties[name]) && properties[name]['type'] === 'array'))
}

/** Of a parameter that is repeated and is no list the last one counts (contract grafana-oncall 1.5). */
function withLastValues(query: unknown, lists: ReadonlySet<string>): unknown {
  if (!isObject(query)) return query
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, Array.isArray(value) && !lists.has(name) ? value.at(-1) : value]),
  )
}

function ajv({ coerceTypes }: { readonly coerceTypes: false | 'array' }): Ajv {
  const made = new Ajv({
    coerceTypes,
    allErrors: true,
    verbose: true,
    removeAdditional: true,
    useDefaults: false,
    strict: false,
  })
  formats.default(made)
  return made
}

function answering(validate: ValidateFunction) {
  return (value: unknown) =>
    validate(value) ? { value } : { error: Object.assign(new Error('invalid input'), { validation: validate.errors }) }
}
