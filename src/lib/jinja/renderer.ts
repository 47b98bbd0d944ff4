import { type Budget, deeper, spend, spendText } from './budget.ts'
import { applyFilter, argumentsOf, call, evaluate } from './evaluator.ts'
import { limitFault, runtimeFault } from './fault.ts'
import { escaped } from './html.ts'
import { itemsOf } from './iteration.ts'
import { type LoopState, loopValue } from './loop-value.ts'
import { macroValue } from './macro.ts'
import { functionValue } from './member.ts'
import { jsonEscaped, withoutMarks } from './marks.ts'
import { printed, printedMarked } from './print.ts'
import { assign, newScope, type Scope } from './scope.ts'
import type { Body, For, NamedCall, Statement } from './syntax.ts'
import { isTrue } from './truth.ts'
import {
  type Arguments,
  type Function,
  htmlOfMarked,
  type Instance,
  isText,
  type Runtime,
  textOfMarked,
  type Value,
} from './value.ts'

type Rendering = {
  readonly scope: Scope
  /** The names of the template itself, which is all that a block sees. */
  readonly root: Scope
  readonly runtime: Runtime
  readonly parts: string[]
  /** The parts are those of the text that the template makes; else they are marked, and of a value. */
  readonly isFinal: boolean
}

/** The text of a template. Its names come from a scope around it. */
export function renderTemplateBody(
  body: Body,
  { outer, blocks, runtime }: { readonly outer: Scope; readonly blocks: ReadonlyMap<string, Body>; readonly runtime: Runtime },
): string {
  const root = newScope(outer)
  root.names.set('self', selfValue(blocks, root))
  const parts: string[] = []
  renderBody(body, { scope: root, root, runtime, parts, isFinal: true })
  return parts.join('')
}

/** `self.name()` renders a block again. */
function selfValue(blocks: ReadonlyMap<string, Body>, root: Scope): Instance {
  const block = (body: Body): Instance =>
    functionValue({
      text: '<BlockReference>',
      work: (_given, runtime) => textOfMarked(captured(body, { scope: newScope(root), root, runtime })),
    })
  return {
    kind: 'instance',
    typeName: 'TemplateReference',
    module: 'jinja2.runtime',
    text: () => '<TemplateReference None>',
    member: (name) => {
      const body = blocks.get(name)
      return body === undefined ? undefined : block(body)
    },
  }
}

function renderBody(body: Body, rendering: Rendering): void {
  const { runtime } = rendering
  deeper(runtime.budget, () => {
    for (const statement of body) {
      runtime.line = statement.line
      spend(runtime.budget, 1)
      renderStatement(statement, rendering)
    }
  })
}

/** Renders a body into a marked text of its own. */
function captured(body: Body, rendering: Pick<Rendering, 'scope' | 'root' | 'runtime'>): string {
  const parts: string[] = []
  renderBody(body, { ...rendering, parts, isFinal: false })
  return joined(parts, rendering.runtime)
}

function joined(parts: readonly string[], { budget }: Runtime): string {
  const marked = parts.join('')
  spendText(budget, marked.length)
  return marked
}

/** A text as what was escaped on the way into it is. */
const valueOf = (marked: string, { isEscaping }: Runtime): Value => (isEscaping ? htmlOfMarked(marked) : textOfMarked(marked))

function renderStatement(statement: Statement, rendering: Rendering): void {
  const { scope, runtime } = rendering
  switch (statement.kind) {
    case 'data':
      return put((rendering.isFinal ? printed : printedMarked)(statement.text, runtime.budget), rendering)
    case 'output':
      return putValue(evaluate(statement.value, scope, runtime), rendering)
    case 'if': {
      const branch = statement.branches.find(({ test }) => isTrue(evaluate(test, scope, runtime)))
      return renderBody(branch === undefined ? statement.otherwise : branch.body, rendering)
    }
    case 'for':
      return renderLoop(statement, { items: evaluate(statement.items, scope, runtime), depth: 0 }, rendering)
    case 'set':
      return assign(scope, statement.target, { value: evaluate(statement.value, scope, runtime), runtime })
    case 'set block': {
      const value = filteredBody(statement, rendering)
      return assign(scope, statement.target, { value, runtime })
    }
    case 'filter block':
      return putValue(filteredBody(statement, rendering), rendering)
    case 'with':
      return renderWith(statement, rendering)
    case 'macro':
      scope.names.set(statement.name, macroValue(statement.macro, { scope, renderBody: macroBody(rendering) }))
      return
    case 'call block': {
      const caller = macroValue(statement.caller, { scope, renderBody: macroBody(rendering) })
      const { positional, named } = argumentsOf(statement.call.given, scope, runtime)
      const given: Arguments = { positional, named: new Map([...named, ['caller', caller]]) }
      return putValue(call(statement.call, given, { scope, runtime }), rendering)
    }
    case 'block':
      return renderBody(statement.body, { ...rendering, scope: newScope(statement.isScoped ? scope : rendering.root) })
    case 'autoescape':
      return renderEscaping(isTrue(evaluate(statement.isOn, scope, runtime)), statement.body, rendering)
    case 'other template':
      throw runtimeFault(`'${statement.tag}' is not available: there are no other templates`)
  }
}

