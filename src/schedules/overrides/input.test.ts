import { describe, expect, test } from 'vitest'
import { type Instant, instant } from '../../lib/time.ts'
import { parseOverride, parseOverrideUpdate } from './input.ts'
import { overrideRecord } from './record.ts'

const at = (text: string): Instant => instant(Date.parse(text))
const times = { start: '2026-04-01T12:00:00Z', end: '2026-04-01T20:00:00+02:00' }
const span = { name: null, startAt: at('2026-04-01T12:00:00Z'), endAt: at('2026-04-01T18:00:00Z') }

function override(fields: object) {
  const read = parseOverride({ ...times, ...fields })
  if (!read.ok) throw new Error(JSON.stringify(read.reason))
  return read.value
}

describe('an override', () => {
  test.each([
    [
      { kind: 'replace_all', users: ['UANA', 'UBEN', 'UANA'], user: 7 },
      { kind: 'replace-all', users: ['UANA', 'UBEN'] },
    ],
    [
      { kind: 'replace_all', users: null },
      { kind: 'replace-all', users: [] },
    ],
    [
      { kind: 'replace_user', user: 'UANA', replaced: 'UBEN' },
      { kind: 'replace-user', userId: 'UANA', replaced: 'UBEN' },
    ],
    [
      { kind: 'add', user: 'UANA' },
      { kind: 'add', userId: 'UANA' },
    ],
    [
      { kind: 'remove', user: 'UANA' },
      { kind: 'remove', userId: 'UANA' },
    ],
  ])('is read: %j', (fields, wanted) => {
    expect(override(fields)).toEqual({ ...span, ...wanted })
    expect(parseOverride(overrideRecord(override(fields)))).toEqual({ ok: true, value: { ...span, ...wanted } })
  })

  test.each<[string, object, object]>([
    ['without a kind', {}, { kind: ['This field is required.'] }],
    ['of an unknown kind', { kind: 'replace-all' }, { kind: ['Must be one of replace_all, replace_user, add, remove.'] }],
    [
      'of an empty list',
      { kind: 'replace_all', users: [] },
      { users: ['This list may not be empty; null puts nobody on call.'] },
    ],
    ['of nobody', { kind: 'add', user: '' }, { user: ['This field may not be null.'] }],
    [
      'of a person and themself',
      { kind: 'replace_user', user: 'UANA', replaced: 'UANA' },
      { replaced: ['Nobody replaces themself.'] },
    ],
    [
      'that ends when it starts',
      { kind: 'add', user: 'UANA', end: times.start },
      { end: ['The override ends after it starts.'] },
    ],
    [
      'without an offset, on a day that no year has',
      { kind: 'add', user: 'UANA', start: '2026-04-01T12:00:00', end: '2026-02-30T12:00:00Z' },
      { start: [expect.stringContaining('Datetime has')], end: [expect.stringContaining('Datetime has')] },
    ],
  ])('%s is refused', (_what, fields, wanted) => {
    expect(parseOverride({ ...times, ...fields })).toEqual({ ok: false, reason: { kind: 'invalid-fields', fields: wanted } })
  })

  test('begins and ends at whole seconds', () => {
    const within = { start: '2026-04-01T12:00:00.999Z', end: '2026-04-01T18:00:00.001Z' }
    expect(override({ kind: 'add', user: 'UANA', ...within })).toMatchObject(span)
    const instantly = parseOverride({ kind: 'add', user: 'UANA', start: '2026-04-01T12:00:00.1Z', end: '2026-04-01T12:00:00.9Z' })
    expect(instantly).toMatchObject({ ok: false, reason: { fields: { end: ['The override ends after it starts.'] } } })
  })

  test('keeps what a change does not say, as far as its kind knows it', () => {
    const before = override({ kind: 'replace_user', user: 'UANA', replaced: 'UBEN', name: 'Wedding' })
    expect(parseOverrideUpdate({ kind: 'add' }, before)).toMatchObject({
      value: { kind: 'add', userId: 'UANA', name: 'Wedding' },
    })
    expect(parseOverrideUpdate({ end: '2026-04-02T00:00:00Z' }, before)).toMatchObject({
      value: { kind: 'replace-user', replaced: 'UBEN', endAt: at('2026-04-02T00:00:00Z') },
    })
    expect(parseOverrideUpdate({ kind: 'replace_all' }, before)).toMatchObject({ ok: false })
  })
})
