import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, testApi } from '../../test/support/api.ts'
import { type TestServer, testServer } from '../../test/support/server.ts'
import { accountRoutes } from './routes.ts'

let server: TestServer
let api: Api

beforeAll(async () => {
  server = await testServer((app, db) => accountRoutes(app, { db, version: 'test' }))
  api = await testApi(server)
})

afterAll(() => server.close())

test.each(['slack_channels', 'slack_channels/?channel_name=general', 'user_groups/', 'user_groups?slack_handle=support&page=7'])(
  'there is no chat to name: %s answers an empty page',
  async (path) => {
    const { status, text } = await api.callAs('viewer', 'GET', `/api/v1/${path}`)
    expect({ status, text }).toEqual({
      status: 200,
      text: '{"count":0,"next":null,"previous":null,"results":[],"page_size":50,"current_page_number":1,"total_pages":1}',
    })
    expect((await api.callAs('none', 'GET', `/api/v1/${path}`)).status).toBe(403)
    expect(await api.call('POST', `/api/v1/${path}`, { name: 'general' })).toMatchObject({
      status: 405,
      text: '{"detail":"Method \\"POST\\" not allowed."}',
    })
  },
)
