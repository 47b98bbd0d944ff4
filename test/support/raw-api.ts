import type { Crew, StillWorld } from './still-world.ts'
import type { Things } from './things.ts'

type Sent = { readonly headers?: Record<string, string>; readonly body?: string }

export type RawAnswer = { readonly status: number; readonly text: string; readonly headers: Readonly<Record<string, unknown>> }

/** Asks with any path, headers and bytes; as the admin unless the headers say otherwise. */
export function rawApi({ app }: Pick<StillWorld, 'app'>, { tokens }: Pick<Crew, 'tokens'>) {
  return async (method: string, path: string, { headers = {}, body }: Sent = {}): Promise<RawAnswer> => {
    const known = (['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const).find((name) => name === method)
    const payload = body === undefined ? {} : { payload: body }
    const answer = await app.inject({
      method: known ?? 'GET',
      url: path,
      headers: { authorization: tokens.admin, ...headers },
      ...payload,
    })
    return { status: answer.statusCode, text: answer.body, headers: answer.headers }
  }
}

export const json = { 'content-type': 'application/json' }

export const detail = (text: string): string => JSON.stringify({ detail: text })

/** The resources that are made through the API, each with a body that makes one. */
export function resourcesOf({ chainId, userId }: Things) {
  return [
    ['users', { username: 'conventions', email: 'conventions@harbour.example', role: 'editor' }],
    ['teams', { name: 'conventions' }],
    ['integrations', { type: 'webhook', name: 'conventions' }],
    ['services', { name: 'conventions' }],
    ['escalation_chains', { name: 'conventions' }],
    ['escalation_policies', { escalation_chain_id: chainId, type: 'resolve' }],
    ['personal_notification_rules', { user_id: userId, type: 'notify_by_email' }],
    ['schedules', { type: 'web', name: 'conventions', time_zone: 'UTC' }],
    ['on_call_shifts', { type: 'single_event', start: '2026-01-01T00:00:00', duration: 60, name: 'conventions' }],
    ['webhooks', { name: 'conventions', url: 'http://127.0.0.1/', http_method: 'POST', trigger_type: 'escalation' }],
  ] as const
}
