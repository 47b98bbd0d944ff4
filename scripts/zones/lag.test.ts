import { expect, test } from 'vitest'
import { lagOf } from './lag.ts'

test('rules of time zones that are not the newest are warned of', () => {
  expect(lagOf('0.6.6', '0.6.6')).toBeNull()
  expect(lagOf('0.6.6', '0.6.7')).toBe(
    'warning: moment-timezone 0.6.7 is out, 0.6.6 is installed: hand-overs follow the older rules of time zones',
  )
})
