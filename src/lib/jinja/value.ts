import type { Budget } from './budget.ts'
import { markedText, type Text } from './marked-text.ts'

/**
 * A value of a template. Python's types have one form each: int is `bigint`, float is `number`, str is `string`. Nothing here ever
 * looks a name up in an object of JavaScript, so there is no prototype to get at.
 */
export type Value = null | boolean | bigint | number | string | Text | List | Tuple | Dict | Undefined | Generator | Instance

export type List = { readonly kind: 'list'; readonly items: Value[] }

/** With `names`, its items can be asked for by name, too, as those of Python's named tuples. */
export type Tuple = { readonly kind: 'tuple'; readonly items: readonly Value[]; readonly names?: readonly string[] }

export type Dict = {
  readonly kind: 'dict'
  readonly entries: Map<Hash, Entry>
  /** What every key that is not there stands for; without it there is nothing. */
  readonly missing?: Value
}
export type Entry = { readonly key: Value; readonly value: Value }
/** What two keys have in common that are the same key: 1, 1.0 and True are. What is like nothing else stands for itself. */
export type Hash = string | bigint | number | null | Instance | Generator

/** What is not there. Printing it prints nothing; most else is a fault that says `message`. */
export type Undefined = { readonly kind: 'undefined'; readonly message: string; readonly isForbidden: boolean }

/** Items that are made while they are asked for, once. */
export type Generator = { readonly kind: 'generator'; readonly name: string; readonly items: Iterator<Value, undefined> }

/** Anything else: what it can do is what it has functions for. */
export type Instance = {
  readonly kind: 'instance'
  readonly typeName: string
  /** Where Python has the type, unless it is built in. */
  readonly module?: string
  /** What messages about operators call the type, if not `typeName`. */
  readonly operandName?: string
  /** As it prints. */
  readonly text: (budget: Budget) => string
  /** As it prints inside of lists; without it, as anywhere. */
  readonly repr?: () => string
  readonly member?: (name: string) => Value | undefined
  readonly assign?: (name: string, value: Value) => void
  readonly call?: (given: Arguments, runtime: Runtime) => Value
  readonly items?: () => Iterable<Value>
  readonly length?: () => number
  readonly isTrue?: () => boolean
  /** Two of them with one key are equal. */
  readonly key?: string
  /** Null: the two cannot be compared. */
  readonly compare?: (other: Instance) => number | null
  /** Null: the operation makes no sense. `isLeft` says on which side the other value stands. */
  readonly calculate?: (operator: Operator, other: Value, isLeft: boolean) => Value | null
}

export type Operator = '+' | '-' | '*' | '/' | '//' | '%' | '**'

/** What a call gives. */
export type Arguments = { readonly positional: readonly Value[]; readonly named: ReadonlyMap<string, Value> }

/** What a filter, test or method needs of the render it works in. */
export type Runtime = {
  readonly budget: Budget
  readonly library: Library
  /** Microseconds since 1970. */
  readonly now: bigint
  /** From 0 to below 1. */
  readonly random: () => number
  /** The template writes JSON, so that texts of the data are escaped in it. */
  readonly isJson: boolean
  /** Where the renderer is, for a fault that is thrown now. */
  line: number
  isEscaping: boolean
}

export type Function = (given: Arguments, runtime: Runtime) => Value

/** What templates can name. A filter or test gets the value it is applied to as its first argument. */
export type Library = {
  readonly filters: ReadonlyMap<string, Function>
  readonly tests: ReadonlyMap<string, Function>
  readonly globals: ReadonlyMap<string, Value>
}

export const list = (items: Value[]): List => ({ kind: 'list', items })
export const tuple = (items: readonly Value[]): Tuple => ({ kind: 'tuple', items })
export const generator = (name: string, items: Iterator<Value, undefined>): Generator => ({ kind: 'generator', name, items })
export const undefinedValue = (message: string): Undefined => ({ kind: 'undefined', message, isForbidden: false })

export const isUndefined = (value: Value): value is Undefined => isKind(value, 'undefined')
export const isDict = (value: Value): value is Dict => isKind(value, 'dict')
export const isList = (value: Value): value is List => isKind(value, 'list')
export const isTuple = (value: Value): value is Tuple => isKind(value, 'tuple')
export const isInstance = (value: Value): value is Instance => isKind(value, 'instance')
export const isText = (value: Value): value is Text => isKind(value, 'text')

const isKind = (value: Value, kind: string): boolean => value !== null && typeof value === 'object' && value.kind === kind

/** The text of a str, Markup included; null for any other value. */
export function textOf(value: Value): string | null {
  if (typeof value === 'string') return value
  return isText(value) ? value.text : null
}

/** The same, marked. */
export function markedOf(value: Value): string | null {
  if (typeof value === 'string') return value.toWellFormed()
  return isText(value) ? value.marked : null
}

export const textOfMarked = (marked: string): Value => (marked.isWellFormed() ? marked : markedText(marked, false))

/** A text that is HTML already. */
export const htmlOfMarked = (marked: string): Text => markedText(marked, true)

export const isHtml = (value: Value): boolean => isText(value) && value.isHtml

/** A text made of another one is HTML where that was. */
export const textLike = (model: Value, marked: string): Value => (isHtml(model) ? htmlOfMarked(marked) : textOfMarked(marked))

/** The name of the value's type, as Python's messages have it. */
export function typeName(value: Value): string {
  if (value === null) return 'NoneType'
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'bigint':
      return 'int'
    case 'number':
      return 'float'
    case 'string':
      return 'str'
    default:
      return typeNameOfObject(value)
  }
}

/** The name of the type in messages about operators. */
export const operandName = (value: Value): string => (isInstance(value) ? (value.operandName ?? value.typeName) : typeName(value))

function typeNameOfObject(value: Exclude<Value, null | boolean | bigint | number | string>): string {
  switch (value.kind) {
    case 'text':
      return value.isHtml ? 'Markup' : 'str'
    case 'undefined':
      return 'Undefined'
    case 'instance':
      return value.typeName
    default:
      return value.kind
  }
}
