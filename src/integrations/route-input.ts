import {
  type Body,
  boolean,
  detailRefusal,
  fieldRefusal,
  optional,
  type Reader,
  readFields,
  reference,
  referenceOrNull,
  required,
  text,
} from '../lib/fields.ts'
import { asId, type IntegrationId } from '../lib/ids.ts'
import { isObject } from '../lib/json.ts'
import { type Placement, placementOf } from '../lib/placement.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { templateFault } from '../lib/template/template.ts'
import { type Messenger, messengers, type MessengerSwitches, type Route } from './integration.ts'
import { programSizeOf } from './routing.ts'

/** Where a route leads. Undefined keeps what is, and so does a messenger that is missing. Whether the chain exists is not known. */
export type RouteTarget = {
  readonly escalationChainId?: string | null | undefined
  readonly messengers: MessengerSwitches
}

/** A regex and the size of its program, or a template, whose size is none: what it takes is counted when it is rendered. */
export type Expression = { readonly type: Route['routingType']; readonly text: string; readonly programSize: number }

/** The target of a body that says nothing. */
export const sameTarget: RouteTarget = { messengers: {} }

/** The `default_route` of an integration. Messengers are switched on and off, but may name no channel. */
export function parseRouteTarget(body: Body): Result<RouteTarget, Refusal> {
  return readFields((take) => {
    for (const name of ignoredMessengers) take(optional(body, name, messenger(name)), undefined)
    const switches = messengers.flatMap((name) => {
      const isOn = take(optional(body, name, messenger(name)), undefined)
      return isOn === undefined ? [] : [[name, isOn] as const]
    })
    return {
      escalationChainId: take(optional(body, 'escalation_chain_id', referenceOrNull), undefined),
      messengers: Object.fromEntries(switches),
    }
  })
}

export type NewRouteInput = {
  readonly integrationId: IntegrationId
  readonly expression: Expression
  readonly target: RouteTarget
  readonly placement: Placement | null
}

/** The body that makes a route (contract grafana-oncall 4.15). Whether integration and chain exist is not known. */
export function parseNewRoute(body: Body): Result<NewRouteInput, Refusal> {
  return readFields((take) => {
    const type = take(optional(body, 'routing_type', routingType), undefined) ?? 'regex'
    const input = {
      integrationId: asId<IntegrationId>(take(required(body, 'integration_id', reference), '')),
      expression: take(required(body, 'routing_regex', expression(type)), noExpression),
      target: take(parseRouteTarget(body), sameTarget),
      placement: placementOf(body, take),
    }
    take(required(body, 'escalation_chain_id', referenceOrNull), null)
    return input
  })
}

export type RouteChange = {
  readonly target: RouteTarget
  /** Undefined keeps what is. */
  readonly expression: Expression | undefined
  readonly placement: Placement | null
}

/** The body of a PUT or PATCH of a route, which cannot take the chain away. What is given of type and expression must fit what is not. */
export function parseRouteChange(body: Body, current: Pick<Route, 'routingType' | 'routingRegex'>): Result<RouteChange, Refusal> {
  return readFields((take) => {
    const target = take(parseRouteTarget(body), sameTarget)
    take(optional(body, 'escalation_chain_id', reference), undefined)
    const type = take(optional(body, 'routing_type', routingType), undefined) ?? current.routingType
    const given = type === current.routingType ? body : { routing_regex: current.routingRegex, ...body }
    return {
      target,
      expression: take(optional(given, 'routing_regex', expression(type)), undefined),
      placement: placementOf(body, take),
    }
  })
}

/** The body of a PUT or PATCH of the default route, which has neither an expression nor a place: what is said of them is not looked at. */
export function parseDefaultRouteChange(body: Body): Result<RouteTarget, Refusal> {
  return readFields((take) => {
    const target = take(parseRouteTarget(body), sameTarget)
    take(optional(body, 'escalation_chain_id', reference), undefined)
    take(optional(body, 'routing_type', knownType), undefined)
    return target
  })
}

/** The contract's client sends them, and nobody shows them. */
const ignoredMessengers = ['msteams', 'mattermost'] as const

type AnyMessenger = Messenger | (typeof ignoredMessengers)[number]

/** Whether the messenger is switched on; undefined when the body does not say. */
function messenger(name: AnyMessenger): Reader<boolean | undefined> {
  return (value) => {
    if (value === null) return ok(undefined)
    if (!isObject(value)) return no('Invalid values')
    const id = value[name === 'slack' ? 'channel_id' : 'id'] ?? ''
    if (id !== '') return no(detailRefusal(refusalOf(name)))
    const isOn = value['enabled'] ?? null
    return isOn === null ? ok(undefined) : boolean(isOn)
  }
}

function refusalOf(name: AnyMessenger): string {
  if (name === 'slack') return "Slack isn't connected to this workspace"
  return name === 'telegram' ? 'Telegram channel does not exist' : `${name} channel does not exist`
}

const knownType: Reader<'regex' | 'jinja2' | 'labels'> = (value) => {
  const type = (['regex', 'jinja2', 'labels'] as const).find((known) => known === value)
  return type === undefined ? no(detailRefusal('Invalid route type')) : ok(type)
}

const routingType: Reader<Route['routingType']> = (value) => {
  const read = knownType(value)
  if (!read.ok) return read
  return read.value === 'labels' ? no(wholeRefusal('Expression type is incorrect')) : ok(read.value)
}

const expressionLengthMax = 1024

const noExpression: Expression = { type: 'regex', text: '', programSize: 0 }

const expression =
  (type: Route['routingType']): Reader<Expression> =>
  (value) => {
    const read = text(Number.MAX_SAFE_INTEGER)(value)
    if (!read.ok) return read
    const { length } = Array.from(read.value)
    if (length > expressionLengthMax) {
      const lengths = `Maximum length: ${expressionLengthMax} characters, current length: ${length}`
      return no(wholeRefusal(`Expression is too long. ${lengths}`))
    }
    if (type === 'jinja2') {
      const isCorrect = templateFault(read.value) === null
      return isCorrect ? ok({ type, text: read.value, programSize: 0 }) : no(wholeRefusal('Jinja template is incorrect'))
    }
    const programSize = programSizeOf(read.value)
    return programSize === null
      ? no(wholeRefusal('Regular expression is incorrect'))
      : ok({ type, text: read.value, programSize })
  }

const wholeRefusal = (message: string): Refusal => fieldRefusal('non_field_errors', message)
