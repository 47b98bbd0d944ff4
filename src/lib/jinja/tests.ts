import { required, withParameters } from './arguments.ts'
import { calculate } from './arithmetic.ts'
import { contains, iterate } from './iteration.ts'
import { isLower, isUpper } from './letter-case.ts'
import { holds } from './order.ts'
import { printed } from './print.ts'
import { isEqual, numberOf } from './truth.ts'
import {
  type Function,
  isDict,
  isHtml,
  isInstance,
  isList,
  isTuple,
  isUndefined,
  type Runtime,
  textOf,
  type Value,
} from './value.ts'

/** A test that only looks at the value. */
const simple = (name: string, holdsFor: (value: Value, runtime: Runtime) => boolean): readonly [string, Function] => [
  name,
  withParameters({ title: `test_${name}`, parameters: { value: required } }, (ask, runtime) => holdsFor(ask('value'), runtime)),
]

/** A test that compares the value with another one, under several names. */
const pair = (
  names: readonly string[],
  holdsFor: (both: { readonly value: Value; readonly other: Value }, runtime: Runtime) => boolean,
): readonly (readonly [string, Function])[] => {
  const test = withParameters({ title: `test_${names[0]}`, parameters: { value: required, other: required } }, (ask, runtime) =>
    holdsFor({ value: ask('value'), other: ask('other') }, runtime),
  )
  return names.map((name) => [name, test] as const)
}

const remainder = (value: Value, divisor: Value, { budget }: Runtime): Value =>
  calculate('%', { left: value, right: divisor, budget })

/** Two values that are one and the same, not only equal. */
function isSame(value: Value, other: Value): boolean {
  if (isUndefined(value) || isUndefined(other)) return value === other
  return value === other || (typeof value === 'number' && Object.is(value, other))
}

const isSequence = (value: Value): boolean =>
  textOf(value) !== null || isList(value) || isTuple(value) || isDict(value) || isUndefined(value)

const inOrder = (names: readonly string[], operator: '<' | '<=' | '>' | '>=') =>
  pair(names, ({ value, other }, { budget }) => holds(operator, { left: value, right: other, budget }))

export const tests: ReadonlyMap<string, Function> = new Map<string, Function>([
  simple('defined', (value) => !isUndefined(value)),
  simple('undefined', isUndefined),
  simple('none', (value) => value === null),
  simple('boolean', (value) => typeof value === 'boolean'),
  simple('true', (value) => value === true),
  simple('false', (value) => value === false),
  simple('integer', (value) => typeof value === 'bigint'),
  simple('float', (value) => typeof value === 'number'),
  simple('number', (value) => numberOf(value) !== null),
  simple('string', (value) => textOf(value) !== null),
  simple('mapping', isDict),
  simple('sequence', isSequence),
  simple('iterable', (value) => iterate(value) !== null),
  simple('callable', (value) => isUndefined(value) || (isInstance(value) && value.call !== undefined)),
  simple('escaped', isHtml),
  simple('lower', (value, { budget }) => isLower(printed(value, budget))),
  simple('upper', (value, { budget }) => isUpper(printed(value, budget))),
  simple('odd', (value, runtime) => isEqual(remainder(value, 2n, runtime), 1n, runtime.budget)),
  simple('even', (value, runtime) => isEqual(remainder(value, 2n, runtime), 0n, runtime.budget)),
  simple('filter', (value, { library }) => library.filters.has(textOf(value) ?? '')),
  simple('test', (value, { library }) => library.tests.has(textOf(value) ?? '')),
  ...pair(['divisibleby'], ({ value, other }, runtime) => isEqual(remainder(value, other, runtime), 0n, runtime.budget)),
  ...pair(['sameas'], ({ value, other }) => isSame(value, other)),
  ...pair(['in'], ({ value, other }, { budget }) => contains(other, value, budget)),
  ...pair(['eq', '==', 'equalto'], ({ value, other }, { budget }) => isEqual(value, other, budget)),
  ...pair(['ne', '!='], ({ value, other }, { budget }) => !isEqual(value, other, budget)),
  ...inOrder(['lt', '<', 'lessthan'], '<'),
  ...inOrder(['le', '<='], '<='),
  ...inOrder(['gt', '>', 'greaterthan'], '>'),
  ...inOrder(['ge', '>='], '>='),
])
