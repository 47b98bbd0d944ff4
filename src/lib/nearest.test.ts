import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

test('the nearest takes the fewest letters to insert, remove or replace', () => {
  const words = ['port', 'host', 'base url']
  expect(nearest('prot', words, 2)).toBe('port')
  expect(nearest('ports', words, 1)).toBe('port')
  expect(nearest('hst', words, 1)).toBe('host')
  expect(nearest('port', words, 0)).toBe('port')
})

test('what is too far away is not near', () => {
  expect(nearest('prot', ['port'], 1)).toBeNull()
  expect(nearest('x', [], 5)).toBeNull()
})
