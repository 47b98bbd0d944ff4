import { expect, it } from 'vitest'
import { organizationId, owingWorlds } from '../../test/support/owed-deliveries.ts'
import { asId, type EndpointId, type MessageId } from '../lib/ids.ts'
import { instant } from '../lib/time.ts'
import type { Concluded } from './conclusion.ts'
import { lanes } from './delivery.ts'
import { newFinisher, type Written } from './finish-loop.ts'

const at = instant(Date.UTC(2026, 3, 1))

const outcome = (id: number): Concluded => ({
  delivery: {
    id,
    organizationId,
    endpointId: asId<EndpointId>('00000000-0000-0000-0000-000000000001'),
    shard: 1,
    lane: lanes.live,
    attempt: 1,
    dueAt: at,
    messageId: asId<MessageId>(`message ${id}`),
    messageAt: at,
    eventSequence: 1,
    groupedSequences: null,
    subjectId: null,
    cancelKey: null,
    expiresAt: null,
    lastStatus: null,
    endpoint: { kind: 'webhook', ownerId: 'WH1', url: null, closed: false, isDisabled: false, settings: null, breaker: null },
  },
  verdict: { kind: 'success' },
  attempt: null,
  sign: null,
  pause: null,
})

const newWorld = owingWorlds()

it('what became of deliveries is written in the order in which it was heard, also after the database was away', async () => {
  const { ports } = await newWorld()
  let isAway = true
  const tx: typeof ports.db.tx = async (name, work) => {
    if (isAway) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
    return ports.db.tx(name, work)
  }
  const wait = async () => {
    isAway = false
  }
  const written: number[] = []
  const note = ({ batch }: Written) => void written.push(...batch.map(({ delivery }) => delivery.id))
  const finisher = newFinisher({ ...ports, db: { ...ports.db, tx }, clock: { ...ports.clock, wait } }, note)
  const ids = Array.from({ length: 600 }, (_, id) => id)
  for (const id of ids) finisher.add(outcome(id))
  await finisher.idle()
  expect(written).toEqual(ids)
})
