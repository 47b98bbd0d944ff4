import { expect, test } from 'vitest'
import { loggedPath } from './request-log.ts'

test('a path of the API is logged as it is, without the token of an export', () => {
  expect(loggedPath('/api/v1/users/?email=a@b', '/api/v1/users/')).toBe('/api/v1/users/?email=a@b')
  expect(loggedPath('/api/v1/schedules/S1/export?x=1&token=hidden&y=2', '/api/v1/schedules/:id/export')).toBe(
    '/api/v1/schedules/S1/export?x=1&token=***&y=2',
  )
})

test('a secret in the query of the API is not logged, however its key is written', () => {
  const route = '/api/v1/users/'
  const secret = 'abcdefghij0123456789'
  for (const key of ['token', 'access_token', 'ToKeN', '%74oken', 'key', 'api_key', 'other']) {
    expect(loggedPath(`/api/v1/users/?page=2&${key}=${secret}`, route)).toBe(`/api/v1/users/?page=2&${key}=***`)
  }
  expect(loggedPath('/api/v1/integrations/v1/webhook/hidden/?key=hidden', undefined)).toBe('/api/***')
})

test('other paths may carry secrets, so their pattern stands for them', () => {
  expect(loggedPath('/integrations/v1/grafana/hidden/', '/integrations/v1/:type/:token')).toBe('/integrations/v1/:type/:token')
  expect(loggedPath('/r/hidden?x=hidden', '/r/:token')).toBe('/r/:token')
})

test('of a path that no route took only the first word is logged', () => {
  expect(loggedPath('/integrations/grafana/hidden/', undefined)).toBe('/integrations/***')
  expect(loggedPath('/api/events/hidden', undefined)).toBe('/api/***')
  expect(loggedPath('/?token=hidden', undefined)).toBe('/***')
})
