import { no, ok, type Result } from '../result.ts'
import { type Limits, newBudget } from './budget.ts'
import { type FaultKind, TemplateFault } from './fault.ts'
import { renderTemplateBody } from './renderer.ts'
import { newScope, type Scope } from './scope.ts'
import { parseTemplateBody } from './statement-parser.ts'
import type { Body } from './syntax.ts'
import { streamOf } from './token-stream.ts'
import { checkUses } from './uses.ts'
import type { Library, Runtime, Value } from './value.ts'

/** A template that was read. It may be rendered any number of times. */
export type Template = {
  readonly body: Body
  readonly blocks: ReadonlyMap<string, Body>
}

/** Why a template cannot be read or rendered. The line counts from 1. */
export type Failure = { readonly kind: FaultKind; readonly message: string; readonly line: number }

/** What a render needs beside the template. */
export type Surroundings = {
  readonly context: ReadonlyMap<string, Value>
  readonly library: Library
  readonly limits: Limits
  /** Microseconds since 1970. */
  readonly now: bigint
  /** From 0 to below 1. */
  readonly random: () => number
  /** Asked now and then; once it says yes, the render ends. */
  readonly isLate: () => boolean
  /** Whether it writes JSON, so that texts of the context are to be escaped in it. */
  readonly isJson: boolean
}

/** Reads a template; filters and tests that the library has not are refused here, as Jinja2 does. */
export function readTemplate(text: string, library: Library): Result<Template, Failure> {
  return settled(1, () => {
    const stream = streamOf(text)
    const body = parseTemplateBody(stream)
    checkUses(stream, library)
    return { body, blocks: stream.blocks }
  })
}

/** What became of a render, and how many steps it took. */
export type Rendering = { readonly outcome: Result<string, Failure>; readonly steps: number }

/** Renders a template that was read with the same library. */
export function renderTemplate({ body, blocks }: Template, surroundings: Surroundings): Rendering {
  const { context, library, limits, now, random, isLate, isJson } = surroundings
  const budget = newBudget(limits, isLate)
  const runtime: Runtime = { budget, library, now, random, isJson, line: 1, isEscaping: false }
  const globals: Scope = { names: new Map(library.globals), outer: null }
  const outer: Scope = { names: new Map(context), outer: globals }
  const render = (): Result<string, Failure> => {
    try {
      return ok(renderTemplateBody(body, { outer: newScope(outer), blocks, runtime }))
    } catch (error) {
      return no(failureOf(error, runtime.line))
    }
  }
  const outcome = render()
  return { outcome, steps: limits.stepsMax - Math.max(budget.steps, 0) }
}

function settled<Made>(line: number, work: () => Made): Result<Made, Failure> {
  try {
    return ok(work())
  } catch (error) {
    return no(failureOf(error, line))
  }
}

/** What is no fault of the template is a defect, and goes on. */
function failureOf(error: unknown, line: number): Failure {
  if (!(error instanceof TemplateFault)) throw error
  return { kind: error.kind, message: error.message, line: error.line ?? line }
}
