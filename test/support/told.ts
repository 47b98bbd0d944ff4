import { instant } from '../../src/lib/time.ts'
import type { Told } from '../../src/webhooks/rendering/told.ts'

/** An event that a webhook is told of, of which nothing matters but the fields that are given. */
export const told = (fields: Partial<Told>): Told => ({
  id: '019d4800-0000-7000-8000-000000000001',
  type: 'alert_group.acknowledged',
  trigger: 'acknowledge',
  sequence: 1,
  at: instant(0),
  data: '{}',
  report: null,
  ...fields,
})
