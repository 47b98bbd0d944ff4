import { describe, expect, test } from 'vitest'
import { filterOf, labelsWith } from './query.ts'

const labels = (count: number) => Array.from({ length: count }, (_, index) => `key-${index}:x`)

describe('the filter by labels', () => {
  test('takes twenty labels', () => {
    const filter = filterOf({ label: labels(20) })
    expect(filter.ok && filter.value.labels?.length).toBe(20)
  })

  test('refuses more in words, also those that are no labels', () => {
    const refused = {
      ok: false,
      reason: { kind: 'invalid-fields', fields: { label: ['At most 20 labels can be given.'] } },
    }
    expect(filterOf({ label: labels(21) })).toEqual(refused)
    expect(filterOf({ label: Array.from({ length: 21 }, () => 'x') })).toEqual(refused)
  })
})

test('labels are asked for as one object, in which two values of a key are what no group has', () => {
  const label = (key: string, value: string) => ({ key, value })
  expect(JSON.stringify(labelsWith([label('team', 'boilers'), label('__proto__', '1'), label('team', 'boilers')]))).toBe(
    '{"team":"boilers","__proto__":"1"}',
  )
  expect(labelsWith([label('team', 'boilers'), label('team', 'kitchen')])).toEqual({ team: ['boilers', 'kitchen'] })
})
