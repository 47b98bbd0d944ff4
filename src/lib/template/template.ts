import type { Failure, Rendering, Template } from '../jinja/template.ts'
import { type Limits, usualLimits } from '../jinja/budget.ts'
import { dictOf } from '../jinja/dict.ts'
import { countOf, cut } from '../jinja/python-text.ts'
import { readTemplate as readJinja, renderTemplate as renderJinja } from '../jinja/template.ts'
import { no, ok, type Result } from '../result.ts'
import { type Instant, instant } from '../time.ts'
import { plainData, type TemplateData } from './data.ts'
import { templateLibrary } from './library.ts'

/** Why there is no text, in the words of contract grafana-oncall 3.4; warnings are passed over when a template is saved. */
export type TemplateFailure = { readonly text: string; readonly isWarning: boolean; readonly line: number }

/** Limits of the contract, in characters. A longer result is cut and ends in `..`. */
export const templateMax = 50_000
export const resultMax = 50_000
export const titleMax = 500

export type RenderInput = {
  readonly data: TemplateData
  readonly now: Instant
  /** From 0 to below 1. */
  readonly random: () => number
  /** Whether it is time to stop, whatever is left of the other limits. */
  readonly isLate: () => boolean
  /** How long the text may be before it is cut: `resultMax` or `titleMax`. */
  readonly lengthMax: number
}

/** Whether a text has anything that is filled in. */
export const isTemplate = (text: string): boolean => /\{[{%#]/.test(text)

/** Reads a template; the failure is an error, never a warning. */
export function readTemplate(text: string): Result<Template, TemplateFailure> {
  const count = countOf(text)
  if (count > templateMax) {
    return no({ text: `Template Error: Template exceeds length limit (${count} > ${templateMax})`, isWarning: false, line: 1 })
  }
  const read = readJinja(text, templateLibrary)
  return read.ok ? read : no(shown(read.reason))
}

/** The text that a template makes of its data. */
export function renderTemplate(template: Template, input: RenderInput): Result<string, TemplateFailure> {
  const { outcome: rendered } = renderWithin(templateLimits, template, input)
  return rendered.ok ? ok(shortened(rendered.value, input.lengthMax)) : no(shown(rendered.reason))
}

/** What a template may take. */
export const templateLimits: Limits = usualLimits

/** Of them, how many steps. */
export const { stepsMax } = templateLimits

type Asked = Pick<RenderInput, 'data' | 'now' | 'random'> & { readonly stepsMax: number }

/** What a template says about an alert, and in how many steps; null: it takes more than it is given. One that fails says no. */
export function judgeForAlert(template: Template, { stepsMax: max, ...asked }: Asked): { says: boolean | null; steps: number } {
  const { outcome, steps } = renderWithin({ ...templateLimits, stepsMax: max }, template, { ...asked, isLate: () => false })
  if (outcome.ok) return { says: isTrueForAlert(outcome.value), steps }
  return { says: outcome.reason.kind === 'time' ? null : false, steps }
}

function renderWithin(limits: Limits, template: Template, input: Omit<RenderInput, 'lengthMax'>): Rendering {
  return renderJinja(template, {
    context: input.data.context,
    library: templateLibrary,
    limits,
    now: BigInt(input.now) * 1000n,
    random: input.random,
    isLate: input.isLate,
    isJson: input.data.isJson,
  })
}

const shortened = (text: string, lengthMax: number): string =>
  text.length > lengthMax && countOf(text) > lengthMax ? `${cut(text, 0, lengthMax)}..` : text

const warnings: readonly Failure['kind'][] = ['type', 'key', 'value', 'undefined']

function shown({ kind, message, line }: Failure): TemplateFailure {
  const isWarning = warnings.includes(kind)
  return { text: `Template ${isWarning ? 'Warning' : 'Error'}: ${message}`, isWarning, line }
}

/**
 * What is wrong with a template that is about to be saved (contract grafana-oncall 2.4): it is rendered with a payload that has every key,
 * and what only this data brings about is passed over. So is how long it takes, for somebody waits here: only its first steps are
 * taken. Null: nothing.
 */
export function templateFault(text: string, atMost = stepsAtSave): TemplateFailure | null {
  const read = readTemplate(text)
  if (!read.ok) return read.reason
  const payload = { ...dictOf([]), missing: '' }
  const data = plainData(
    dictOf([
      ['alert_group_id', 'alert_group_1'],
      ['alert_payload', payload],
    ]),
  )
  const { outcome: rendered } = renderWithin({ ...templateLimits, stepsMax: atMost }, read.value, {
    data,
    now: instant(0),
    random: () => 0,
    isLate: () => false,
  })
  if (rendered.ok || rendered.reason.kind === 'time') return null
  const failure = shown(rendered.reason)
  return failure.isWarning ? null : failure
}

/** Some 20 ms. */
export const stepsAtSave = 50_000

/** Whether the text of a webhook's trigger template says yes: no blanks around it, and no other word. */
export const isTrueForWebhook = (text: string): boolean => ['true', '1'].includes(text.toLowerCase())

/** Whether the text of a route, or of a condition of an integration, says yes. */
export const isTrueForAlert = (text: string): boolean => ['true', '1', 'ok'].includes(text.trim().toLowerCase())
