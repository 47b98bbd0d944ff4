import { describe, expect, it } from 'vitest'
import type { AlertSource } from '../integrations/integration.ts'
import { type AlertGroupId, asId, type IntegrationId, type OrganizationId, type RouteId } from '../lib/ids.ts'
import {
  type Arrival,
  followOpenings,
  groupingHash,
  textOnAnyRoute,
  groupKeyOf,
  type KnownGroup,
  place,
  roundsOf,
  type Sorted,
} from './intake.ts'
import { instant } from '../lib/time.ts'
import type { Signal } from './signal.ts'
import type { AlertGroupState } from './state.ts'

describe('sorting alerts into groups', () => {
  it('alerts with one key join one group', () => {
    expect(told(place([alert('disk'), alert('disk'), alert('cpu')], [], bytes()))).toEqual(['new #1', 'same as 1 #2', 'new #1'])
  })

  it('an alert joins the open group of its key, whatever its state', () => {
    for (const state of ['firing', 'acknowledged', 'silenced'] as const) {
      expect(told(place([alert('disk')], [known('disk', state, 7)], bytes()))).toEqual(['IOPEN #8'])
    }
  })

  it('an alert without a key stands alone', () => {
    expect(told(place([alert(null), alert(null)], [], bytes()))).toEqual(['new #1', 'new #1'])
  })

  it('an alert after the end opens a new group', () => {
    expect(told(place([alert('disk')], [known('disk', 'resolved', 3)], bytes()))).toEqual(['new #1'])
    expect(told(place([alert('disk'), over('disk'), alert('disk')], [], bytes()))).toEqual([
      'new #1',
      'same as 1 #2 resolves',
      'new #1',
    ])
  })

  it('the end of an open group resolves it', () => {
    expect(told(place([over('disk')], [known('disk', 'acknowledged', 2)], bytes()))).toEqual(['IOPEN #3 resolves'])
  })

  it('a second end joins the latest resolved group and changes nothing', () => {
    expect(told(place([over('disk')], [known('disk', 'resolved', 2)], bytes()))).toEqual(['IOPEN #3'])
    expect(told(place([alert('disk'), over('disk'), over('disk')], [], bytes()))).toEqual([
      'new #1',
      'same as 1 #2 resolves',
      'same as 1 #3',
    ])
  })

  it('an end without a beginning opens a group that is resolved at once', () => {
    expect(told(place([over('disk')], [], bytes()))).toEqual(['new #1 resolves'])
  })

  it('an acknowledgement turns an open group once, and leaves it open', () => {
    const acknowledged = about('disk', 'acknowledge')
    expect(told(place([alert('disk'), acknowledged, acknowledged, alert('disk'), over('disk')], [], bytes()))).toEqual([
      'new #1',
      'same as 1 #2 acknowledges',
      'same as 1 #3',
      'same as 1 #4',
      'same as 1 #5 resolves',
    ])
    expect(told(place([acknowledged], [known('disk', 'silenced', 1)], bytes()))).toEqual(['IOPEN #2 acknowledges'])
    expect(told(place([acknowledged], [known('disk', 'acknowledged', 1)], bytes()))).toEqual(['IOPEN #2'])
  })

  it('what opens no group is ignored without an open one', () => {
    for (const action of ['acknowledge', 'resolve'] as const) {
      const nothing = [`null: There is no alert group to ${action}: none has this id`]
      expect(told(place([about('disk', action)], [], bytes()))).toEqual(nothing)
      expect(told(place([about(null, action)], [], bytes()))).toEqual(nothing)
      expect(told(place([about('disk', action)], [known('disk', 'resolved', 2)], bytes()))).toEqual([
        `IOPEN: There is no alert group to ${action}: the last one with this id is resolved`,
      ])
    }
    expect(told(place([about('disk', 'resolve'), alert('disk'), about('disk', 'resolve')], [], bytes()))).toEqual([
      'new #1',
      'same as 1 #2 resolves',
      'null: There is no alert group to resolve: none has this id',
    ])
  })

  it('what is no alert is ignored, and told of the group of its key', () => {
    const nonsense = arrival({ action: 'ignore', opening: null, groupingKey: 'disk', payload, reason: 'It is no alert' })
    expect(told(place([nonsense], [known('disk', 'firing', 2)], bytes()))).toEqual(['IOPEN: It is no alert'])
    expect(told(place([nonsense], [], bytes()))).toEqual(['null: It is no alert'])
  })

  it('the open group counts before the resolved one of the same key', () => {
    const groups = [known('disk', 'resolved', 2, 'IOLD'), known('disk', 'firing', 5, 'INEW')]
    expect(told(place([over('disk')], groups, bytes()))).toEqual(['INEW #6 resolves'])
    expect(told(place([over('disk')], groups.toReversed(), bytes()))).toEqual(['INEW #6 resolves'])
  })

  it('the same key at another integration is another group', () => {
    expect(told(place([alert('disk'), alert('disk', { integration: 'COTHER' })], [], bytes()))).toEqual(['new #1', 'new #1'])
  })
})

