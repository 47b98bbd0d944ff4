import { randomBytes } from 'node:crypto'
import PostalMime from 'postal-mime'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { freshDatabase } from '../../test/support/database.ts'
import { silentLog } from '../../test/support/log.ts'
import type { Actor } from '../accounts/actor.ts'
import { createOrganization, createUser, deactivateUser, updateUser } from '../accounts/commands.ts'
import type { Role } from '../accounts/role.ts'
import { makeVault } from '../accounts/secret.ts'
import { type OpenDatabase, openDatabase } from '../db/open.ts'
import { readEvents } from '../events/commands.ts'
import { type AlertGroupId, asId, newPublicId, newUuid, type OrganizationId, type UserId } from '../lib/ids.ts'
import { after, instant, minutes, seconds } from '../lib/time.ts'
import { notifiedPeople, type Page, pageAll, stopNotifications, takeDueSteps } from './commands.ts'
import { linkKeyFrom, readLink } from './link.ts'
import type { NotificationRunId } from './run.ts'
import type { NotificationSettings } from './settings.ts'
import type { Subject } from './subject.ts'

const random = { bytes: (count: number) => randomBytes(count) }
const settings: NotificationSettings = {
  baseUrl: 'https://watch.example.com/on-call',
  mailFrom: 'Watchbell <page@watch.example.com>',
  mailIsOn: true,
  linkKey: linkKeyFrom(new Uint8Array(32)),
  messageVault: makeVault({ secretKey: new Uint8Array(32), purpose: 'messages', random }),
}
const start = instant(Date.UTC(2026, 3, 1, 12))

let now = start
let db: OpenDatabase
let system: Actor & { readonly kind: 'system' }
let subject: Subject
let afterSequence = 0

beforeAll(async () => {
  const clock = { now: () => now, monotonic: () => seconds(0), wait: async () => {} }
  db = openDatabase({ connection: await freshDatabase(), poolSize: 4, clock, random, log: silentLog, onWake: () => {} })
  const made = await db.tx('create organization', (tx) => createOrganization(tx, { name: 'Harbour', email: 'ada@example.com' }))
  system = { kind: 'system', organizationId: made.organizationId }
})

afterAll(() => db.close())

beforeEach(async () => {
  now = start
  subject = {
    id: newPublicId('I', random.bytes),
    integrationId: asId('CABCDEFGHIJKL'),
    title: 'Disk full on db1',
    message: 'Only 2 % left.',
    link: 'https://watch.example.com/on-call/alert-groups/I',
    sourceLink: null,
    source: 'Prod Alertmanager',
    urgency: 'medium',
    startedAt: start,
  }
  afterSequence = (await readEvents(db.sql, system.organizationId, { after: 0, limit: 10_000 })).at(-1)?.sequence ?? 0
})

let people = 0
async function person(role: Role = 'editor'): Promise<{ readonly id: UserId; readonly username: string }> {
  people += 1
  const username = `person${people}`
  return db.tx('create user', (tx) => createUser(tx, system, { username, email: `${username}@example.com`, role }))
}

type RuleRow = readonly [type: string, minutes: number | null, important?: boolean]

async function giveRules(userId: UserId, rules: readonly RuleRow[]): Promise<void> {
  const values = rules.map(([type, duration, important = false], position) => ({
    organization_id: system.organizationId,
    id: `N${randomBytes(6).toString('hex')}`,
    user_id: userId,
    important,
    position,
    type,
    duration_seconds: duration === null ? null : duration * 60,
    created_at: new Date(start),
  }))
  await db.sql.insertInto('notification_rules').values(values).execute()
}

const pageOne = async (userId: UserId, change: Partial<NotificationSettings & { readonly important: boolean }> = {}) => {
  const [reachable] = await pageSeveral([{ userId, important: change.important ?? false }], change)
  return reachable
}

type Wanted = Partial<Page> & Pick<Page, 'userId'>

