import { type Body, boolean, detailRefusal, optional, orNull, type Reader, readFields, reference } from '../lib/fields.ts'
import { isObject } from '../lib/json.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { type Messenger, messengers, type MessengerSwitches } from './integration.ts'

/** Where a route leads. Undefined keeps what is, and so does a messenger that is missing. Whether the chain exists is not known. */
export type RouteTarget = {
  readonly escalationChainId?: string | null | undefined
  readonly messengers: MessengerSwitches
}

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
      escalationChainId: take(optional(body, 'escalation_chain_id', orNull(reference)), undefined),
      messengers: Object.fromEntries(switches),
    }
  })
}

/** The body of a PUT or PATCH of a route, which cannot take the chain away (contract grafana-oncall 4.15). */
export function parseRouteChange(body: Body): Result<RouteTarget, Refusal> {
  return readFields((take) => {
    take(optional(body, 'routing_type', routingType), undefined)
    const target = take(parseRouteTarget(body), sameTarget)
    take(optional(body, 'escalation_chain_id', reference), undefined)
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

const routingType: Reader<null> = (value) =>
  value === 'regex' || value === 'jinja2' ? ok(null) : no(detailRefusal('Invalid route type'))
