import { type TemplateFault, typeFault } from './fault.ts'
import { numberOf } from './truth.ts'
import { type Arguments, type Function, isUndefined, markedOf, type Runtime, typeName, type Value } from './value.ts'
import { faultOf } from './order.ts'

/** A parameter that has no default. */
export const required = Symbol('required')

type Parameters<Name extends string> = Readonly<Record<Name, Value | typeof required>>

/** Asks for an argument by its name. */
type Ask<Name extends string> = (name: Name) => Value

/**
 * A function with the parameters of a function in Python: by place or by name, with defaults, and with Python's messages when they do
 * not fit. `title` is the name in these, `hidden` how many parameters Python counts that no template sees.
 */
export function withParameters<Name extends string>(
  { title, hidden = 0, parameters }: { readonly title: string; readonly hidden?: number; readonly parameters: Parameters<Name> },
  work: (ask: Ask<Name>, runtime: Runtime) => Value,
): Function {
  const names = Object.keys(parameters)
  const defaults = new Map<string, Value | typeof required>(Object.entries(parameters))
  return (given, runtime) => {
    const values = bound({ title, hidden, names, defaults }, given)
    return work((name) => values.get(name) ?? null, runtime)
  }
}

type Bounds = {
  readonly title: string
  readonly hidden: number
  readonly names: readonly string[]
  readonly defaults: ReadonlyMap<string, Value | typeof required>
}

function bound({ title, hidden, names, defaults }: Bounds, { positional, named }: Arguments): ReadonlyMap<string, Value> {
  const values = new Map<string, Value>()
  for (const [index, value] of positional.entries()) {
    const name = names[index]
    if (name !== undefined) values.set(name, value)
  }
  for (const [name, value] of named) {
    if (!defaults.has(name)) throw typeFault(`${title}() got an unexpected keyword argument '${name}'`)
    if (values.has(name)) throw typeFault(`${title}() got multiple values for argument '${name}'`)
    values.set(name, value)
  }
  if (positional.length > names.length) throw tooMany({ title, hidden, names, defaults }, positional.length)
  const missing: string[] = []
  for (const [name, value] of defaults) {
    if (values.has(name)) continue
    if (value === required) missing.push(name)
    else values.set(name, value)
  }
  if (missing.length > 0) throw missingFault(title, missing)
  return values
}

function tooMany({ title, hidden, names, defaults }: Bounds, count: number): TemplateFault {
  const most = names.length + hidden
  const least = most - Array.from(defaults.values()).filter((value) => value !== required).length
  const takes = least === most ? `${most}` : `from ${least} to ${most}`
  return typeFault(
    `${title}() takes ${takes} positional argument${takes === '1' ? '' : 's'} but ${count + hidden} ${count + hidden === 1 ? 'was' : 'were'} given`,
  )
}

function missingFault(title: string, missing: readonly string[]): TemplateFault {
  const quotedNames = missing.map((name) => `'${name}'`)
  const last = quotedNames.pop() ?? ''
  const shown = quotedNames.length === 0 ? last : `${quotedNames.join(', ')}${quotedNames.length > 1 ? ',' : ''} and ${last}`
  return typeFault(
    `${title}() missing ${missing.length} required positional argument${missing.length === 1 ? '' : 's'}: ${shown}`,
  )
}

/** An argument that counts something. True and False count as 1 and 0. */
export function asCount(value: Value): number {
  if (isUndefined(value)) throw faultOf(value)
  const number = numberOf(value)
  if (typeof number !== 'bigint') throw typeFault(`'${typeName(value)}' object cannot be interpreted as an integer`)
  // Beyond this, one count is as good as another.
  return Number(number > countMax ? countMax : number < -countMax ? -countMax : number)
}

const countMax = 2n ** 52n

/** An argument that is a text, marked. */
export function asMarked(value: Value, title: string): string {
  const text = markedOf(value)
  if (text === null) throw typeFault(`${title} must be str, not ${typeName(value)}`)
  return text
}
