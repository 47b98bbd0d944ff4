import { dictOf } from '../lib/jinja/dict.ts'
import { readJsonLazily } from '../lib/jinja/json-reader.ts'
import type { RouteId } from '../lib/ids.ts'
import { judgeForAlert, readTemplate, stepsMax as templateStepsMax } from '../lib/template/template.ts'
import type { Instant } from '../lib/time.ts'
import type { Route } from './integration.ts'
import { type Choice, chooserOf } from './routing.ts'

/** A route's expression: what is searched for, or a template. */
export type RouteRule = { readonly id: RouteId; readonly type: Route['routingType']; readonly expression: string }

/** An alert, by what routes are told apart. */
type RoutedAlert = {
  /** The payload as it was sent, and as expressions are searched for in it. */
  readonly json: string
  readonly text: string
  readonly labels: Readonly<Record<string, string>>
}

/** Chooses the first rule that is found or says yes, with so many steps at most. */
export type RuleChooser = {
  choose(alert: RoutedAlert, asked: Asked): Choice
  /** How much memory is held until the next search. */
  heldBytes(): number
}

type Asked = { readonly now: Instant; readonly stepsMax: number }

/** All expressions are searched for in one walk; only the templates that come before the one that is found are rendered. */
export function ruleChooserOf(rules: readonly RouteRule[]): RuleChooser {
  const searched = chooserOf(rules.flatMap(({ id, type, expression }) => (type === 'regex' ? [{ id, regex: expression }] : [])))
  const templates = rules.flatMap(({ id, type, expression }, place) => {
    if (type === 'regex') return []
    const read = readTemplate(expression)
    return read.ok ? [{ id, place, template: read.value }] : []
  })
  return {
    heldBytes: () => searched.heldBytes() + templates.length * templateBytes,
    choose: (alert, { now, stepsMax }) => {
      const found = searched.choose(alert.text, stepsMax)
      const end = found.routeId === null ? rules.length : rules.findIndex(({ id }) => id === found.routeId)
      const before = templates.filter(({ place }) => place < end)
      if (before.length === 0) return found
      const said = firstYes(before, alert, { now, stepsMax: stepsMax - found.steps })
      return {
        routeId: said.routeId ?? found.routeId,
        isWhole: found.isWhole && said.isWhole,
        steps: found.steps + said.steps,
      }
    },
  }
}

type Rule = { readonly id: RouteId; readonly template: Parameters<typeof judgeForAlert>[0] }

/** The first template that says yes. One that fails says no; one that takes too long leaves it open. */
function firstYes(rules: readonly Rule[], { json, labels }: RoutedAlert, { now, stepsMax }: Asked): Choice {
  const payload = readJsonLazily(json)
  // To read it is every alert's right, so that it counts for others in its batch alone.
  const readingSteps = json.length * stepsPerCharacter
  if (payload === null) return { routeId: null, isWhole: false, steps: readingSteps }
  const context = new Map([
    ['payload', payload.value],
    ['labels', dictOf(Object.entries(labels))],
  ] as const)
  let steps = readingSteps
  let isWhole = true
  for (const { id, template } of rules) {
    // No more than half of what is left, so that an evil one does not take all the others with it.
    const left = Math.floor((stepsMax + readingSteps - steps) / stepsPerTemplateStep / 2)
    if (left < 1) return { routeId: null, isWhole: false, steps }
    // An alert may be looked at twice, and is to take the same route.
    const asked = { data: { context, isJson: false }, now, random: () => 0, stepsMax: Math.min(left, templateStepsMax) }
    const judged = judgeForAlert(template, asked)
    steps += judged.steps * stepsPerTemplateStep
    if (judged.says === true) return { routeId: id, isWhole, steps }
    if (judged.says === null) isWhole = false
  }
  return { routeId: null, isWhole, steps }
}

/** Of a payload that is read, in the steps of a search. */
const stepsPerCharacter = 4

/** What a template does in one step takes as long as so many of a search. */
const stepsPerTemplateStep = 50

/** What a template that was read holds, some ten times its text. */
const templateBytes = 16 * 1024