const pageSeveral = (pages: readonly Wanted[], change: Partial<NotificationSettings> = {}) =>
  db.tx('page', (tx) =>
    pageAll(
      tx,
      { ...settings, ...change },
      pages.map((page) => ({ actor: system, subject, important: false, ...page })),
    ),
  )

const stepOf = (id: NotificationRunId, change: Partial<NotificationSettings> = {}) =>
  db.tx('step', (tx) => takeDueSteps(tx, { ...settings, ...change }, { organizationId: system.organizationId, id }))

async function runs() {
  const rows = await db.sql
    .selectFrom('notification_runs')
    .select(['id', 'state', 'next_step', 'due_at', 'user_id'])
    .where('subject_id', '=', subject.id)
    .orderBy('started_at')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({ ...row, id: asId<NotificationRunId>(row.id), dueInMs: row.due_at.getTime() - start }))
}

async function waitingMails() {
  const rows = await db.sql
    .selectFrom('deliveries as d')
    .innerJoin('messages as m', (join) =>
      join.onRef('m.id', '=', 'd.message_id').onRef('m.organization_id', '=', 'd.organization_id'),
    )
    .select(['m.id', 'm.kind', 'm.target', 'm.body_sealed', 'd.lane', 'd.cancel_key', 'd.subject_id'])
    .where('d.subject_id', '=', subject.id)
    .orderBy('d.id')
    .execute()
  return rows
}

async function events() {
  const found = await readEvents(db.sql, system.organizationId, { after: afterSequence, limit: 100 })
  return found.map(({ type, alertGroupId, data }) => ({ type, alertGroupId, data: JSON.parse(data) }))
}

const failure = (user: { id: string; username: string | null }, channel: string | null, reason: string) => ({
  type: 'notification.failed',
  alertGroupId: subject.id,
  data: { user: { id: user.id, username: user.username }, channel, important: false, reason },
})

test('a person without rules has one e-mail owed when the page commits, and their links act for them alone', async () => {
  const { id, username } = await person()
  subject = { ...subject, urgency: 'high' }
  expect(await pageOne(id)).toBe(true)
  const [mail, ...others] = await waitingMails()
  const [run] = await runs()
  expect(others).toEqual([])
  expect(mail).toMatchObject({ kind: 'mail', target: `${username}@example.com`, lane: 0, cancel_key: run?.id })
  expect(run).toMatchObject({ state: 'finished', next_step: 1 })
  const parsed = await PostalMime.parse(settings.messageVault.openBytes(mail?.body_sealed ?? Buffer.of(), `message ${mail?.id}`))
  expect(parsed.subject).toBe('Alert: Disk full on db1')
  expect(parsed.references).toBe(`<${system.organizationId}.${subject.id}@watch.example.com>`)
  expect(parsed.headers.find(({ key }) => key === 'importance')?.value).toBe('high')
  const links = [...(parsed.text ?? '').matchAll(/https:\/\/watch\.example\.com\/on-call\/r\/(\S+)/g)].map(
    ([, token = '']) => token,
  )
  expect(links.map((token) => readLink(settings.linkKey, token, start))).toEqual(
    (['acknowledge', 'resolve'] as const).map((action) => ({
      ok: true,
      value: {
        organizationId: system.organizationId,
        userId: id,
        alertGroupId: subject.id,
        action,
        expiresAt: instant(Date.UTC(2026, 4, 1, 12)),
      },
    })),
  )
  expect(await events()).toEqual([])
})

test('what is not committed was never owed', async () => {
  const { id } = await person()
  const attempt = db.tx('page', async (tx) => {
    await pageAll(tx, settings, [{ actor: system, userId: id, subject, important: false }])
    throw new Error('the node dies')
  })
  await expect(attempt).rejects.toThrow('the node dies')
  expect(await waitingMails()).toEqual([])
  expect(await runs()).toEqual([])
})

