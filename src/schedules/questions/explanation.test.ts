import { describe, expect, test } from 'vitest'
import type { User } from '../../accounts/user.ts'
import { known } from '../../lib/check.ts'
import { asId, type UserId } from '../../lib/ids.ts'
import { instant } from '../../lib/time.ts'
import { aboveEveryLevel, type Fixed, type Override, type Schedule } from '../engine/schedule.ts'
import { type Explained, explanationOf } from './explanation.ts'
import { findZone } from '../zone.ts'

// Three in the morning of a Monday in Berlin, where the clock is two hours ahead of UTC.

const hour = 3_600_000
const night = Date.UTC(2026, 6, 6, 1)
const user = (name: string) => asId<UserId>(name)

describe('somebody who is on call', () => {
  test('is told the layer and its stretch, and who would be on call without it', () => {
    const layers = [shift('Weeks', -10, 5, 'ana'), { ...shift('Backup', -20, 20, 'ben', 'cai'), level: -1 }]
    expect(told({ layers }).text).toEqual([
      'Ana is on call in "Primary" at 2026-07-06 03:00, Europe/Berlin.',
      'Ana is on call by the layer "Weeks", level 0, from 2026-07-05 17:00 to 2026-07-06 08:00. Without it ben and cai would be on call.',
    ])
    expect(told({ layers }).sources).toEqual([
      'on_call: The layer "Weeks", level 0, has Ana.',
      'beaten: The layer "Backup", level -1, has ben and cai, but level 0 beats it.',
    ])
  })

  test('by an override of the Grafana OnCall API, or by one that replaces one person', () => {
    const layers = [{ ...shift('Sick', -1, 1, 'ana'), level: aboveEveryLevel }, shift('Weeks', -10, 5, 'ben')]
    expect(told({ layers }).text[1]).toBe(
      'Ana is on call by the override "Sick", from 2026-07-06 02:00 to 2026-07-06 04:00. Without it ben would be on call.',
    )
    expect(told({ layers }).sources).toEqual([
      'on_call: The override "Sick" has Ana.',
      'beaten: The layer "Weeks", level 0, has ben, but an override beats it.',
    ])
    const overrides = [override('O', -1, 1, { kind: 'replace-user', replaced: user('ben'), userId: user('cai') })]
    expect(told({ layers: [shift('Weeks', -10, 5, 'ben')], overrides })).toEqual({
      text: [
        'cai is on call in "Primary" at 2026-07-06 03:00, Europe/Berlin.',
        'cai is on call by the override O, instead of ben, from 2026-07-06 02:00 to 2026-07-06 04:00. Without it ben would be on call.',
      ],
      sources: [
        'beaten: The layer "Weeks", level 0, has ben, but an override takes them off.',
        'on_call: The override O, from 2026-07-06 02:00 to 2026-07-06 04:00, puts cai on call.',
      ],
    })
  })

  test('by a swap, or with a swap that nobody has taken', () => {
    const layers = [shift('Weeks', -10, 5, 'ana')]
    const swap = {
      ...{ id: 'S', createdAt: instant(0), startAt: instant(night - hour), endAt: instant(night + hour) },
      beneficiary: user('ana'),
    }
    expect(told({ layers, swaps: [{ ...swap, benefactor: user('ben') }] }).text[1]).toBe(
      'ben is on call by a swap, instead of Ana, from 2026-07-06 02:00 to 2026-07-06 04:00. Without it Ana would be on call.',
    )
    expect(told({ layers, swaps: [{ ...swap, benefactor: null }] }).text[1]).toBe(
      'Ana is on call by the layer "Weeks", level 0, from 2026-07-06 02:00 to 2026-07-06 04:00. Without it nobody would be on call. Ana wants to swap, and nobody has taken it.',
    )
  })
})

