import { calculate, signed } from './arithmetic.ts'
import { type Budget, enter, spend, spendItems, spendText } from './budget.ts'
import { dictOf } from './dict.ts'
import { runtimeFault, typeFault } from './fault.ts'
import { escaped } from './html.ts'
import { contains, itemsOf } from './iteration.ts'
import { attributeOf, itemOf } from './member.ts'
import { faultOf, holds } from './order.ts'
import { printedMarked } from './print.ts'
import { quoted } from './python-text.ts'
import { type Scope, valueOf } from './scope.ts'
import { sliceOf } from './slice.ts'
import type { Call, Comparator, Expression, Given, NamedCall } from './syntax.ts'
import { isEqual, isTrue } from './truth.ts'
import {
  type Arguments,
  htmlOfMarked,
  isDict,
  isInstance,
  isUndefined,
  list,
  type Runtime,
  textOf,
  textOfMarked,
  tuple,
  typeName,
  undefinedValue,
  type Value,
} from './value.ts'

/** The value of an expression. Every part of it is a step, and a level. */
export function evaluate(expression: Expression, scope: Scope, runtime: Runtime): Value {
  const { budget } = runtime
  spend(budget, 1)
  enter(budget)
  const value = valueOfExpression(expression, scope, runtime)
  budget.depth += 1
  return value
}

function valueOfExpression(expression: Expression, scope: Scope, runtime: Runtime): Value {
  const { budget } = runtime
  const of = (part: Expression): Value => evaluate(part, scope, runtime)
  switch (expression.kind) {
    case 'constant':
      return expression.value
    case 'name':
      return valueOf(scope, expression.name)
    case 'list':
      return list(allOf(expression.items, of, budget))
    case 'tuple':
      return tuple(allOf(expression.items, of, budget))
    case 'dict':
      spendItems(budget, expression.pairs.length)
      return dictOf(expression.pairs.map(([key, value]) => [of(key), of(value)] as const))
    case 'attribute':
      return attributeOf(of(expression.of), expression.name, budget)
    case 'item': {
      const { key } = expression
      if (key.kind !== 'slice') return itemOf(of(expression.of), of(key), budget)
      const [start, stop, step] = [key.start, key.stop, key.step].map((part) => (part === null ? null : of(part)))
      return sliceOf(of(expression.of), { start: start ?? null, stop: stop ?? null, step: step ?? null }, budget)
    }
    case 'slice':
      throw typeFault('a slice stands for itself only inside of brackets')
    case 'call':
      return call(expression, argumentsOf(expression.given, scope, runtime), { scope, runtime })
    case 'filter':
      return applyFilter(of(expression.of), expression.filter, { scope, runtime })
    case 'test':
      return applyTest(of(expression.of), expression.test, { scope, runtime })
    case 'not':
      return !isTrue(of(expression.of))
    case 'sign':
      return signed(expression.sign, of(expression.of))
    case 'logic': {
      const left = of(expression.left)
      return isTrue(left) === (expression.operator === 'or') ? left : of(expression.right)
    }
    case 'calculation':
      return calculate(expression.operator, { left: of(expression.left), right: of(expression.right), budget })
    case 'concatenation':
      return concatenated(expression.parts.map(of), runtime)
    case 'comparison': {
      let left = of(expression.first)
      for (const { comparator, right: rightExpression } of expression.rest) {
        const right = of(rightExpression)
        if (!compares(comparator, { left, right, budget })) return false
        left = right
      }
      return true
    }
    case 'condition':
      if (isTrue(of(expression.test))) return of(expression.value)
      return expression.otherwise === null ? noElse(expression.line) : of(expression.otherwise)
  }
}

function allOf(items: readonly Expression[], of: (part: Expression) => Value, budget: Budget): Value[] {
  spendItems(budget, items.length)
  return items.map(of)
}

const noElse = (line: number): Value =>
  undefinedValue(`the inline if-expression on line ${line} evaluated to false and no else section was defined.`)

function concatenated(values: readonly Value[], { budget, isEscaping }: Runtime): Value {
  const parts = values.map((value) => {
    const part = printedMarked(value, budget)
    const text = isEscaping ? escaped(value, part) : part
    spendText(budget, text.length)
    return text
  })
  return isEscaping ? htmlOfMarked(parts.join('')) : textOfMarked(parts.join(''))
}

function compares(comparator: Comparator, { left, right, budget }: { left: Value; right: Value; budget: Budget }): boolean {
  switch (comparator) {
    case '==':
      return isEqual(left, right, budget)
    case '!=':
      return !isEqual(left, right, budget)
    case 'in':
      return contains(right, left, budget)
    case 'not in':
      return !contains(right, left, budget)
    default:
      return holds(comparator, { left, right, budget })
  }
}

/** Where an expression is evaluated. */
export type Place = { readonly scope: Scope; readonly runtime: Runtime }

export function call({ callee }: Call, given: Arguments, { scope, runtime }: Place): Value {
  return callValue(evaluate(callee, scope, runtime), given, runtime)
}

function callValue(value: Value, given: Arguments, runtime: Runtime): Value {
  if (isUndefined(value)) throw faultOf(value)
  if (!isInstance(value) || value.call === undefined) throw typeFault(`'${typeName(value)}' object is not callable`)
  return value.call(given, runtime)
}

/** The values of a call's arguments, with those after `*` and `**` in their places. */
export function argumentsOf({ positional, named, rest, namedRest }: Given, scope: Scope, runtime: Runtime): Arguments {
  const of = (part: Expression): Value => evaluate(part, scope, runtime)
  const values = [...positional.map(of), ...(rest === null ? [] : itemsOf(of(rest), runtime.budget))]
  const byName = new Map<string, Value>()
  for (const [name, value] of named) byName.set(name, of(value))
  if (namedRest !== null) addNamed(byName, of(namedRest), runtime.budget)
  return { positional: values, named: byName }
}

function addNamed(named: Map<string, Value>, value: Value, budget: Budget): void {
  if (isUndefined(value)) throw faultOf(value)
  if (!isDict(value)) throw typeFault(`argument after ** must be a mapping, not ${typeName(value)}`)
  spend(budget, value.entries.size)
  for (const { key, value: member } of value.entries.values()) {
    const name = textOf(key)
    if (name === null) throw typeFault('keywords must be strings')
    if (named.has(name)) throw typeFault(`got multiple values for keyword argument ${quoted(name)}`)
    named.set(name, member)
  }
}

export function applyFilter(value: Value, { name, given }: NamedCall, { scope, runtime }: Place): Value {
  const filter = runtime.library.filters.get(name)
  if (filter === undefined) throw runtimeFault(`No filter named ${quoted(name)} found.`)
  const { positional, named } = argumentsOf(given, scope, runtime)
  return filter({ positional: [value, ...positional], named }, runtime)
}

function applyTest(value: Value, { name, given }: NamedCall, { scope, runtime }: Place): Value {
  const test = runtime.library.tests.get(name)
  if (test === undefined) throw runtimeFault(`No test named ${quoted(name)} found.`)
  const { positional, named } = argumentsOf(given, scope, runtime)
  return test({ positional: [value, ...positional], named }, runtime)
}
