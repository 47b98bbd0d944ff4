import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { clockCases } from '../../../scripts/conformance/clock-vectors.ts'
import { shiftCases } from '../../../scripts/conformance/shift-vectors.ts'

describe('vectors of clock changes', () => {
  const cases = clockCases(JSON.parse(readFileSync('test/vectors/schedule-dst.json', 'utf8')))

  test.each(cases)('$id $description', ({ run }) => {
    expect(run()).toEqual([])
  })

  test('there are 78 of them, and one for turns that wait for cover', () => {
    expect(cases).toHaveLength(79)
  })
})

describe('vectors of on-call shifts', () => {
  const cases = shiftCases(JSON.parse(readFileSync('test/vectors/oncall-shifts.json', 'utf8')))

  test.each(cases)('$id $description', ({ run }) => {
    expect(run()).toEqual([])
  })

  test('there are 30 of them', () => {
    expect(cases).toHaveLength(30)
  })
})
