import type { PersonOnCall, ShiftChange } from '../../src/webhooks/shift-change.ts'

const layer = { kind: 'layer', id: 'OLAYER1111111', name: 'Layer 1' } as const

export const ann: PersonOnCall = {
  id: 'UANNAAAAAAAAA',
  username: 'ann',
  name: 'Ann Archer',
  first_name: 'Ann',
  last_name: 'Archer',
  email: 'ann@example.com',
  role: 'admin',
  slack_user_id: 'U02AYNF2XJM',
  cover: layer,
}

export const bob: PersonOnCall = {
  id: 'UBOBAAAAAAAAA',
  username: 'bob',
  name: 'Bob Baker',
  first_name: 'Bob',
  last_name: 'Baker',
  email: 'bob@example.com',
  role: 'editor',
  slack_user_id: null,
  cover: layer,
}

/** Ann hands over to Bob at nine in Berlin, on the first of April 2026. */
export const handOver: ShiftChange = {
  scheduled_at: '2026-04-01T07:00:00Z',
  detected_at: '2026-04-01T07:00:00Z',
  late: false,
  change_number: 12,
  cause: 'rotation',
  schedule: {
    id: 'SPRIMARY11111',
    name: 'Primary',
    type: 'web',
    time_zone: 'Europe/Berlin',
    team: { id: 'THARBOUR11111', name: 'Harbour' },
    created_at: '2026-01-01T12:00:00Z',
    updated_at: '2026-02-03T04:05:06Z',
  },
  previous: [ann],
  current: [bob],
  next: { at: '2026-04-02T07:00:00Z', users: [ann] },
  gap: false,
  escalation_chains: [{ id: 'FCHAIN1111111', name: 'Critical' }],
}