test('rules are followed in their order, and only a wait waits', async () => {
  const { id } = await person()
  await giveRules(id, [
    ['email', null],
    ['email', null],
    ['wait', 5],
    ['email', null],
    ['wait', 15],
  ])
  expect(await pageOne(id)).toBe(true)
  expect(await waitingMails()).toHaveLength(2)
  const [run] = await runs()
  expect(run).toMatchObject({ state: 'running', next_step: 3, dueInMs: 300_000 })
  now = after(start, minutes(4))
  await stepOf(run?.id ?? asId(''))
  expect(await waitingMails()).toHaveLength(2)
  now = after(start, minutes(6))
  await stepOf(run?.id ?? asId(''))
  await stepOf(run?.id ?? asId(''))
  expect(await waitingMails()).toHaveLength(3)
  expect(await runs()).toMatchObject([{ state: 'finished', next_step: 5 }])
})

test('an important page follows the important rules', async () => {
  const { id } = await person()
  await giveRules(id, [
    ['wait', 60],
    ['email', null],
    ['email', null, true],
  ])
  await pageOne(id, { important: true })
  expect(await waitingMails()).toHaveLength(1)
  expect(await runs()).toMatchObject([{ state: 'finished' }])
})

test('a new page begins beside what is still running for the same person, so that no wait begins anew', async () => {
  const { id } = await person()
  await giveRules(id, [
    ['email', null],
    ['wait', 15],
    ['email', null],
  ])
  for (const minute of [0, 5, 10]) {
    now = after(start, minutes(minute))
    await pageOne(id)
  }
  expect((await runs()).map(({ state, dueInMs }) => [state, dueInMs])).toEqual([
    ['running', 900_000],
    ['running', 1_200_000],
    ['running', 1_500_000],
  ])
  const [first] = await runs()
  now = after(start, minutes(15))
  await stepOf(first?.id ?? asId(''))
  expect(await waitingMails()).toHaveLength(4)
})

test('an important page does not end a usual one that waits', async () => {
  const { id } = await person()
  await giveRules(id, [
    ['wait', 15],
    ['email', null],
    ['email', null, true],
  ])
  await pageOne(id)
  await pageOne(id, { important: true })
  expect((await runs()).map(({ state }) => state).toSorted()).toEqual(['finished', 'running'])
})

test('whom two pages of one call want by the same list is paged once, and both are answered', async () => {
  const { id, username } = await person()
  await giveRules(id, [
    ['email', null],
    ['wait', 5],
    ['email', null],
  ])
  expect(await pageSeveral([{ userId: id }, { userId: id }])).toEqual([true, true])
  expect(await runs()).toMatchObject([{ state: 'running', next_step: 2, dueInMs: 300_000 }])
  expect((await waitingMails()).map(({ target }) => target)).toEqual([`${username}@example.com`])
})

test('whom two pages of one call want by both lists follows both', async () => {
  const { id } = await person()
  await giveRules(id, [
    ['wait', 5],
    ['email', null],
    ['email', null, true],
  ])
  expect(await pageSeveral([{ userId: id }, { userId: id, important: true }])).toEqual([true, true])
  expect((await runs()).map(({ state }) => state).toSorted()).toEqual(['finished', 'running'])
})

test('of a person whom two pages of one call cannot reach the timeline says so once', async () => {
  const user = await person('viewer')
  expect(await pageSeveral([{ userId: user.id }, { userId: user.id }])).toEqual([false, false])
  expect(await events()).toEqual([failure(user, null, 'The role viewer may not be notified')])
})

test('the answers, the mails and the timeline of one call have the order of its pages', async () => {
  const [viewer, alice, nobody, bob] = [await person('viewer'), await person(), await person('none'), await person()]
  await giveRules(bob.id, [
    ['email', null],
    ['email', null],
    ['wait', 60, true],
    ['email', null, true],
  ])
  const asked = [{ userId: bob.id }, { userId: nobody.id }, { userId: alice.id }, { userId: viewer.id }]
  expect(await pageSeveral([...asked, { userId: bob.id, important: true }])).toEqual([true, false, true, false, true])
  const targets = (await waitingMails()).map(({ target }) => target)
  expect(targets).toEqual([bob, bob, alice].map(({ username }) => `${username}@example.com`))
  expect(await events()).toEqual([
    failure(nobody, null, 'The role none may not be notified'),
    failure(viewer, null, 'The role viewer may not be notified'),
  ])
})

