import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { opened } from '../../test/support/alert-tellings.ts'
import { freshDatabase } from '../../test/support/database.ts'
import { silentLog } from '../../test/support/log.ts'
import { openDatabase } from '../db/open.ts'
import { type AlertGroupId, asId, type EventId, type MessageId, newUuid, type OrganizationId } from '../lib/ids.ts'
import { nodeClock } from '../lib/node/clock.ts'
import { nodeRandom } from '../lib/node/random.ts'
import { after, instant, seconds } from '../lib/time.ts'
import type { HistoryKey } from '../webhooks/history.ts'
import type { EventType } from './catalogue.ts'
import { historiesOf } from './history-store.ts'
import { blankEvents, insertEvents } from './store.ts'

const organizationId = asId<OrganizationId>('OAAAAAAAAAAAA')
const startedAt = instant(Date.UTC(2026, 3, 1, 7))
let db: ReturnType<typeof openDatabase>

beforeAll(async () => {
  const ports = { clock: nodeClock, random: nodeRandom, log: silentLog }
  db = openDatabase({ connection: await freshDatabase(), poolSize: 2, onWake: () => {}, ...ports })
  const organization = { id: organizationId, name: 'Acme', event_sequence: 0, created_at: new Date(startedAt) }
  await db.sql.insertInto('organizations').values(organization).execute()
})
afterAll(() => db.close())

let sequences = 0

/** Events of a group, a second apart; of some there is no report. */
const happened = (group: string, types: readonly EventType[]) =>
  db.tx('test', (tx) =>
    insertEvents(
      tx,
      types.map((type, index) => ({
        organizationId,
        sequence: (sequences += 1),
        id: newUuid<EventId>(tx.now, tx.random.bytes),
        type,
        at: after(startedAt, seconds(index)),
        actor: { kind: 'system' },
        alertGroupId: asId<AlertGroupId>(group),
        data: '{}',
        report: type.startsWith('alert_group.') ? opened : null,
      })),
    ),
  )

const key = (alertGroupId: string, sequence: number, second: number): HistoryKey => ({
  ...{ organizationId, messageId: asId<MessageId>(`${alertGroupId} ${sequence}`), alertGroupId, sequence },
  startedAt: '2026-04-01T07:00:00Z',
  at: after(startedAt, seconds(second)),
})

const pastOf = async (wanted: HistoryKey) => (await historiesOf(db.sql, [wanted])).get(wanted.messageId) ?? []

describe('what happened to an alert group until an event', () => {
  it('ends with the event, and has nothing of other groups or other kinds', async () => {
    const first = sequences + 1
    await happened('I1', ['alert_group.created', 'escalation.started', 'alert_group.acknowledged', 'alert_group.resolved'])
    await happened('I2', ['alert_group.created'])
    const histories = await historiesOf(db.sql, [key('I1', first + 2, 2), key('I2', first + 4, 0), key('I3', 1, 0)])
    expect([...histories.values()].map((history) => history.map(({ type, sequence }) => [type, sequence - first]))).toEqual([
      [
        ['alert_group.created', 0],
        ['alert_group.acknowledged', 2],
      ],
      [['alert_group.created', 4]],
      [],
    ])
    expect(histories.get(asId<MessageId>(`I1 ${first + 2}`))?.[0]).toMatchObject({
      ...{ state: 'firing', groupingKey: 'crane-7', person: null, acknowledged_by: null },
      assigned_to: { type: 'escalation_chain', id: 'FCHAIN1111111', name: 'Critical' },
    })
  })

  it('is of a long story the beginning and the latest fifty', async () => {
    const first = sequences + 1
    const turns = Array.from(
      { length: 200 },
      (_, index): EventType => (index % 2 ? 'alert_group.silenced' : 'alert_group.unsilenced'),
    )
    await happened('I4', ['alert_group.created', ...turns])
    const history = await pastOf(key('I4', first + 180, 180))
    expect(history.map(({ sequence }) => sequence - first)).toEqual([0, ...Array.from({ length: 50 }, (_, index) => 131 + index)])
  })

  it('is empty when it was wiped', async () => {
    const first = sequences + 1
    await happened('I5', ['alert_group.created'])
    await db.tx('test', (tx) => blankEvents(tx, organizationId, { id: asId<AlertGroupId>('I5'), startedAt }))
    expect(await pastOf(key('I5', first, 0))).toEqual([])
  })
})
