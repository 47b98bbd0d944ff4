import { type Static, type TProperties, type TSchema, type TUnsafe, Type } from 'typebox'
import { check } from '../lib/check.ts'

/**
 * Null or a value of the schema, which must have a single `type`. A list of types instead of a union, so that a wrong
 * value earns one message and not three.
 */
export function nullable<Schema extends TSchema>(schema: Schema): TUnsafe<Static<Schema> | null> {
  check('type' in schema && typeof schema.type === 'string', 'a nullable schema has a single type')
  const choices: readonly unknown[] = 'enum' in schema && Array.isArray(schema.enum) ? schema.enum : []
  const nulled = choices.length === 0 ? {} : { enum: [...choices, null] }
  return Type.Unsafe<Static<Schema> | null>({ ...schema, ...nulled, type: [schema.type, 'null'] })
}

/** One of some texts. */
export function choice<const Text extends string>(texts: readonly Text[], options: object = {}): TUnsafe<Text> {
  return Type.Unsafe<Text>({ type: 'string', enum: [...texts], ...options })
}

/** A body. Keys that it does not name are ignored and never reach the handler (contract grafana-oncall 1.9). */
export function input<Properties extends TProperties>(properties: Properties) {
  return Type.Object(properties, { additionalProperties: false })
}

/** The answer to a DELETE: 204 without a body. */
export const noContent = Type.Null({ description: 'Done; no body.' })

/** The parameters that a path names, as texts. */
export function pathParams(path: string) {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
  return Type.Unsafe<Readonly<Record<string, string>>>({
    ...Type.Object(Object.fromEntries(names.map((name) => [name, Type.String()]))),
  })
}
