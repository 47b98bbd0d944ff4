import { Type } from 'typebox'
import { input } from './schema.ts'

/**
 * A body whose fields the slice reads itself, since the contract has words of its own for what is wrong with them: here
 * they are only described. Keys that it does not name are ignored. What is described as a list is one in a form, too, where
 * the key is there only once.
 */
export function lenientInput(descriptions: Readonly<Record<string, string | { readonly list: string }>>) {
  const properties = Object.entries(descriptions).map(([name, description]) => {
    const field = typeof description === 'string' ? { description } : { description: description.list, ...anythingOrList }
    return [name, Type.Optional(Type.Unsafe<unknown>(field))] as const
  })
  return Type.Unsafe<Readonly<Record<string, unknown>>>(input(Object.fromEntries(properties)))
}

/** The validator of forms makes a list of a lone text for the first choice; that of JSON, which changes nothing, goes on to the second. */
const anythingOrList = { anyOf: [{ type: 'array' }, { not: { type: 'array' } }] }