it('the same key on another route is another group', () => {
  expect(told(place([alert('disk'), alert('disk', { route: 'R2' }), alert('disk')], [], bytes()))).toEqual([
    'new #1',
    'new #1',
    'same as 1 #2',
  ])
})

describe('a signal that opens nothing', () => {
  const routes = (arrivals: readonly Arrival[], knownRoutes: Readonly<Record<string, string>> = {}) => {
    const byKey = Object.entries(knownRoutes).map(([key, route]) => {
      const { source: from, signal } = alert(key)
      const hash = groupingHash(signal)
      if (hash === null) throw new Error('the key is a text')
      return [textOnAnyRoute({ ...from, integrationId: from.id, hash }), asId<RouteId>(route)] as const
    })
    return followOpenings(arrivals, new Map(byKey)).map(({ route }) => route.id)
  }

  it('goes to the route of the group that is known by its key', () => {
    expect(routes([over('disk'), about('cpu', 'resolve')], { disk: 'R2' })).toEqual(['R2', 'R1'])
    expect(routes([about('disk', 'acknowledge'), alert('disk')], { disk: 'R2' })).toEqual(['R2', 'R1'])
  })

  it('goes to the route that the one in front of it opens a group on', () => {
    expect(routes([alert('disk', { route: 'R3' }), over('disk')], { disk: 'R2' })).toEqual(['R3', 'R3'])
  })

  it('stays where it is without a key', () => {
    expect(routes([about(null, 'resolve')], { disk: 'R2' })).toEqual(['R1'])
  })
})

describe('the rounds of a batch', () => {
  const sizes = (...arrivals: readonly Arrival[]) => roundsOf(arrivals).map((round) => round.length)

  it('are one where no key begins again after its end', () => {
    expect(sizes(alert('disk'), alert('cpu'), over('disk'), over('disk'), alert('cpu'), alert(null))).toEqual([6])
    expect(sizes()).toEqual([])
  })

  it('begin anew with each key that begins again, and lose nothing of the order', () => {
    expect(sizes(alert('disk'), over('disk'), alert('disk'), over('disk'), alert('disk'))).toEqual([2, 2, 1])
    expect(sizes(over('disk'), alert('cpu'), alert('disk'), over('cpu'), alert('cpu'))).toEqual([2, 2, 1])
    const batch = [alert('disk'), over('disk'), alert('disk')]
    expect(roundsOf(batch).flat()).toEqual(batch)
  })
})

/** Each placement in words: the group, the number in it, and what it does to it; then what is ignored. */
function told({ placements, ignored }: Sorted): readonly string[] {
  const first = new Map<string, number>()
  const placed = placements.map(({ alertGroupId, number, opening, turn }, index) => {
    const at = first.get(alertGroupId)
    first.set(alertGroupId, at ?? index + 1)
    const group = opening !== null ? 'new' : at === undefined ? alertGroupId : `same as ${at}`
    return `${group} #${number}${turn === null ? '' : ` ${turn.action}s`}`
  })
  return [...placed, ...ignored.map(({ alertGroupId, reason }) => `${alertGroupId}: ${reason}`)]
}

const opening = { title: 'x', message: '', sourceLink: null, urgency: null, labels: {} }
const payload = { json: Buffer.from('{}'), truncated: false }

const arrival = (signal: Signal, { integration = 'C1', route = 'R1' } = {}): Arrival => ({
  source: source(integration),
  route: { id: asId<RouteId>(route), escalationChainId: null },
  signal,
})

const alert = (groupingKey: string | null, where: { integration?: string; route?: string } = {}): Arrival =>
  arrival({ action: 'open', opening, groupingKey, payload }, where)

const over = (groupingKey: string): Arrival => arrival({ action: 'resolve', opening, groupingKey, payload })

/** What a source says of a group that it does not open. */
const about = (groupingKey: string | null, action: 'acknowledge' | 'resolve'): Arrival =>
  arrival({ action, opening: null, groupingKey, payload })

function known(groupingKey: string, state: AlertGroupState, alertsCount: number, id = 'IOPEN'): KnownGroup {
  return { id: asId<AlertGroupId>(id), key: groupKeyOf(alert(groupingKey)) ?? '', state, alertsCount }
}

function source(integration: string): AlertSource {
  const id = asId<IntegrationId>(integration)
  return {
    organizationId: asId<OrganizationId>('O1'),
    id,
    type: 'webhook',
    name: 'Main',
    teamId: null,
    teamName: null,
    teamChainId: null,
    organizationName: 'Acme',
    service: null,
    createdAt: instant(0),
    urgency: 'medium',
    enabled: true,
    headerTokenSealed: null,
    defaultRoute: { id: asId<RouteId>('R1'), escalationChainId: null },
    routesVersion: 0,
  }
}

/** Bytes that never repeat, so that every id is another one. */
function bytes(): (count: number) => Uint8Array {
  let next = 0
  return (count) => Uint8Array.from({ length: count }, () => (next += 7) % 200)
}
