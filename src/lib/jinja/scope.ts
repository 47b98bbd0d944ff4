import { runtimeFault } from './fault.ts'
import { unpacked } from './iteration.ts'
import type { Target } from './syntax.ts'
import { isInstance, type Runtime, undefinedValue, type Value } from './value.ts'

/** Names and what they stand for, here and around. */
export type Scope = { readonly names: Map<string, Value>; readonly outer: Scope | null }

export const newScope = (outer: Scope | null): Scope => ({ names: new Map(), outer })

/** What a name stands for. One that is not known is a value, too. */
export function valueOf(scope: Scope, name: string): Value {
  for (let here: Scope | null = scope; here !== null; here = here.outer) {
    const value = here.names.get(name)
    if (value !== undefined) return value
  }
  return undefinedValue(`'${name}' is undefined`)
}

/** Assigns to a name, to a member of a namespace, or item by item to several of these. */
export function assign(
  scope: Scope,
  target: Target,
  { value, runtime }: { readonly value: Value; readonly runtime: Runtime },
): void {
  switch (target.kind) {
    case 'name':
      scope.names.set(target.name, value)
      return
    case 'member': {
      const owner = valueOf(scope, target.of)
      if (!isInstance(owner) || owner.assign === undefined) throw runtimeFault('cannot assign attribute on non-namespace object')
      owner.assign(target.name, value)
      return
    }
    case 'tuple':
      for (const [index, item] of unpacked(value, target.targets.length, runtime.budget).entries()) {
        const part = target.targets[index]
        if (part !== undefined) assign(scope, part, { value: item, runtime })
      }
  }
}