describe('where nobody is on call, it is told', () => {
  test('that there is nothing', () => {
    expect(told({}).text).toEqual([
      'Nobody is on call in "Primary" at 2026-07-06 03:00, Europe/Berlin.',
      'The schedule has no layers.',
    ])
  })

  test('what is over, what comes, and what names nobody', () => {
    const layers = [shift('Old', -10, -2, 'ana'), shift('New', 6, 8, 'ben'), shift('Blank', -1, 1)]
    expect(told({ layers }).text.slice(1)).toEqual([
      'The layer "Blank", level 0, names nobody.',
      'The layer "New", level 0, has not begun; it has somebody from 2026-07-06 09:00 on.',
      'The layer "Old", level 0, has ended, at 2026-07-06 01:00.',
    ])
  })

  test('who cannot be paged, and why', () => {
    const layers = [shift('Weeks', -10, 5, 'dee', 'eve', 'fay')]
    const passedOver = new Set(['dee', 'eve', 'fay'].map(user))
    expect(told({ layers, passedOver }).text.slice(1)).toEqual([
      'The layer "Weeks", level 0, has only people who cannot be paged: the account of dee has ended; the role of eve is viewer, which is not paged; fay does not exist any more.',
    ])
  })

  test('what overrides did', () => {
    const layers = [shift('Weeks', -10, 5, 'ana')]
    const empty = override('Party', -2, 2, { kind: 'replace-all', users: [] })
    expect(told({ layers, overrides: [empty] })).toEqual({
      text: [
        'Nobody is on call in "Primary" at 2026-07-06 03:00, Europe/Berlin.',
        'The layer "Weeks", level 0, has Ana, but an override replaces everybody.',
        'The override "Party", from 2026-07-06 01:00 to 2026-07-06 05:00, leaves nobody on call.',
      ],
      sources: [
        'beaten: The layer "Weeks", level 0, has Ana, but an override replaces everybody.',
        'takes_away: The override "Party", from 2026-07-06 01:00 to 2026-07-06 05:00, leaves nobody on call.',
      ],
    })
    const overrides = [
      override('A', -2, 2, { kind: 'remove', userId: user('ana') }),
      override('B', -2, 2, { kind: 'replace-user', replaced: user('ana'), userId: user('ben') }),
      override('C', -2, 2, { kind: 'add', userId: user('dee') }),
    ]
    expect(told({ layers, overrides, passedOver: new Set([user('dee')]) }).sources.map((text) => text.split(':')[0])).toEqual([
      'beaten',
      'takes_away',
      'no_effect',
      'absent',
    ])
  })

  test('of more than twenty layers, only so many', () => {
    const layers = Array.from({ length: 25 }, (_none, index) => shift(`N${index}`, -1, 1))
    expect(told({ layers }).text).toHaveLength(22)
    expect(told({ layers }).text.at(-1)).toBe('And 5 more.')
  })

  test('what this program cannot read', () => {
    expect(told({}, ['O1', 'O2']).text.at(-1)).toBe('This version of Watchbell cannot read O1, O2: nobody is on call by it.')
  })
})

function told(schedule: Partial<Schedule>, unreadable: readonly string[] = []) {
  const whole = { layers: [], overrides: [], swaps: [], passedOver: new Set<UserId>(), ...schedule }
  const named = [...whole.layers, ...whole.overrides].map(({ id }): [string, string | null] => [id, id.length > 1 ? id : null])
  const zone = known(findZone('Europe/Berlin'), 'Berlin is a zone')
  const explained: Explained = {
    name: 'Primary',
    schedule: whole,
    names: new Map(named),
    people,
    timeZone: 'Europe/Berlin',
    zone,
    unreadable,
  }
  const { text, sources } = explanationOf(explained, instant(night))
  return { text, sources: sources.map((source) => `${source.state}: ${source.text}`) }
}

const shift = (id: string, from: number, to: number, ...names: string[]): Fixed => ({
  kind: 'fixed',
  ...{ id, level: 0, fromAt: null, toAt: null },
  startAt: instant(night + from * hour),
  endAt: instant(night + to * hour),
  users: names.map(user),
})

type Act =
  | { readonly kind: 'replace-all'; readonly users: readonly UserId[] }
  | { readonly kind: 'replace-user'; readonly replaced: UserId; readonly userId: UserId }
  | { readonly kind: 'add' | 'remove'; readonly userId: UserId }

const override = (id: string, from: number, to: number, act: Act): Override => ({
  ...{ id, createdAt: instant(0), startAt: instant(night + from * hour), endAt: instant(night + to * hour) },
  ...act,
})

const person = (name: string, more: Partial<User> = {}): [string, User] => [
  name,
  {
    id: user(name),
    organizationId: asId('O'),
    username: name,
    email: `${name}@example.com`,
    role: 'editor',
    active: true,
    name: null,
    firstName: null,
    lastName: null,
    slackUserId: null,
    phone: null,
    timeZone: null,
    shiftReminders: [],
    ...more,
  },
]

const people = new Map([
  person('ana', { name: 'Ana' }),
  person('ben'),
  person('cai'),
  person('dee', { active: false }),
  person('eve', { role: 'viewer' }),
])
