import { spend } from './budget.ts'
import { dictOf } from './dict.ts'
import { evaluate } from './evaluator.ts'
import { typeFault } from './fault.ts'
import { quoted } from './python-text.ts'
import { newScope, type Scope } from './scope.ts'
import type { Body, MacroCode } from './syntax.ts'
import { type Arguments, type Instance, list, type Runtime, tuple, undefinedValue, type Value } from './value.ts'

type RenderBody = (body: Body, scope: Scope, runtime: Runtime) => Value

/** A macro as a value. It sees the names around its definition, not those around its call. */
export function macroValue(
  code: MacroCode,
  { scope, renderBody }: { readonly scope: Scope; readonly renderBody: RenderBody },
): Instance {
  const { name, signature, names, body } = code
  const shownName = name === null ? 'anonymous' : quoted(name)
  const members: ReadonlyMap<string, () => Value> = new Map<string, () => Value>([
    ['name', () => name],
    ['arguments', () => list([...signature.parameters])],
    ['catch_varargs', () => names.has('varargs')],
    ['catch_kwargs', () => names.has('kwargs')],
    ['caller', () => names.has('caller')],
  ])
  return {
    kind: 'instance',
    typeName: 'Macro',
    module: 'jinja2.runtime',
    text: () => `<Macro ${shownName}>`,
    member: (member) => members.get(member)?.(),
    call: (given, runtime) => {
      spend(runtime.budget, 1)
      return renderBody(body, scopeOf(code, given, { scope, runtime }), runtime)
    },
  }
}

function scopeOf(
  { name, signature: { parameters, defaults }, names }: MacroCode,
  { positional, named }: Arguments,
  { scope, runtime }: { readonly scope: Scope; readonly runtime: Runtime },
): Scope {
  const inner = newScope(scope)
  const rest = new Map(named)
  const shownName = name === null ? 'None' : quoted(name)
  for (const [index, parameter] of parameters.entries()) {
    const value = positional[index] ?? rest.get(parameter)
    if (index >= positional.length) rest.delete(parameter)
    const isGiven = index < positional.length || named.has(parameter)
    const defaultOf = defaults[index - (parameters.length - defaults.length)]
    inner.names.set(
      parameter,
      isGiven ? (value ?? null) : defaultOf === undefined ? notGiven(parameter) : evaluate(defaultOf, inner, runtime),
    )
  }
  if (names.has('caller') && !parameters.includes('caller')) {
    inner.names.set('caller', rest.get('caller') ?? undefinedValue('No caller defined'))
    rest.delete('caller')
  }
  const [unknown] = rest.keys()
  if (names.has('kwargs')) inner.names.set('kwargs', dictOf(rest))
  else if (unknown !== undefined) throw typeFault(`macro ${shownName} takes no keyword argument ${quoted(unknown)}`)
  if (names.has('varargs')) inner.names.set('varargs', tuple(positional.slice(parameters.length)))
  else if (positional.length > parameters.length) {
    throw typeFault(`macro ${shownName} takes not more than ${parameters.length} argument(s)`)
  }
  return inner
}

const notGiven = (parameter: string): Value => undefinedValue(`parameter '${parameter}' was not provided`)