const macroBody =
  ({ root }: Rendering) =>
  (body: Body, scope: Scope, runtime: Runtime): Value =>
    valueOf(captured(body, { scope, root, runtime }), runtime)

function put(text: string, { parts, runtime: { budget } }: Rendering): void {
  checkOutput(text, budget)
  budget.output -= text.length
  parts.push(text)
}

function checkOutput({ length }: string, { output, limits }: Budget): void {
  if (length > output) throw limitFault(`The text is longer than ${limits.outputMax} characters`)
}

function putValue(value: Value, rendering: Rendering): void {
  const { budget, isEscaping, isJson } = rendering.runtime
  if (rendering.isFinal && isText(value) && value.isWhole && (value.isHtml || !isEscaping)) return put(value.text, rendering)
  const text = printedMarked(value, budget)
  const marked = isEscaping ? escaped(value, text) : text
  checkOutput(marked, budget)
  put(rendering.isFinal ? (isJson ? jsonEscaped(marked) : withoutMarks(marked)) : marked, rendering)
}

/** What a block comes to when all its filters are applied. */
function filteredBody(
  { body, filters }: { readonly body: Body; readonly filters: readonly NamedCall[] },
  { scope, root, runtime }: Rendering,
): Value {
  const value = valueOf(captured(body, { scope: newScope(scope), root, runtime }), runtime)
  return filters.reduce((changed: Value, filter) => applyFilter(changed, filter, { scope, runtime }), value)
}

/** All values are looked up outside before any name is set inside. */
function renderWith({ targets, values, body }: Extract<Statement, { kind: 'with' }>, rendering: Rendering): void {
  const { runtime } = rendering
  const scope = newScope(rendering.scope)
  const found = values.map((value) => evaluate(value, rendering.scope, runtime))
  for (const [index, target] of targets.entries()) assign(scope, target, { value: found[index] ?? null, runtime })
  renderBody(body, { ...rendering, scope })
}

function renderEscaping(isOn: boolean, body: Body, rendering: Rendering): void {
  const { runtime } = rendering
  const before = runtime.isEscaping
  runtime.isEscaping = isOn
  renderBody(body, { ...rendering, scope: newScope(rendering.scope) })
  runtime.isEscaping = before
}

/** The items are all there before the first is rendered, so a loop that adds to its own list comes to an end. */
function renderLoop(statement: For, { items, depth }: { items: Value; depth: number }, rendering: Rendering): void {
  const { scope, runtime } = rendering
  const visited = itemsOf(items, runtime.budget).filter((item) => passes(statement, item, rendering))
  const state: LoopState = { items: visited, depth, index: 0, lastChanged: null }
  const loop = loopValue(state, statement.isRecursive ? recursion(statement, depth, rendering) : null)
  for (const [index, item] of visited.entries()) {
    spend(runtime.budget, 1)
    state.index = index
    const inner = newScope(scope)
    assign(inner, statement.target, { value: item, runtime })
    inner.names.set('loop', loop)
    renderBody(statement.body, { ...rendering, scope: inner })
  }
  if (visited.length === 0) renderBody(statement.otherwise, { ...rendering, scope: newScope(scope) })
}

function passes({ test, target }: For, item: Value, { scope, runtime }: Rendering): boolean {
  if (test === null) return true
  const inner = newScope(scope)
  assign(inner, target, { value: item, runtime })
  return isTrue(evaluate(test, inner, runtime))
}

/** `loop(items)` renders the loop for other items, one level deeper. */
const recursion =
  (statement: For, depth: number, rendering: Rendering): Function =>
  ({ positional: [items = null] }, runtime) => {
    const parts: string[] = []
    renderLoop(statement, { items, depth: depth + 1 }, { ...rendering, parts, isFinal: false })
    return valueOf(joined(parts, runtime), runtime)
  }
