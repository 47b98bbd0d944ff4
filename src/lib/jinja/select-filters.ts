import { required, withParameters } from './arguments.ts'
import { runtimeFault, typeFault } from './fault.ts'
import { visit } from './iteration.ts'
import { attributeOf, memberOf } from './member.ts'
import { getterOf } from './path.ts'
import { printed } from './print.ts'
import { quoted } from './python-text.ts'
import { isTrue } from './truth.ts'
import {
  type Arguments,
  type Function,
  generator,
  isUndefined,
  type Runtime,
  textOf,
  undefinedValue,
  typeName,
  type Value,
} from './value.ts'
import { faultOf } from './order.ts'

/** `xs|map('upper')` or `xs|map(attribute='name', default='')`. */
const map: Function = ({ positional: [value, ...rest], named }, runtime) => {
  if (value === undefined) throw typeFault("sync_do_map() missing 1 required positional argument: 'value'")
  return generator('sync_do_map', mapped(value, { positional: rest, named }, runtime))
}

function* mapped(value: Value, given: Arguments, runtime: Runtime): Generator<Value, undefined> {
  if (!isTrue(value)) return
  const work = workOf(given, runtime)
  for (const item of visit(value, runtime.budget)) yield work(item)
}

function workOf({ positional, named }: Arguments, runtime: Runtime): (item: Value) => Value {
  const [name, ...rest] = positional
  if (name === undefined) {
    const attribute = named.get('attribute')
    if (attribute === undefined) throw runtimeFault('map requires a filter argument')
    const other = Array.from(named.keys()).find((one) => one !== 'attribute' && one !== 'default')
    if (other !== undefined) throw runtimeFault(`Unexpected keyword argument ${quoted(other)}`)
    return getterOf(attribute, named.get('default') ?? null, runtime.budget)
  }
  const filter = namedIn(runtime.library.filters, name, { what: 'filter', runtime })
  return (item) => filter({ positional: [item, ...rest], named }, runtime)
}

function namedIn(
  functions: ReadonlyMap<string, Function>,
  name: Value,
  { what, runtime }: { readonly what: 'filter' | 'test'; readonly runtime: Runtime },
): Function {
  const found = functions.get(textOf(name) ?? '')
  if (found === undefined) {
    if (isUndefined(name)) throw faultOf(name)
    throw runtimeFault(`No ${what} named ${textOf(name) === null ? printed(name, runtime.budget) : quoted(textOf(name) ?? '')}.`)
  }
  return found
}

type Selection = { readonly title: string; readonly isRejecting: boolean; readonly byAttribute: boolean }

const selection = (name: string, isRejecting: boolean, byAttribute: boolean): readonly [string, Function] => {
  const title = `sync_do_${name}`
  const work: Function = ({ positional: [value, ...rest], named }, runtime) => {
    if (value === undefined) throw typeFault(`${title}() missing 1 required positional argument: 'value'`)
    return generator(
      'select_or_reject',
      selected(value, { positional: rest, named }, { selection: { title, isRejecting, byAttribute }, runtime }),
    )
  }
  return [name, work]
}

function* selected(
  value: Value,
  given: Arguments,
  { selection: { isRejecting, byAttribute }, runtime }: { readonly selection: Selection; readonly runtime: Runtime },
): Generator<Value, undefined> {
  if (!isTrue(value)) return
  const rest = [...given.positional]
  const attribute = byAttribute ? rest.shift() : null
  if (attribute === undefined) throw runtimeFault('Missing parameter for attribute name')
  const get = getterOf(attribute, null, runtime.budget)
  const name = rest.shift()
  const test = name === undefined ? null : namedIn(runtime.library.tests, name, { what: 'test', runtime })
  for (const item of visit(value, runtime.budget)) {
    const part = get(item)
    const passes = test === null ? isTrue(part) : isTrue(test({ positional: [part, ...rest], named: given.named }, runtime))
    if (passes !== isRejecting) yield item
  }
}

const attr = withParameters({ title: 'do_attr', hidden: 1, parameters: { obj: required, name: required } }, (ask, { budget }) => {
  const name = textOf(ask('name'))
  if (name === null) throw typeFault(`attribute name must be string, not '${typeName(ask('name'))}'`)
  const value = ask('obj')
  if (memberOf(value, name) !== undefined || isUndefined(value)) return attributeOf(value, name, budget)
  return undefinedValue(`'${typeName(value)} object' has no attribute ${quoted(name)}`)
})

const otherwise = withParameters(
  { title: 'do_default', parameters: { value: required, default_value: '', boolean: false } },
  (ask) => {
    const value = ask('value')
    return isUndefined(value) || (isTrue(ask('boolean')) && !isTrue(value)) ? ask('default_value') : value
  },
)

export const selectFilters: ReadonlyMap<string, Function> = new Map<string, Function>([
  ['map', map],
  selection('select', false, false),
  selection('reject', true, false),
  selection('selectattr', false, true),
  selection('rejectattr', true, true),
  ['attr', attr],
  ['default', otherwise],
  ['d', otherwise],
])
