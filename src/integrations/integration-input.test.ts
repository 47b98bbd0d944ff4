import { describe, expect, test } from 'vitest'
import type { Body } from '../lib/fields.ts'
import { parseIntegrationChange, parseNewIntegration } from './integration-input.ts'
import { parseDefaultRouteChange } from './route-input.ts'

type Read =
  | ReturnType<typeof parseNewIntegration>
  | ReturnType<typeof parseIntegrationChange>
  | ReturnType<typeof parseDefaultRouteChange>

const answer = (read: Read) => {
  if (read.ok) return read.value
  if (read.reason.kind === 'invalid') return { detail: read.reason.detail }
  return read.reason.kind === 'invalid-fields' ? read.reason.fields : read.reason
}

const noTemplates = {
  grouping_key: null,
  resolve_signal: null,
  acknowledge_signal: null,
  source_link: null,
  slack: { title: null, message: null, image_url: null },
  web: null,
  sms: { title: null },
  phone_call: { title: null },
  telegram: { title: null, message: null, image_url: null },
  mobile_app: { title: null, message: null },
  email: { title: null, message: null },
  msteams: null,
}

describe('a new integration is refused in the words of the contract', () => {
  const later = (name: string) =>
    `Templates are not available yet: leave the ${name} template out or null, then the default of the type is used`

  test.each<[Body, object]>([
    [{}, { type: ['This field is required.'] }],
    [{ type: null }, { type: ['This field may not be null.'] }],
    [{ type: 'smoke' }, { detail: 'Invalid integration type' }],
    [{ type: 'toString' }, { detail: 'Invalid integration type' }],
    [{ type: 7 }, { detail: 'Invalid integration type' }],
    [{ type: 'legacy_grafana' }, { detail: 'This integration type is deprecated' }],
    [{ type: 'direct_paging' }, { detail: "Direct paging integrations can't be created" }],
    [{ type: 'webhook', name: '' }, { name: ['This field may not be blank.'] }],
    [{ type: 'webhook', name: 'n'.repeat(151) }, { name: ['Ensure this field has no more than 150 characters.'] }],
    [{ type: 'webhook', name: 'a\u0000b' }, { name: ['Null characters are not allowed.'] }],
    [
      { type: 'webhook', description_short: 'd'.repeat(251) },
      { description_short: ['Ensure this field has no more than 250 characters.'] },
    ],
    [{ type: 'webhook', team_id: 5 }, { team_id: ['Invalid values'] }],
    [{ type: 'webhook', urgency: 'dire' }, { urgency: ['"dire" is not a valid choice.'] }],
    [{ type: 'webhook', templates: 'none' }, { detail: 'Invalid template data' }],
    [{ type: 'webhook', templates: { title: null } }, { detail: 'Invalid template data' }],
    [{ type: 'webhook', templates: { slack: { colour: null } } }, { detail: 'Invalid template data' }],
    [{ type: 'webhook', templates: { slack: 'x' } }, { detail: 'Invalid slack template data' }],
    [{ type: 'webhook', templates: { grouping_key: '{{ payload.x }}' } }, { detail: later('grouping_key') }],
    [{ type: 'webhook', templates: { web: { title: 'x' } } }, { detail: later('web title') }],
    [{ type: 'webhook', default_route: [] }, { default_route: ['Invalid values'] }],
    [{ type: 'webhook', default_route: { escalation_chain_id: 5 } }, { escalation_chain_id: ['Invalid values'] }],
    [
      { type: 'webhook', default_route: { slack: { channel_id: 'C1', enabled: true } } },
      { detail: "Slack isn't connected to this workspace" },
    ],
    [{ type: 'webhook', default_route: { telegram: { id: 'Z1' } } }, { detail: 'Telegram channel does not exist' }],
  ])('%j', (body, wanted) => {
    expect(answer(parseNewIntegration(body))).toEqual(wanted)
  })
})

describe('an integration is read', () => {
  test('as the Go client sends it', () => {
    const body = {
      team_id: '',
      name: 'Main',
      type: 'alertmanager',
      templates: noTemplates,
      default_route: {
        id: '',
        escalation_chain_id: null,
        slack: { channel_id: null, enabled: true },
        telegram: { id: null, enabled: false },
        msteams: { id: null, enabled: false },
      },
      labels: null,
      dynamic_labels: null,
    }
    expect(answer(parseNewIntegration(body))).toEqual({
      type: 'alertmanager',
      name: 'Main',
      description: undefined,
      teamId: null,
      serviceId: undefined,
      urgency: undefined,
      defaultRoute: { escalationChainId: null, messengers: { slack: true, telegram: false } },
    })
  })

  test('whatever type a change names', () => {
    expect(answer(parseIntegrationChange({ type: 'smoke', name: 'New' }))).toMatchObject({ name: 'New' })
  })
})

describe('a default route', () => {
  test.each<[Body, object]>([
    [
      { escalation_chain_id: 'F1', slack: { channel_id: null, enabled: true }, manual_order: true },
      { escalationChainId: 'F1', messengers: { slack: true } },
    ],
    [{}, { escalationChainId: undefined, messengers: {} }],
    [{ escalation_chain_id: null }, { escalation_chain_id: ['This field may not be null.'] }],
    [{ routing_type: 'glob' }, { detail: 'Invalid route type' }],
  ])('is changed by %j', (body, wanted) => {
    expect(answer(parseDefaultRouteChange(body))).toEqual(wanted)
  })
})
