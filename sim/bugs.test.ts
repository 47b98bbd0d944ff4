import { expect, test } from 'vitest'
import { bugs } from './bugs.ts'
import { lightening, patchedTexts } from './patches.ts'

test.each(bugs)('$name: can be planted in the program as it is', ({ patches, statements = [] }) => {
  expect(patchedTexts([...lightening, ...patches]).size + statements.length).toBeGreaterThan(lightening.length)
})
