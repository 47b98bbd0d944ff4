import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type TestServer, testServer } from '../../test/support/server.ts'
import { authenticate, createOrganization } from './commands.ts'
import { createTokenForOperator } from './operator-commands.ts'

let server: TestServer
let tx: TestServer['db']['tx']

beforeEach(async () => {
  server = await testServer(() => {})
  tx = server.db.tx
})

afterEach(() => server.close())

describe('a token made on the server', () => {
  const make = (email: string | null, role: 'admin' | 'viewer' | null = null) =>
    tx('create token', (open) => createTokenForOperator(open, { name: 'terraform', email, role }))

  test("is the oldest admin's, unless an address says otherwise", async () => {
    const { userId } = await tx('create organization', (open) => createOrganization(open, { name: 'Harbour', email: 'ada@b' }))
    expect(await authenticate(server.db.sql, await make(null))).toMatchObject({ value: { userId, role: 'admin' } })
    expect(await authenticate(server.db.sql, await make('ADA@b'))).toMatchObject({ value: { userId } })
    const robot = await authenticate(server.db.sql, await make('robot@b', 'viewer'))
    expect(robot).toMatchObject({ value: { role: 'viewer' } })
    expect(await authenticate(server.db.sql, await make('robot@b'))).toMatchObject({ value: { role: 'viewer' } })
  })

  test('needs to know whose it is', async () => {
    const detail = (text: RegExp) => ({ refusal: { kind: 'invalid', detail: expect.stringMatching(text) } })
    await expect(make(null)).rejects.toMatchObject(detail(/^There is no organization yet/))
    await tx('create organization', (open) => createOrganization(open, { name: 'Harbour', email: 'ada@b' }))
    await expect(make('nobody@b')).rejects.toMatchObject(detail(/^Nobody here has the e-mail address nobody@b/))
    await expect(make('ada@b', 'viewer')).rejects.toMatchObject(detail(/^ada@b exists and is admin/))
    await expect(make(null, 'admin')).rejects.toMatchObject(detail(/^--role goes with --user/))
    await tx('create organization', (open) => createOrganization(open, { name: 'Other', email: 'ada@b' }))
    await expect(make(null)).rejects.toMatchObject(detail(/^There are several organizations/))
    await expect(make('ada@b')).rejects.toMatchObject(detail(/^ada@b is in several organizations/))
  })
})
