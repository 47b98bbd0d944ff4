import { type Delivery, lanes } from '../../src/deliveries/delivery.ts'
import { asId, type EndpointId, type MessageId, type OrganizationId } from '../../src/lib/ids.ts'
import { instant } from '../../src/lib/time.ts'

const start = instant(Date.UTC(2026, 3, 1))

/** A delivery as a process has it in its hands: to a webhook, for the first time, due since `start`. */
export const deliveryTo = (endpoint: string, id: number, of: Partial<Delivery> = {}): Delivery => ({
  id,
  organizationId: asId<OrganizationId>('O1'),
  endpointId: asId<EndpointId>(endpoint),
  shard: 1,
  lane: lanes.live,
  attempt: 1,
  dueAt: start,
  messageId: asId<MessageId>(`message ${id}`),
  messageAt: start,
  eventSequence: 1,
  groupedSequences: null,
  subjectId: null,
  cancelKey: null,
  expiresAt: null,
  lastStatus: null,
  endpoint: {
    kind: 'webhook',
    ownerId: 'WH1',
    url: 'https://a.example/',
    closed: false,
    isDisabled: false,
    settings: null,
    breaker: null,
  },
  ...of,
})
