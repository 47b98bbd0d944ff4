import { describe, expect, it } from 'vitest'
import { ann, bob, handOver } from '../../../test/support/shift-changes.ts'
import type { PersonOnCall, ShiftChange } from '../shift-change.ts'
import { transitionCount, zendutyBody } from './zenduty.ts'

const second = { kind: 'layer', id: 'OLAYER2222222', name: 'Layer 2' } as const
const override = { kind: 'override', id: 'OOVERRIDE1111', name: 'Cover for Dana' } as const

const named = (username: string, cover: PersonOnCall['cover'] = ann.cover): PersonOnCall => ({
  ...ann,
  id: `U${username}`,
  username,
  cover,
})

const change = (previous: readonly PersonOnCall[], current: readonly PersonOnCall[]): ShiftChange => ({
  ...handOver,
  previous,
  current,
})

type Entry = {
  readonly previous_user: { readonly username: string } | null
  readonly new_user: { readonly username: string } | null
  readonly layer_type: string
  readonly layer_name: string
}
const entriesOf = (one: ShiftChange): readonly Entry[] => JSON.parse(zendutyBody([one])).transitions.Harbour.Primary
const pairsOf = (one: ShiftChange) =>
  entriesOf(one).map(({ previous_user, new_user }) => [previous_user?.username ?? null, new_user?.username ?? null])

describe('a shift change for Zenduty', () => {
  it('is to the letter what its documents show', () => {
    const documented: ShiftChange = {
      ...handOver,
      scheduled_at: '2025-08-11T10:00:00Z',
      schedule: {
        ...handOver.schedule,
        id: '12345678-abcd-1234-efgh-987654321000',
        name: 'Primary Schedule',
        time_zone: 'UTC',
        team: { id: 'abcd1234-5678-90ef-ghij-1234567890ab', name: 'Engineering' },
      },
      previous: [{ ...ann, username: 'user_001', first_name: 'Alice', last_name: 'Johnson' }],
      current: [{ ...bob, username: 'user_002', first_name: 'Bob', last_name: 'Smith' }],
      escalation_chains: [{ id: 'ep-12345678', name: 'Critical Escalation Policy' }],
    }
    expect(zendutyBody([documented])).toBe(
      '{"event_type":"oncall_change","transitions":{"Engineering":{"Primary Schedule":[{' +
        '"schedule_id":"12345678-abcd-1234-efgh-987654321000","schedule_name":"Primary Schedule",' +
        '"team_id":"abcd1234-5678-90ef-ghij-1234567890ab","team_name":"Engineering",' +
        '"previous_user":{"username":"user_001","first_name":"Alice","last_name":"Johnson"},' +
        '"new_user":{"username":"user_002","first_name":"Bob","last_name":"Smith"},' +
        '"transition_time":"2025-08-11T10:00:00+00:00","layer_type":"layer","layer_name":"Layer 1","time_zone":"UTC",' +
        '"escalation_policies":[{"ep_id":"ep-12345678","ep_name":"Critical Escalation Policy"}]}]}}}',
    )
  })

  it('has nobody at the side where nobody was or is', () => {
    expect(pairsOf(change([], [bob]))).toEqual([[null, 'bob']])
    expect(pairsOf(change([ann], []))).toEqual([['ann', null]])
  })

  it('has an entry for each who leaves or arrives, and none for who stays', () => {
    const [carl, dora] = [named('carl'), named('dora')]
    expect(pairsOf(change([ann, carl], [carl, bob, dora]))).toEqual([
      ['ann', 'bob'],
      [null, 'dora'],
    ])
    expect(transitionCount(change([ann, carl], [carl, bob, dora]))).toBe(2)
  })

  it('pairs who leaves with who arrives in the same layer, and the others in order', () => {
    const leaving = [named('carl', second), ann, named('dora', override)]
    const arriving = [bob, named('emil'), named('finn', second)]
    expect(pairsOf(change(leaving, arriving))).toEqual([
      ['ann', 'bob'],
      ['dora', 'emil'],
      ['carl', 'finn'],
    ])
    expect(pairsOf(change(leaving, [bob]))).toEqual([
      ['ann', 'bob'],
      ['carl', null],
      ['dora', null],
    ])
  })

  it('says what covers whoever arrives, or did whoever leaves; a swap is of its layer', () => {
    const coverOf = (one: ShiftChange) => entriesOf(one).map(({ layer_type, layer_name }) => [layer_type, layer_name])
    expect(coverOf(change([ann], [named('dora', override)]))).toEqual([['override', 'Cover for Dana']])
    expect(coverOf(change([named('dora', override)], [ann]))).toEqual([['layer', 'Layer 1']])
    expect(coverOf(change([named('dora', override)], []))).toEqual([['override', 'Cover for Dana']])
    expect(coverOf(change([ann], [{ ...bob, cover: { kind: 'swap', id: 'SW1', name: 'Layer 1' } }]))).toEqual([
      ['layer', 'Layer 1'],
    ])
    expect(coverOf(change([], [named('x', { ...override, name: null })]))).toEqual([['override', 'Override']])
    expect(coverOf(change([], [named('x', { ...second, name: null })]))).toEqual([['layer', 'Layer']])
  })
})

describe('shift changes for Zenduty', () => {
  const of = (name: string, team: ShiftChange['schedule']['team'], id = name): ShiftChange => ({
    ...handOver,
    schedule: { ...handOver.schedule, id, name, team },
  })
  const harbour = { id: 'T1', name: 'Harbour' }

  it('are by team and schedule, and what has no team is under "No team"', () => {
    const body = JSON.parse(zendutyBody([of('Primary', harbour), of('Second', harbour), of('Lone', null)]))
    expect(Object.keys(body.transitions)).toEqual(['Harbour', 'No team'])
    expect(Object.keys(body.transitions.Harbour)).toEqual(['Primary', 'Second'])
    expect(body.transitions['No team'].Lone[0]).toMatchObject({ team_id: null, team_name: 'No team' })
  })

  it('share a list where schedules have the same name', () => {
    const body = JSON.parse(zendutyBody([of('Twin', harbour, 'S1'), of('Twin', { id: 'T2', name: 'Harbour' }, 'S2')]))
    expect(body.transitions.Harbour.Twin.map((entry: { readonly schedule_id: string }) => entry.schedule_id)).toEqual([
      'S1',
      'S2',
    ])
  })

  it('take names of any letters', () => {
    const names = ['__proto__', 'constructor', '"quoted" \\ name', '🔔 Wache', 'תורנות', '42', '']
    const body = JSON.parse(zendutyBody(names.map((name) => of(name, { id: 'T1', name }))))
    expect(
      Object.entries(body.transitions)
        .map(([team, schedules]) => [team, Object.keys(Object(schedules))])
        .toSorted(),
    ).toEqual(names.map((name) => [name, [name]]).toSorted())
  })
})
