import type { Body } from '../lib/fields.ts'
import type { Refusal } from '../lib/rejection.ts'
import { shownWebhook, type Webhook } from './webhook.ts'

/** The fields that an action calls otherwise than a webhook does (contract grafana-oncall 2.8). */
const otherNames = [
  ['team_id', 'team'],
  ['user', 'username'],
  ['forward_whole_payload', 'forward_all'],
] as const

const sameNames = [
  'name',
  'is_webhook_enabled',
  'data',
  'password',
  'authorization_header',
  'trigger_template',
  'headers',
  'url',
  'http_method',
  'trigger_type',
  'integration_filter',
] as const

/** A webhook under the names of actions, in the order of the contract. */
export function shownAction(webhook: Webhook) {
  const shown = shownWebhook(webhook)
  return {
    id: shown.id,
    name: shown.name,
    is_webhook_enabled: shown.is_webhook_enabled,
    team_id: shown.team,
    user: shown.username,
    data: shown.data,
    password: shown.password,
    authorization_header: shown.authorization_header,
    trigger_template: shown.trigger_template,
    headers: shown.headers,
    url: shown.url,
    forward_whole_payload: shown.forward_all,
    http_method: shown.http_method,
    trigger_type: shown.trigger_type,
    integration_filter: shown.integration_filter,
  }
}

/** What the body of a new action says of a webhook. */
export const webhookOfNewAction = (body: Body): Body => ({
  http_method: 'POST',
  trigger_type: 'escalation',
  ...webhookOfAction(body),
})

/** What the body of an action says of a webhook; fields that no action has are left out. */
export function webhookOfAction(body: Body): Body {
  const names = [...sameNames.map((name) => [name, name] as const), ...otherNames]
  return Object.fromEntries(names.flatMap(([own, name]) => (Object.hasOwn(body, own) ? [[name, body[own]]] : [])))
}

/** What is wrong with a webhook, in the names of actions. */
export function refusalOfAction(refusal: Refusal): Refusal {
  if (refusal.kind !== 'invalid-fields') return refusal
  const names = new Map<string, string>(otherNames.map(([own, name]) => [name, own]))
  const entries = Object.entries(refusal.fields).map(([name, messages]) => [names.get(name) ?? name, messages] as const)
  return { kind: 'invalid-fields', fields: Object.fromEntries(entries) }
}
