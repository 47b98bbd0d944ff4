import { describe, expect, it } from 'vitest'
import type { AlertSource } from '../integrations/integration.ts'
import { type AlertGroupId, asId, type IntegrationId, type OrganizationId, type RouteId } from '../lib/ids.ts'
import { type Arrival, groupKeyOf, type KnownGroup, type Placement, place, roundsOf } from './intake.ts'
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

  it('the open group counts before the resolved one of the same key', () => {
    const groups = [known('disk', 'resolved', 2, 'IOLD'), known('disk', 'firing', 5, 'INEW')]
    expect(told(place([over('disk')], groups, bytes()))).toEqual(['INEW #6 resolves'])
    expect(told(place([over('disk')], groups.toReversed(), bytes()))).toEqual(['INEW #6 resolves'])
  })

  it('the same key at another integration is another group', () => {
    expect(told(place([alert('disk'), alert('disk', 'COTHER')], [], bytes()))).toEqual(['new #1', 'new #1'])
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

/** Each placement in words: the group, the number in it, and whether it ends it. */
function told(placements: readonly Placement[]): readonly string[] {
  const first = new Map<string, number>()
  return placements.map(({ alertGroupId, number, opens, resolves }, index) => {
    const at = first.get(alertGroupId)
    first.set(alertGroupId, at ?? index + 1)
    const group = opens ? 'new' : at === undefined ? alertGroupId : `same as ${at}`
    return `${group} #${number}${resolves ? ' resolves' : ''}`
  })
}

function alert(groupingKey: string | null, integration = 'C1', resolves = false): Arrival {
  const payload = { json: Buffer.from('{}'), truncated: false }
  return { source: source(integration), signal: { title: 'x', message: '', groupingKey, resolves, sourceLink: null, payload } }
}

const over = (groupingKey: string): Arrival => alert(groupingKey, 'C1', true)

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
    urgency: 'medium',
    defaultRoute: {
      id: asId<RouteId>('R1'),
      integrationId: id,
      position: 0,
      routingType: 'regex',
      routingRegex: null,
      isDefault: true,
      escalationChainId: null,
    },
  }
}

/** Bytes that never repeat, so that every id is another one. */
function bytes(): (count: number) => Uint8Array {
  let next = 0
  return (count) => Uint8Array.from({ length: count }, () => (next += 7) % 200)
}
