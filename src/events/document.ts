import { Type } from 'typebox'
import { type JsonWithRaw, RawJson } from '../lib/json.ts'
import { isoZ } from '../lib/time.ts'
import type { Event } from './event.ts'

/** An event as the API shows it. */
export function eventDocument({ sequence, id, type, at, actor, alertGroupId, data }: Event): JsonWithRaw {
  return {
    sequence,
    id,
    type,
    at: isoZ(at),
    actor: new RawJson(JSON.stringify(actor)),
    alert_group_id: alertGroupId,
    data: new RawJson(data),
  }
}

export const EventShape = Type.Object({
  sequence: Type.Integer({
    description: 'Grows by one from event to event of the organization, in the order in which they became true.',
  }),
  id: Type.String({ format: 'uuid' }),
  type: Type.String(),
  at: Type.String({ format: 'date-time' }),
  actor: Type.Object({ kind: Type.String() }, { additionalProperties: true }),
  alert_group_id: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
  data: Type.Unknown({ description: 'What the event says; for alert groups what webhooks send.' }),
})