test('one call pages the people of several organizations, each through their own', async () => {
  const made = await db.tx('create organization', (tx) => createOrganization(tx, { name: 'Dock', email: 'eve@example.com' }))
  const stranger: Actor = { kind: 'system', organizationId: made.organizationId }
  const { id, username } = await person()
  const answers = await pageSeveral([
    { userId: id },
    { userId: made.userId, actor: stranger },
    { userId: id, actor: stranger },
    { userId: made.userId },
  ])
  expect(answers).toEqual([true, true, false, false])
  const mails = await db.sql
    .selectFrom('deliveries as d')
    .innerJoin('endpoints as e', (join) =>
      join.onRef('e.id', '=', 'd.endpoint_id').onRef('e.organization_id', '=', 'd.organization_id'),
    )
    .innerJoin('messages as m', (join) =>
      join.onRef('m.id', '=', 'd.message_id').onRef('m.organization_id', '=', 'd.organization_id'),
    )
    .select(['d.organization_id', 'e.kind', 'm.target'])
    .where('d.subject_id', '=', subject.id)
    .orderBy('d.id')
    .execute()
  expect(mails).toEqual([
    { organization_id: system.organizationId, kind: 'mail', target: `${username}@example.com` },
    { organization_id: made.organizationId, kind: 'mail', target: 'eve@example.com' },
  ])
  expect(await events()).toEqual([failure({ id: made.userId, username: null }, null, 'This person does not exist any more')])
})

test('a call without pages does nothing', async () => {
  expect(await pageSeveral([])).toEqual([])
  expect(await runs()).toEqual([])
})

test('stopping ends every run and takes back the pages that have not left, of this subject only', async () => {
  const [alice, bob] = [await person(), await person()]
  await giveRules(bob.id, [
    ['email', null],
    ['wait', 5],
    ['email', null],
  ])
  const first = subject
  await pageOne(alice.id)
  await pageOne(bob.id)
  subject = { ...first, id: newPublicId('I', random.bytes) }
  await pageOne(alice.id)
  const other = subject
  subject = first
  const second = (await runs()).find(({ user_id }) => user_id === bob.id)
  expect(second).toMatchObject({ state: 'running' })
  await db.tx('acknowledge', (tx) => stopNotifications(tx, system.organizationId, subject.id))
  expect(await waitingMails()).toEqual([])
  expect((await runs()).map(({ state }) => state).toSorted()).toEqual(['finished', 'stopped'])
  now = after(start, minutes(6))
  await stepOf(second?.id ?? asId(''))
  expect(await waitingMails()).toEqual([])
  subject = other
  expect(await waitingMails()).toHaveLength(1)
})

test('without a mail server the timeline says that the page is impossible, and the run goes on', async () => {
  const user = await person()
  await giveRules(user.id, [
    ['email', null],
    ['wait', 5],
    ['email', null],
  ])
  expect(await pageOne(user.id, { mailIsOn: false })).toBe(false)
  expect(await events()).toEqual([failure(user, 'email', 'E-mail is off: WATCHBELL_SMTP_URL is not set')])
  const [run] = await runs()
  expect(run).toMatchObject({ state: 'running' })
  now = after(start, minutes(5))
  await stepOf(run?.id ?? asId(''))
  expect(await waitingMails()).toHaveLength(1)
})

test.each([
  ['viewer', 'The role viewer may not be notified'],
  ['none', 'The role none may not be notified'],
] as const)('a person with the role %s is not paged, and the timeline says why', async (role, reason) => {
  const user = await person(role)
  expect(await pageOne(user.id)).toBe(false)
  expect(await waitingMails()).toEqual([])
  expect(await events()).toEqual([failure(user, null, reason)])
})

