import type { Text } from './marked-text.ts'
import type { Operator } from './value.ts'

/** An expression. Lines count from 1. */
export type Expression =
  | { readonly kind: 'constant'; readonly value: null | boolean | bigint | number | string | Text; readonly line: number }
  | { readonly kind: 'name'; readonly name: string; readonly line: number }
  | { readonly kind: 'list'; readonly items: readonly Expression[]; readonly line: number }
  | { readonly kind: 'tuple'; readonly items: readonly Expression[]; readonly line: number }
  | { readonly kind: 'dict'; readonly pairs: readonly (readonly [Expression, Expression])[]; readonly line: number }
  | { readonly kind: 'attribute'; readonly of: Expression; readonly name: string; readonly line: number }
  | { readonly kind: 'item'; readonly of: Expression; readonly key: Expression; readonly line: number }
  | Slice
  | Call
  | { readonly kind: 'filter'; readonly of: Expression; readonly filter: NamedCall; readonly line: number }
  | { readonly kind: 'test'; readonly of: Expression; readonly test: NamedCall; readonly line: number }
  | { readonly kind: 'not'; readonly of: Expression; readonly line: number }
  | { readonly kind: 'sign'; readonly sign: '+' | '-'; readonly of: Expression; readonly line: number }
  | {
      readonly kind: 'logic'
      readonly operator: 'and' | 'or'
      readonly left: Expression
      readonly right: Expression
      readonly line: number
    }
  | {
      readonly kind: 'calculation'
      readonly operator: Operator
      readonly left: Expression
      readonly right: Expression
      readonly line: number
    }
  | { readonly kind: 'concatenation'; readonly parts: readonly Expression[]; readonly line: number }
  | { readonly kind: 'comparison'; readonly first: Expression; readonly rest: readonly Comparison[]; readonly line: number }
  | Condition

/** The parts of `a[start:stop:step]`; null for what is left out. */
export type Slice = {
  readonly kind: 'slice'
  readonly start: Expression | null
  readonly stop: Expression | null
  readonly step: Expression | null
  readonly line: number
}

export type Call = { readonly kind: 'call'; readonly callee: Expression; readonly given: Given; readonly line: number }

/** `value if test else otherwise`; without an `else`, `otherwise` is null. */
export type Condition = {
  readonly kind: 'condition'
  readonly test: Expression
  readonly value: Expression
  readonly otherwise: Expression | null
  readonly line: number
}

export type Comparator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in'
export type Comparison = { readonly comparator: Comparator; readonly right: Expression }

/** The arguments of a call as written; `rest` and `namedRest` are those after `*` and `**`. */
export type Given = {
  readonly positional: readonly Expression[]
  readonly named: readonly (readonly [string, Expression])[]
  readonly rest: Expression | null
  readonly namedRest: Expression | null
}

/** A filter or a test, and what is given to it beside the value it is applied to. */
export type NamedCall = { readonly name: string; readonly given: Given; readonly line: number }

/** What can stand on the left of `=`. */
export type Target =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'member'; readonly of: string; readonly name: string }
  | { readonly kind: 'tuple'; readonly targets: readonly Target[] }

export type Statement =
  | { readonly kind: 'data'; readonly text: string | Text; readonly line: number }
  | { readonly kind: 'output'; readonly value: Expression; readonly line: number }
  | If
  | For
  | { readonly kind: 'set'; readonly target: Target; readonly value: Expression; readonly line: number }
  | {
      readonly kind: 'set block'
      readonly target: Target
      readonly filters: readonly NamedCall[]
      readonly body: Body
      readonly line: number
    }
  | { readonly kind: 'filter block'; readonly filters: readonly NamedCall[]; readonly body: Body; readonly line: number }
  | {
      readonly kind: 'with'
      readonly targets: readonly Target[]
      readonly values: readonly Expression[]
      readonly body: Body
      readonly line: number
    }
  | { readonly kind: 'macro'; readonly name: string; readonly macro: MacroCode; readonly line: number }
  | { readonly kind: 'call block'; readonly call: Call; readonly caller: MacroCode; readonly line: number }
  | { readonly kind: 'block'; readonly name: string; readonly isScoped: boolean; readonly body: Body; readonly line: number }
  | { readonly kind: 'autoescape'; readonly isOn: Expression; readonly body: Body; readonly line: number }
  /** `include`, `import`, `from` and `extends`: there are no other templates to take anything from. */
  | { readonly kind: 'other template'; readonly tag: string; readonly line: number }

export type Body = readonly Statement[]

export type If = {
  readonly kind: 'if'
  readonly branches: readonly { readonly test: Expression; readonly body: Body }[]
  readonly otherwise: Body
  readonly line: number
}

export type For = {
  readonly kind: 'for'
  readonly target: Target
  readonly items: Expression
  /** Only items that pass are visited, and counted. */
  readonly test: Expression | null
  readonly isRecursive: boolean
  readonly body: Body
  readonly otherwise: Body
  readonly line: number
}

/** What a macro takes. The last parameters have the defaults. */
export type Signature = { readonly parameters: readonly string[]; readonly defaults: readonly Expression[] }

/** A macro, or what a call block gives as `caller`, which has no name. `names` are those that its body reads. */
export type MacroCode = {
  readonly name: string | null
  readonly signature: Signature
  readonly body: Body
  readonly names: ReadonlySet<string>
}
