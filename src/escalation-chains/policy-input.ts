import {
  type Body,
  boolean,
  detailRefusal,
  optional,
  orNull,
  type Reader,
  readFields,
  reference,
  required,
  type Take,
  textList,
} from '../lib/fields.ts'
import { asId, type EscalationChainId, type ScheduleId, type UserId, type WebhookId } from '../lib/ids.ts'
import { type Placement, placementOf } from '../lib/placement.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { type Ms, seconds } from '../lib/time.ts'
import { blankDefinition, type PolicyDefinition } from './policy.ts'
import { type StepType, stepTypes } from './step.ts'

/** The ids in the definition are as given: whether they name something is not known yet. */
export type PolicyInput = { readonly definition: PolicyDefinition; readonly placement: Placement | null }

export type NewPolicy = PolicyInput & { readonly chainId: EscalationChainId }

/** The body that creates a step (contract grafana-oncall 4.14). Fields that do not belong to its type are not looked at. */
export function parseNewPolicy(body: Body): Result<NewPolicy, Refusal> {
  return readFields((take) => {
    const type = take(required(body, 'type', stepType), 'resolve')
    return {
      chainId: asId<EscalationChainId>(take(required(body, 'escalation_chain_id', reference), '')),
      definition: definitionOf(body, blankDefinition(type), take),
      placement: placementOf(body, take),
    }
  })
}

/** The body of a PUT or PATCH: what is missing stays, and another type begins blank. */
export function parsePolicyChange(body: Body, current: PolicyDefinition): Result<PolicyInput, Refusal> {
  return readFields((take) => {
    const type = take(optional(body, 'type', stepType), undefined) ?? current.type
    const base = type === current.type ? current : blankDefinition(type)
    return { definition: definitionOf(body, base, take), placement: placementOf(body, take) }
  })
}

function definitionOf(body: Body, base: PolicyDefinition, take: Take): PolicyDefinition {
  switch (base.type) {
    case 'wait': {
      const durationMs = take(optional(body, 'duration', orNull(waitDuration)), undefined)
      return durationMs === undefined ? base : { ...base, durationMs }
    }
    case 'notify_persons': {
      const persons = take(optional(body, 'persons_to_notify', textList), undefined)
      const userIds = persons === undefined ? base.userIds : [...new Set(persons)].map((id) => asId<UserId>(id))
      return { ...base, userIds, important: importanceOf(body, base, take) }
    }
    case 'notify_on_call_from_schedule': {
      const schedule = take(optional(body, 'notify_on_call_from_schedule', reference), undefined)
      const scheduleId = schedule === undefined ? base.scheduleId : asId<ScheduleId>(schedule)
      return { ...base, scheduleId, important: importanceOf(body, base, take) }
    }
    case 'trigger_webhook': {
      const webhook = take(optional(body, 'action_to_trigger', reference), undefined)
      return webhook === undefined ? base : { ...base, webhookId: asId<WebhookId>(webhook) }
    }
    case 'repeat_escalation':
    case 'resolve':
      return base
  }
}

function importanceOf(body: Body, base: { readonly important: boolean }, take: Take): boolean {
  return take(optional(body, 'important', boolean), undefined) ?? base.important
}

/** Why the contract's other types are not available here. */
const missingTypes: ReadonlyMap<unknown, string> = new Map([
  ['notify_person_next_each_time', 'step is not enabled'],
  ['notify_next_on_call_from_schedule', 'step is not enabled'],
  ['notify_team_members', 'step is not enabled'],
  ['notify_user_group', 'step is not enabled'],
  ['notify_whole_channel', 'step is Slack-specific'],
  ['notify_if_time_from_to', 'step is not enabled'],
  ['notify_if_num_alerts_in_window', 'step is not enabled'],
  ['declare_incident', 'step is not enabled'],
])

const stepType: Reader<StepType> = (value) => {
  if (value === null) return no('This field may not be null.')
  if (typeof value === 'string' && value.trim() === '') return no('This field may not be blank.')
  const type = stepTypes.find((known) => known === value)
  if (type !== undefined) return ok(type)
  const why = missingTypes.get(value)
  return no(detailRefusal(`Invalid escalation step type${why === undefined ? '' : `: ${why}`}`))
}

/** Seconds, of which a fraction is cut off. */
const waitDuration: Reader<Ms> = (value) => {
  const given = typeof value === 'string' && /^\s*[+-]?\d{1,15}(?:\.\d*)?\s*$/.test(value) ? Number(value) : value
  if (typeof given !== 'number') return no('A valid number is required.')
  const whole = Math.trunc(given)
  if (whole < 60) return no('Ensure this value is greater than or equal to 0:01:00.')
  if (whole > 86_400) return no('Ensure this value is less than or equal to 1 day, 0:00:00.')
  return ok(seconds(whole))
}
