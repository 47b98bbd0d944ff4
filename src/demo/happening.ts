import { listOf, objectOf, textOf } from '../inbound/fields.ts'
import { isObject } from '../lib/json.ts'

/** The names of people, by their ids. */
export type Names = ReadonlyMap<string, string>

/** What an event of the organization's log means, in a few words, or null for one that another line tells of. */
export function happeningOf(event: unknown, names: Names): string | null {
  const type = textOf(event, 'type') ?? ''
  const data = objectOf(event, 'data')
  const group = `alert group ${textOf(event, 'alert_group_id') ?? ''}`
  switch (type) {
    case 'alert_group.created':
      return `opens ${group}: ${textOf(objectOf(data, 'alert_group'), 'title') ?? ''}`
    case 'alert_group.pages_nobody':
      return `pages nobody about ${group}: ${textOf(data, 'reason') ?? ''}`
    case 'escalation.step_taken':
      return stepOf(data, names)
    case 'escalation.step_failed':
      return `cannot take a step of the escalation: ${textOf(data, 'reason') ?? ''}`
    case 'escalation.step_withdrawn':
      return `takes back a step of the escalation: ${textOf(data, 'reason') ?? ''}`
    case 'notification.failed':
      return `cannot reach ${nameIn(data, names) ?? 'somebody'}: ${textOf(data, 'reason') ?? ''}`
    case 'webhook.failed':
      return textOf(data, 'text')
    case 'escalation.started':
    case 'escalation.finished':
    case 'notification.sent':
    case 'webhook.delivered':
      return null
    default:
      return changeOf({ type, group, by: nameIn(data, names) })
  }
}

function stepOf(data: unknown, names: Names): string | null {
  const people = listOf(data, 'user_ids').map((id) => names.get(String(id)) ?? String(id))
  switch (textOf(data, 'step')) {
    case 'notify_on_call_from_schedule':
      return `asks the schedule who is on call, and pages ${people.join(' and ')}`
    case 'notify_persons':
      return `pages ${people.join(' and ')}`
    default:
      return null
  }
}

function nameIn(data: unknown, names: Names): string | null {
  const user = objectOf(data, 'user')
  return names.get(textOf(user, 'id') ?? '') ?? textOf(user, 'username')
}

type Change = { readonly type: string; readonly group: string; readonly by: string | null }

function changeOf({ type, group, by }: Change): string {
  const [what, change = ''] = type.split('.')
  if (what !== 'alert_group') return `notes ${type}`
  const after = change === 'acknowledged' ? ', and the paging stops' : ''
  return `notes that ${group} is ${change}${by === null ? '' : ` by ${by}`}${after}`
}

/** The keys of a webhook's body that a newcomer wants to see; null is the whole value. */
const shownKeys: readonly (readonly [key: string, members: readonly string[]])[] = [
  ['event', ['type', 'time']],
  ['user', ['username', 'email']],
  ['alert_group', ['id', 'title', 'state', 'created_at', 'acknowledged_at', 'resolved_at']],
  ['integration', ['type', 'name']],
]

/** The body of a webhook as lines of JSON, with less than there is; `…` stands for what was left out. */
export function bodyLines(body: unknown): readonly string[] {
  if (!isObject(body)) return [JSON.stringify(body)]
  const shown = shownKeys.filter(([key]) => Object.hasOwn(body, key))
  const others = Object.keys(body).filter((key) => !shown.some(([known]) => known === key))
  return ['{', ...shown.flatMap(([key, members]) => memberLines(key, body[key], members)), ...othersLine(others), '}']
}

function memberLines(key: string, value: unknown, members: readonly string[]): readonly string[] {
  if (!isObject(value)) return [`  "${key}": ${JSON.stringify(value)},`]
  const parts = members
    .filter((member) => Object.hasOwn(value, member) && value[member] !== null)
    .map((member) => `"${member}": ${JSON.stringify(value[member])}`)
  const rest = Object.keys(value).length > parts.length ? ['…'] : []
  const all = [...parts, ...rest]
  if (all.join(', ').length <= 70) return [`  "${key}": { ${all.join(', ')} },`]
  return [`  "${key}": {`, ...parts.map((part) => `    ${part},`), ...rest.map((part) => `    ${part}`), '  },']
}

const othersLine = (keys: readonly string[]): readonly string[] =>
  keys.length === 0 ? [] : [`  … ${keys.length} more: ${keys.slice(0, 2).join(', ')}${keys.length > 2 ? ', …' : ''}`]
