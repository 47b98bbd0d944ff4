import { hours, type Ms, minutes, seconds } from '../src/lib/time.ts'
import { deskHosts } from './faults.ts'
import { create, type Town } from './town.ts'

/** A webhook with what webhooks can have beside a trigger and a URL. */
export type Desk = {
  readonly id: string
  readonly triggers: readonly string[]
  /** Each of a host of its own. */
  readonly urls: readonly string[]
  /** So often a message is tried at most. */
  readonly triesMax: number
  /** The longest time between two tries, when the receiver wishes nothing else. */
  readonly pauseMax: Ms
  /** Null: no such limit. */
  readonly maxAgeMs: Ms | null
  readonly isOrdered: boolean
}

/** What may be said of `retry`, and what that comes to. */
type Plan = Pick<Desk, 'triesMax' | 'pauseMax'> & { readonly retry: string | readonly number[] }

const plans: readonly Plan[] = [
  { retry: 'fast', triesMax: 5, pauseMax: minutes(2) },
  { retry: 'squadcast', triesMax: 4, pauseMax: minutes(5) },
  { retry: 'none', triesMax: 1, pauseMax: seconds(0) },
  { retry: [1, 30, 3600], triesMax: 4, pauseMax: hours(1) },
]
const standard: Plan = { retry: 'standard', triesMax: 10, pauseMax: hours(24) }
/** Others wait behind it. */
const standardInOrder: Plan = { retry: 'standard', triesMax: 17, pauseMax: minutes(5) }

const aboutGroups = [
  ['alert group created', 'resolve', 'alert added'],
  ['status change', 'reassigned', 'escalated'],
  ['acknowledge', 'alert added', 'notification failed', 'unacknowledge'],
] as const
const aboutWebhooks = ['webhook.failing', 'webhook.disabled', 'webhook.recovered', 'message.exhausted'] as const

/** Makes the webhooks of the desks: of alert groups, in order and not, and two that hear of all webhooks, and so of each other. */
export async function setUpDesks(town: Town): Promise<readonly Desk[]> {
  const { dice } = town
  const hosts = [...deskHosts]
  const urlsOf = (count: number): readonly string[] => hosts.splice(0, count).map((host) => `https://${host}/in`)
  const wanted = [
    ...aboutGroups.map((triggers, number) => ({ triggers, count: number === 0 ? 2 : 1, isOrdered: number === 1 })),
    { triggers: aboutWebhooks, count: 1, isOrdered: false },
    { triggers: ['resolve', ...aboutWebhooks], count: 2, isOrdered: dice.chance(0.5) },
  ]
  const desks: Desk[] = []
  for (const { triggers, count, isOrdered } of wanted) {
    const { retry, ...plan } = dice.pick([...plans, isOrdered ? standardInOrder : standard])
    const maxAgeMs = dice.chance(0.3) ? minutes(dice.pick([1, 10, 60])) : null
    const urls = urlsOf(count)
    const { id } = await create(town, '/webhooks/', {
      name: `desk ${desks.length}`,
      http_method: 'POST',
      forward_all: true,
      trigger_types: triggers,
      urls: urls.map((url) => ({ url })),
      retry,
      max_age: maxAgeMs === null ? null : maxAgeMs / seconds(1),
      ordered: isOrdered,
      max_in_flight: 1 + dice.below(4),
      rate_limit: dice.chance(0.2) ? 0.1 : null,
    })
    desks.push({ id, triggers, urls, ...plan, maxAgeMs, isOrdered })
  }
  return desks
}
