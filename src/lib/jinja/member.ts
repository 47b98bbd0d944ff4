import { argumentsOfMap, braceFormat, type Lookup } from './brace-format.ts'
import { type Budget, spendText } from './budget.ts'
import { dictMethods, listMethods, tupleMethods } from './collection-methods.ts'
import { getItem } from './dict.ts'
import { typeFault } from './fault.ts'
import { faultOf } from './order.ts'
import { repr } from './print.ts'
import { charactersOf, quoted } from './python-text.ts'
import { stringMethods } from './string-methods.ts'
import { numberOf } from './truth.ts'
import {
  type Function,
  type Instance,
  isDict,
  isInstance,
  isList,
  isHtml,
  isTuple,
  markedOf,
  isUndefined,
  textLike,
  textOf,
  typeName,
  type Undefined,
  undefinedValue,
  type Value,
} from './value.ts'

/** `value.name`: a method or the like if there is one, else the item of that name. */
export function attributeOf(value: Value, name: string, budget: Budget): Value {
  if (isUndefined(value)) return hiddenOfUndefined.has(name) ? forbidden(value, name) : raise(value)
  const member = memberOf(value, name)
  if (member !== undefined) return member
  const item = ownItem(value, name, budget)
  return item === undefined ? missing(value, name, budget) : item
}

/** `value[key]`: an item if there is one, else the method of that name. */
export function itemOf(value: Value, key: Value, budget: Budget): Value {
  if (isUndefined(value)) return raise(value)
  const name = textOf(key)
  const item = ownItem(value, key, budget)
  if (item !== undefined) return item
  const member = name === null ? undefined : memberOf(value, name)
  return member === undefined ? missing(value, key, budget) : member
}

/** A method, or what values of other kinds have; what Python keeps to itself is there, but forbidden. */
export function memberOf(value: Value, name: string): Value | undefined {
  const found = hiddenMember(value, name)
  if (found !== undefined) return found
  if (isInstance(value)) return value.member?.(name)
  if (isTuple(value) && value.names !== undefined) {
    const index = value.names.indexOf(name)
    if (index !== -1) return value.items[index]
  }
  if ((name === 'format' || name === 'format_map') && textOf(value) !== null) return formatMethod(value, name)
  const method = methodsOf(value)?.get(name)
  return method === undefined ? undefined : boundMethod(value, name, method)
}

const hiddenMember = (value: Value, name: string): Undefined | undefined =>
  name.startsWith('__') && hidden.has(name) ? forbidden(value, name) : undefined

function raise(value: Undefined): never {
  throw faultOf(value)
}

/** What every object of Python has, or those that templates meet. */
const hidden: ReadonlySet<string> = new Set(
  [
    'add bool call class class_getitem code contains defaults delattr delitem dict dir doc eq float format func ge getattribute',
    'getitem getnewargs getstate globals gt hash html init init_subclass int ior iter le len lt mod module mul name ne new or',
    'qualname reduce reduce_ex repr reversed rmod rmul ror self setattr setitem sizeof slots str subclasshook weakref wrapped',
  ]
    .join(' ')
    .split(' ')
    .map((name) => `__${name}__`),
)

/** What even values that are not there have. */
const hiddenOfUndefined: ReadonlySet<string> = new Set([
  '__class__',
  '__init__',
  '__doc__',
  '__module__',
  '__eq__',
  '__str__',
  '__repr__',
])

const forbidden = (value: Value, name: string): Undefined => ({
  kind: 'undefined',
  message: `access to attribute ${quoted(name)} of '${typeName(value)}' object is unsafe.`,
  isForbidden: true,
})

function methodsOf(value: Value): ReadonlyMap<string, Function> | null {
  if (textOf(value) !== null) return stringMethods
  if (isDict(value)) return dictMethods
  if (isList(value)) return listMethods
  return isTuple(value) ? tupleMethods : null
}

function boundMethod(self: Value, name: string, method: Function): Instance {
  return functionValue({
    text: `<built-in method ${name} of ${typeName(self)} object>`,
    work: ({ positional, named }, runtime) => method({ positional: [self, ...positional], named }, runtime),
  })
}

/** A function as a value that prints like that. */
export const functionValue = ({ text, work }: { readonly text: string; readonly work: Function }): Instance => ({
  kind: 'instance',
  typeName: 'builtin_function_or_method',
  text: () => text,
  call: work,
})

function formatMethod(self: Value, name: string): Instance {
  return functionValue({
    text: `<built-in method ${name} of ${typeName(self)} object>`,
    work: (given, runtime) => {
      const lookup: Lookup = {
        attribute: (value, attribute) => attributeOf(value, attribute, runtime.budget),
        item: (value, key) => itemOf(value, key, runtime.budget),
      }
      if (name === 'format') return braceFormat(self, given, { lookup, runtime })
      const [mapping = null] = given.positional
      if (!isDict(mapping)) throw typeFault('format_map() takes exactly one argument, a mapping')
      return braceFormat(self, argumentsOfMap(mapping), { lookup, runtime })
    },
  })
}

/** An item of a dict, list, tuple or text; undefined where there is none. */
function ownItem(value: Value, key: Value, budget: Budget): Value | undefined {
  if (isDict(value)) return itemIfHashable(value, key)
  const index = numberOf(key)
  if (typeof index !== 'bigint') return undefined
  const text = markedOf(value)
  if (text !== null) spendText(budget, text.length)
  const items = text !== null ? charactersOf(text) : isList(value) || isTuple(value) ? value.items : []
  const item = items.at(Number(index > 2n ** 40n || index < -(2n ** 40n) ? 2n ** 40n : index))
  return typeof item === 'string' && text !== null ? textLike(value, item) : item
}

function itemIfHashable(dict: Parameters<typeof getItem>[0], key: Value): Value | undefined {
  const isHashable = key === null || typeof key !== 'object' || !(isList(key) || isDict(key))
  return isHashable ? getItem(dict, key) : undefined
}

/** What stands for a name that a value has not: its use says so. */
function missing(value: Value, name: Value, budget: Budget): Undefined {
  const text = textOf(name)
  if (text === null) return undefinedValue(`${ownerText(value)} has no element ${repr(name, budget)}`)
  return undefinedValue(`${quoted(ownerText(value))} has no attribute ${quoted(text)}`)
}

/** Jinja2 names the module of a type, too, unless it is built in. */
function ownerText(value: Value): string {
  if (value === null) return 'None'
  const module = isHtml(value) ? 'markupsafe.' : isInstance(value) && value.module !== undefined ? `${value.module}.` : ''
  return `${module}${typeName(value)} object`
}
