import { expect, test } from 'vitest'
import { isPublic } from './public-routes.ts'

test('a pattern with a star covers what is below it, for its own reason only', () => {
  expect(isPublic('/integrations/v1/:type/:token', 'inbound')).toBe(true)
  expect(isPublic('/integrations/v1/:type/:token/', 'inbound')).toBe(true)
  expect(isPublic('/integrations/v1/:type/:token', 'web')).toBe(false)
  expect(isPublic('/api/v1/integrations', 'inbound')).toBe(false)
})

test('any other pattern covers itself alone, with or without a slash at the end', () => {
  expect(isPublic('/v2/enqueue/', 'inbound')).toBe(true)
  expect(isPublic('/v2/enqueue/more', 'inbound')).toBe(false)
  expect(isPublic('/', 'web')).toBe(true)
  expect(isPublic('/api/v1/users', 'web')).toBe(false)
})
