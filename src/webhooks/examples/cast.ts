import { type AlertGroupId, asId, type EventId, type IntegrationId, type ScheduleId, type WebhookId } from '../../lib/ids.ts'
import type { Person } from '../person.ts'

/** No real thing has such an id. */
export const ids = {
  event: asId<EventId>('00000000-0000-7000-8000-000000000000'),
  integration: asId<IntegrationId>('CEXAMPLE11111'),
  schedule: asId<ScheduleId>('SEXAMPLE11111'),
  webhook: asId<WebhookId>('WHEXAMPLE11111'),
  alertGroup: asId<AlertGroupId>('IEXAMPLE11111'),
  alert: 'AEXAMPLE11111',
  route: 'REXAMPLE11111',
  chain: 'FEXAMPLE11111',
  run: '00000000-0000-7000-8000-000000000001',
  shift: 'OEXAMPLE22222',
} as const

const common = { last_name: 'Example', role: 'editor', slack_user_id: null } as const

/** Who takes alert groups over and is on call, and whose turn is next. */
export const ada: Person = {
  id: 'UEXAMPLE11111',
  username: 'ada',
  name: 'Ada Example',
  first_name: 'Ada',
  email: 'ada@example.com',
  ...common,
}

export const ben: Person = {
  id: 'UEXAMPLE22222',
  username: 'ben',
  name: 'Ben Example',
  first_name: 'Ben',
  email: 'ben@example.com',
  ...common,
}
