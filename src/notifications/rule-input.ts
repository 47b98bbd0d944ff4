import {
  type Body,
  boolean,
  detailRefusal,
  optional,
  orNull,
  type Reader,
  readFields,
  required,
  type Take,
  text,
} from '../lib/fields.ts'
import { asId, type UserId } from '../lib/ids.ts'
import { storable } from '../lib/json.ts'
import { type Placement, placementOf } from '../lib/placement.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { type Ms, minutes, seconds } from '../lib/time.ts'
import { type Step, type StepType, stepTypes } from './rule.ts'

/** What the API calls the types of rules. */
export const typeNames = { wait: 'wait', email: 'notify_by_email', webhook: 'notify_by_webhook' } as const satisfies Record<
  StepType,
  string
>

/** How many seconds a rule may wait. */
export const waitChoices: readonly number[] = [60, 300, 900, 1800, 3600]

/** How long a rule waits that does not say how long. */
const defaultWaitMs = minutes(5)

/** What may be said of a rule at any time. */
export type RuleChange = { readonly step: Step; readonly placement: Placement | null }

/** Whether the user exists is not known yet. */
export type NewRule = RuleChange & { readonly userId: UserId; readonly important: boolean }

/** The body that creates a rule (contract grafana-oncall 4.16). */
export function parseNewRule(body: Body): Result<NewRule, Refusal> {
  return readFields((take) => {
    const isTyped = Object.hasOwn(body, 'type')
    const type = take(isTyped ? required(body, 'type', ruleType) : no(typeRefusal('Type is required')), 'wait')
    return {
      userId: asId<UserId>(take(required(body, 'user_id', userReference), '')),
      important: take(optional(body, 'important', boolean), undefined) ?? false,
      step: stepOf(body, blankStep(type), take),
      placement: placementOf(body, take),
    }
  })
}

/** The body of a PUT or PATCH: what is missing stays. Whose rule it is, and in which list, stays in any case. */
export function parseRuleChange(body: Body, current: Step): Result<RuleChange, Refusal> {
  return readFields((take) => {
    const type = take(optional(body, 'type', ruleType), undefined) ?? current.type
    const base = type === current.type ? current : blankStep(type)
    return { step: stepOf(body, base, take), placement: placementOf(body, take) }
  })
}

const blankStep = (type: StepType): Step => (type === 'wait' ? { type, durationMs: defaultWaitMs } : { type })

/** Null as the duration of a `wait` means the default, and of any other type nothing. */
function stepOf(body: Body, base: Step, take: Take): Step {
  const durationMs = take(optional(body, 'duration', orNull(waitDuration)), undefined)
  if (durationMs === undefined) return base
  if (base.type === 'wait') return { ...base, durationMs: durationMs ?? defaultWaitMs }
  return durationMs === null ? base : take(no({ kind: 'invalid-fields', fields: { duration: "Duration can't be set" } }), base)
}

const ruleType: Reader<StepType> = (value) => {
  const read = text(100)(value)
  if (!read.ok) return read
  const type = stepTypes.find((known) => typeNames[known] === read.value)
  return type === undefined ? no(typeRefusal('Invalid type')) : ok(type)
}

/** The contract has one text here, and not a list of them. */
const typeRefusal = (type: string): Refusal => ({ kind: 'invalid-fields', fields: { type } })

const userReference: Reader<string> = (value) => {
  if (value === null) return no('This field may not be null.')
  return typeof value === 'string' ? ok(storable(value)) : no(detailRefusal('User does not exist'))
}

const waitDuration: Reader<Ms> = (value) => {
  const count = secondsIn(value)
  if (count === null) return no(detailRefusal('Invalid duration format'))
  return waitChoices.includes(count) ? ok(seconds(count)) : no(`"${String(value)}" is not a valid choice.`)
}

/** A number of seconds, also written as a text, or `H:MM:SS`; null when it is neither. */
function secondsIn(value: unknown): number | null {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return null
  if (/^\d{1,9}$/.test(value)) return Number(value)
  const [, hours, minute, second] = /^(\d{1,2}):([0-5]?\d):([0-5]?\d)$/.exec(value) ?? []
  return hours === undefined ? null : Number(hours) * 3600 + Number(minute) * 60 + Number(second)
}