test('a person who left, or never was, is not paged, and the timeline says why', async () => {
  const user = await person()
  await db.tx('deactivate user', (tx) => deactivateUser(tx, system, user.id))
  expect(await pageOne(user.id)).toBe(false)
  expect(await pageOne(asId('UNOBODY'))).toBe(false)
  expect(await events()).toEqual([
    failure(user, null, 'The account of this person is deactivated'),
    failure({ id: 'UNOBODY', username: null }, null, 'This person does not exist any more'),
  ])
})

test('a person who loses the right to be notified during a wait is not paged after it', async () => {
  const user = await person()
  await giveRules(user.id, [
    ['wait', 5],
    ['email', null],
  ])
  await pageOne(user.id)
  await db.tx('update user', (tx) => updateUser(tx, system, { id: user.id, change: { role: 'viewer' } }))
  now = after(start, minutes(5))
  const [run] = await runs()
  await stepOf(run?.id ?? asId(''))
  expect(await waitingMails()).toEqual([])
  expect(await runs()).toMatchObject([{ state: 'finished' }])
  expect(await events()).toEqual([failure(user, null, 'The role viewer may not be notified')])
})

test('rules that only wait count as none, so the person gets an e-mail at once', async () => {
  const user = await person()
  await giveRules(user.id, [['wait', 5]])
  expect(await pageOne(user.id)).toBe(true)
  expect(await waitingMails()).toHaveLength(1)
  expect(await runs()).toMatchObject([{ state: 'finished' }])
  expect(await events()).toEqual([])
})

test.each([
  ['low', false],
  ['medium', false],
  ['high', true],
  ['critical', true],
] as const)('a subject of the urgency %s is paged by the important rules: %s', async (urgency, isImportant) => {
  const { id } = await person()
  await giveRules(id, [
    ['wait', 60],
    ['email', null],
    ['email', null, true],
  ])
  subject = { ...subject, urgency }
  await pageOne(id)
  expect(await waitingMails()).toHaveLength(isImportant ? 1 : 0)
  const kept = await db.sql.selectFrom('notification_runs').select('important').where('subject_id', '=', subject.id).execute()
  expect(kept).toEqual([{ important: isImportant }])
})

test('an important page follows the usual rules of a person without important ones, from their first channel on', async () => {
  const { id } = await person()
  await giveRules(id, [
    ['wait', 60],
    ['email', null],
    ['wait', 5],
    ['email', null],
  ])
  await pageOne(id, { important: true })
  expect(await waitingMails()).toHaveLength(1)
  expect(await runs()).toMatchObject([{ state: 'running', dueInMs: 300_000 }])
})

test('rules of a type that only a newer version knows are passed over', async () => {
  const { id } = await person()
  await giveRules(id, [
    ['carrier_pigeon', null],
    ['email', null],
    ['email', null],
  ])
  await pageOne(id)
  expect(await waitingMails()).toHaveLength(2)
})

test('changed and removed rules leave the pages alone that are under way', async () => {
  const { id } = await person()
  await giveRules(id, [
    ['wait', 5],
    ['email', null],
  ])
  await pageOne(id)
  await db.sql.deleteFrom('notification_rules').where('user_id', '=', id).execute()
  const [run] = await runs()
  now = after(start, minutes(5))
  await stepOf(run?.id ?? asId(''))
  expect(await waitingMails()).toHaveLength(1)
})

test('nobody is notified before a provider has taken a page over', async () => {
  const { id } = await person()
  await pageOne(id)
  expect(await notifiedPeople(db.sql, system.organizationId, subject.id)).toEqual([])
})

test('another organization sees and stops nothing', async () => {
  const { id } = await person()
  await pageOne(id)
  const stranger: OrganizationId = asId('OSTRANGER0000')
  await db.tx('acknowledge', (tx) => stopNotifications(tx, stranger, subject.id))
  expect(await waitingMails()).toHaveLength(1)
  await db.tx('step', (tx) => takeDueSteps(tx, settings, { organizationId: stranger, id: newUuid(now, random.bytes) }))
  const subjectId: AlertGroupId = subject.id
  expect(await notifiedPeople(db.sql, stranger, subjectId)).toEqual([])
})
