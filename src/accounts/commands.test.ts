import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type TestServer, testServer } from '../../test/support/server.ts'
import { audit, authenticate, bootstrap, createOrganization, createSetupLink, isSetupLinkOpen, useSetupLink } from './commands.ts'
import { isEmpty } from './store.ts'

let server: TestServer
let tx: TestServer['db']['tx']

beforeEach(async () => {
  server = await testServer(() => {})
  tx = server.db.tx
})

afterEach(() => server.close())

const token = 'ab'.repeat(32)
const wanted = { email: 'admin@localhost', token }

async function organizations() {
  return server.db.sql.selectFrom('organizations').select(['id', 'name']).execute()
}

describe('the bootstrap token', () => {
  test('opens an empty database, as an admin', async () => {
    const made = await tx('bootstrap', (open) => bootstrap(open, wanted))
    expect(made?.token).toBe(token)
    expect(await authenticate(server.db.sql, token)).toMatchObject({
      ok: true,
      value: { kind: 'user', role: 'admin', userId: made?.userId, organizationId: made?.organizationId },
    })
  })

  test('is ignored later', async () => {
    await tx('create organization', (open) => createOrganization(open, { name: 'Harbour', email: 'a@b' }))
    expect(await tx('bootstrap', (open) => bootstrap(open, wanted))).toBeNull()
    expect(await authenticate(server.db.sql, token)).toEqual({ ok: false, reason: 'invalid' })
  })

  test('makes one organization, also when several nodes start at the same instant', async () => {
    const made = await Promise.all([1, 2, 3, 4].map(() => tx('bootstrap', (open) => bootstrap(open, wanted))))
    expect(made.filter((beginning) => beginning !== null)).toHaveLength(1)
    expect(await organizations()).toHaveLength(1)
  })
})

describe('a set-up link', () => {
  const input = { name: 'Harbour', email: 'ada@example.com' }
  const newLink = () => tx('create setup link', createSetupLink)
  const use = (link: string) => tx('set up organization', (open) => useSetupLink(open, link, input))

  test('makes the first organization, once', async () => {
    const link = (await newLink()) ?? ''
    expect(await isSetupLinkOpen(server.db.sql, link)).toBe(true)
    const made = await use(link)
    expect(await authenticate(server.db.sql, made.token)).toMatchObject({ ok: true })
    expect(await isSetupLinkOpen(server.db.sql, link)).toBe(false)
    await expect(use(link)).rejects.toMatchObject({ refusal: { kind: 'not-found' } })
  })

  test('is used once even by two at the same instant', async () => {
    const link = (await newLink()) ?? ''
    const results = await Promise.allSettled([use(link), use(link), use(link)])
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(await organizations()).toHaveLength(1)
  })

  test('ends when a newer one is made', async () => {
    const older = (await newLink()) ?? ''
    const newer = (await newLink()) ?? ''
    expect(await isSetupLinkOpen(server.db.sql, older)).toBe(false)
    await expect(use(older)).rejects.toMatchObject({ refusal: { kind: 'not-found' } })
    await use(newer)
  })

  test('ends when an organization is made in another way', async () => {
    const link = (await newLink()) ?? ''
    await tx('create organization', (open) => createOrganization(open, { name: 'Harbour', email: 'a@b' }))
    expect(await isSetupLinkOpen(server.db.sql, link)).toBe(false)
    await expect(use(link)).rejects.toMatchObject({ refusal: { kind: 'not-found' } })
    expect(await newLink()).toBeNull()
  })

  test('outlives bad input', async () => {
    const link = (await newLink()) ?? ''
    const bad = tx('set up organization', (open) => useSetupLink(open, link, { name: ' ', email: 'nobody' }))
    await expect(bad).rejects.toMatchObject({
      refusal: { fields: { name: ['This field may not be blank.'], email: ['Enter a valid email address.'] } },
    })
    expect(await isEmpty(server.db.sql)).toBe(true)
    await use(link)
  })

  test('that never was opens nothing', async () => {
    await newLink()
    for (const link of ['', 'x', token]) {
      expect(await isSetupLinkOpen(server.db.sql, link)).toBe(false)
      await expect(use(link)).rejects.toMatchObject({ refusal: { kind: 'not-found' } })
    }
  })
})

test('the audit keeps who, what and when, and the transaction it belongs to', async () => {
  const { organizationId } = await tx('create organization', (open) =>
    createOrganization(open, { name: 'Harbour', email: 'ada@b' }),
  )
  const actor = { kind: 'system', organizationId } as const
  const entry = { action: 'harbour painted', subjectId: 'H1', details: { colour: 'red' } }
  const lost = tx('paint', async (open) => {
    await audit(open, actor, entry)
    throw new Error('out of paint')
  })
  await expect(lost).rejects.toThrow('out of paint')
  await tx('paint', (open) => audit(open, actor, entry))
  const rows = await server.db.sql.selectFrom('audit_entries').selectAll().where('action', '=', 'harbour painted').execute()
  expect(rows).toEqual([
    {
      organization_id: organizationId,
      id: expect.any(String),
      at: new Date('2026-04-01T12:00:00Z'),
      actor: { kind: 'system' },
      action: 'harbour painted',
      subject_id: 'H1',
      details: { colour: 'red' },
    },
  ])
})
