import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { inParts } from '../../test/support/delivery-world.ts'
import { freshDatabase } from '../../test/support/database.ts'
import { silentLog } from '../../test/support/log.ts'
import type { Actor } from '../accounts/actor.ts'
import { createOrganization, createUser } from '../accounts/commands.ts'
import { makeVault } from '../accounts/secret.ts'
import { type OpenDatabase, openDatabase } from '../db/open.ts'
import { deliveriesLoop } from '../deliveries/loop.ts'
import { readEvents } from '../events/commands.ts'
import { asId, newPublicId, type UserId } from '../lib/ids.ts'
import type { Loop } from '../lib/loop.ts'
import { allShards, shardOf } from '../lib/shard.ts'
import { nodeClock } from '../lib/node/clock.ts'
import { after, instant, minutes, ms, seconds } from '../lib/time.ts'
import type { LogFields, LoopName, MailOutcome, Ports } from '../ports.ts'
import { notifiedPeople, pageAll, stopNotifications, takeDueSteps } from './commands.ts'
import { linkKeyFrom } from './link.ts'
import { notificationsLoop } from './loop.ts'
import { dueRuns } from './store.ts'
import type { Subject } from './subject.ts'

const random = { bytes: (count: number) => randomBytes(count) }
const settings = {
  baseUrl: 'https://watch.example.com',
  mailFrom: 'page@watch.example.com',
  mailIsOn: true,
  linkKey: linkKeyFrom(new Uint8Array(32)),
  messageVault: makeVault({ secretKey: new Uint8Array(32), purpose: 'messages', random }),
}
const start = instant(Date.UTC(2026, 3, 1, 12))
const accepted: MailOutcome = { kind: 'accepted', response: '250 queued', durationMs: ms(5) }

let now = start
let db: OpenDatabase
let ports: Ports
let system: Actor & { readonly kind: 'system' }
let subject: Subject
let answer: (to: string) => MailOutcome = () => accepted
let sentTo: string[] = []
let woken = new Set<LoopName>()
let logged: (LogFields & { readonly message: string })[] = []
let afterSequence = 0

beforeAll(async () => {
  const clock = { now: () => now, monotonic: () => seconds(0), wait: nodeClock.wait }
  const log = { ...silentLog, error: (message: string, fields?: LogFields) => void logged.push({ ...fields, message }) }
  const connection = await freshDatabase()
  db = openDatabase({ connection, poolSize: 4, clock, random, log, onWake: (name) => void woken.add(name) })
  const mail: Ports['send']['mail'] = async ({ to }) => {
    sentTo.push(to)
    return answer(to)
  }
  const http = async () => ({ kind: 'refused' as const, detail: 'no webhooks here', durationMs: ms(0) })
  ports = { clock, random, db, log, send: { http, mail } }
  const made = await db.tx('create organization', (tx) => createOrganization(tx, { name: 'Harbour', email: 'ada@example.com' }))
  system = { kind: 'system', organizationId: made.organizationId }
})

afterAll(() => db.close())

beforeEach(async () => {
  now = start
  answer = () => accepted
  sentTo = []
  woken = new Set()
  logged = []
  subject = {
    id: newPublicId('I', random.bytes),
    integrationId: asId('CABCDEFGHIJKL'),
    title: 'Disk full on db1',
    message: '',
    link: 'https://watch.example.com/alert-groups/I',
    sourceLink: null,
    source: 'Prod Alertmanager',
    urgency: 'medium',
    startedAt: start,
  }
  await db.sql.deleteFrom('notification_runs').execute()
  await db.sql.deleteFrom('deliveries').execute()
  await db.sql.deleteFrom('delivery_results').execute()
  afterSequence = (await readEvents(db.sql, system.organizationId, { after: 0, limit: 10_000 })).at(-1)?.sequence ?? 0
})

let people = 0
async function person(rules: readonly (number | 'email')[] = []) {
  people += 1
  const username = `person${people}`
  const user = await db.tx('create user', (tx) =>
    createUser(tx, system, { username, email: `${username}@example.com`, role: 'editor' }),
  )
  const values = rules.map((rule, position) => ({
    organization_id: system.organizationId,
    id: `N${randomBytes(6).toString('hex')}`,
    user_id: user.id,
    important: false,
    position,
    type: rule === 'email' ? 'email' : 'wait',
    duration_seconds: rule === 'email' ? null : rule * 60,
    created_at: new Date(start),
  }))
  if (values.length > 0) await db.sql.insertInto('notification_rules').values(values).execute()
  return user
}

const pageOne = (userId: UserId, about = subject) =>
  db.tx('page', (tx) => pageAll(tx, settings, [{ actor: system, userId, subject: about, important: false }]))

const loop = (): Loop => notificationsLoop(ports, settings)

/** Sends all that waits, to its end, and the retries that are due. */
async function sendAll(): Promise<void> {
  const deliveries = deliveriesLoop({
    ports,
    vault: settings.messageVault,
    render: inParts(async () => new Map()),
    credentialsOf: async () => new Map(),
    mailFrom: settings.mailFrom,
    wake: () => {},
    isOwned: () => true,
  })
  await deliveries.run(allShards)
  await deliveries.drain(seconds(5))
}

/** How many transactions wait for a row that another one holds. */
async function lockedOut(): Promise<number> {
  const found = await sql<{ readonly count: number }>`
    select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(db.sql)
  return found.rows[0]?.count ?? 0
}

async function events() {
  const found = await readEvents(db.sql, system.organizationId, { after: afterSequence, limit: 100 })
  return found.map(({ type, alertGroupId, data }) => ({ type, alertGroupId, data: JSON.parse(data) }))
}

test('a page that the mail server took over is in the timeline, and its person is notified', async () => {
  const [first, second] = [await person(), await person()]
  answer = (to) => (to === first.email ? { kind: 'deferred', detail: 'busy', durationMs: ms(1) } : accepted)
  await pageOne(first.id)
  await pageOne(second.id)
  await sendAll()
  expect(woken).toContain('notifications')
  expect(await loop().run(allShards)).toBeNull()
  expect(await notifiedPeople(db.sql, system.organizationId, subject.id)).toEqual([second.id])
  answer = () => accepted
  now = after(start, minutes(1))
  await sendAll()
  await loop().run(allShards)
  expect(sentTo).toEqual([first.email, second.email, first.email])
  expect(await notifiedPeople(db.sql, system.organizationId, subject.id)).toEqual([second.id, first.id])
  const sent = (user: typeof first) => ({
    type: 'notification.sent',
    alertGroupId: subject.id,
    data: { user: { id: user.id, username: user.username }, channel: 'email', important: false },
  })
  expect(await events()).toEqual([sent(second), sent(first)])
})

test('people are notified in the order in which they were first reached', async () => {
  const [first, second] = [await person(['email', 5, 'email']), await person([1, 'email'])]
  await pageOne(second.id)
  await pageOne(first.id)
  for (const minute of [0, 1, 5]) {
    now = after(start, minutes(minute))
    await loop().run(allShards)
    await sendAll()
    await loop().run(allShards)
  }
  expect(sentTo).toEqual([first.email, second.email, first.email])
  expect(await notifiedPeople(db.sql, system.organizationId, subject.id)).toEqual([first.id, second.id])
})

test('of several e-mails of one run whose results are taken together the first says when the person was reached', async () => {
  const [first, second] = [await person(['email', 5, 'email']), await person([1, 'email'])]
  await pageOne(second.id)
  await pageOne(first.id)
  await sendAll()
  for (const minute of [1, 5]) {
    now = after(start, minutes(minute))
    for (const key of await dueRuns(db.sql, allShards, { now, limit: 10 })) {
      await db.tx('step', (tx) => takeDueSteps(tx, settings, key))
    }
    await sendAll()
  }
  expect(sentTo).toEqual([first.email, second.email, first.email])
  await loop().run(allShards)
  expect(await notifiedPeople(db.sql, system.organizationId, subject.id)).toEqual([first.id, second.id])
  expect((await events()).map(({ type, data }) => [type, data.user.username])).toEqual([
    ['notification.sent', first.username],
    ['notification.sent', second.username],
    ['notification.sent', first.username],
  ])
})

test('results of several organizations that are taken together each end in the timeline of their own', async () => {
  const made = await db.tx('create organization', (tx) => createOrganization(tx, { name: 'Dock', email: 'eve@example.com' }))
  const user = await person()
  const stranger: Actor = { kind: 'system', organizationId: made.organizationId }
  await pageOne(user.id)
  await db.tx('page', (tx) => pageAll(tx, settings, [{ actor: stranger, userId: made.userId, subject, important: false }]))
  await sendAll()
  await loop().run(allShards)
  expect(await notifiedPeople(db.sql, system.organizationId, subject.id)).toEqual([user.id])
  expect(await notifiedPeople(db.sql, made.organizationId, subject.id)).toEqual([made.userId])
  expect((await events()).map(({ type, data }) => [type, data.user.username])).toEqual([['notification.sent', user.username]])
  const [told, ...others] = await readEvents(db.sql, made.organizationId, { after: 0, limit: 10 })
  expect(told).toMatchObject({ type: 'notification.sent', alertGroupId: subject.id })
  expect(others).toEqual([])
})

test('a page that the mail server refused is in the timeline with the reason, and nobody is notified', async () => {
  const user = await person()
  answer = () => ({ kind: 'rejected', detail: '550 no such user', durationMs: ms(1) })
  await pageOne(user.id)
  await sendAll()
  await loop().run(allShards)
  await loop().run(allShards)
  expect(await events()).toEqual([
    {
      type: 'notification.failed',
      alertGroupId: subject.id,
      data: {
        user: { id: user.id, username: user.username },
        channel: 'email',
        important: false,
        reason: expect.stringContaining('550 no such user'),
      },
    },
  ])
  expect(await notifiedPeople(db.sql, system.organizationId, subject.id)).toEqual([])
})

test('a page that was on its way when its alert group was acknowledged is still in the timeline', async () => {
  const user = await person()
  await pageOne(user.id)
  await sendAll()
  await db.tx('acknowledge', (tx) => stopNotifications(tx, system.organizationId, subject.id))
  await loop().run(allShards)
  expect(await notifiedPeople(db.sql, system.organizationId, subject.id)).toEqual([user.id])
})

test('the loop pages after the waits and says when it is needed next', async () => {
  const user = await person([5, 'email', 15, 'email'])
  await pageOne(user.id)
  expect(woken).toContain('notifications')
  expect(await loop().run(allShards)).toBe(after(start, minutes(5)))
  await sendAll()
  expect(sentTo).toEqual([])
  now = after(start, minutes(5))
  expect(await loop().run(allShards)).toBe(after(start, minutes(20)))
  await sendAll()
  expect(sentTo).toEqual([user.email])
  now = after(start, minutes(20))
  expect(await loop().run(allShards)).toBeNull()
  await sendAll()
  expect(sentTo).toEqual([user.email, user.email])
})

test('a node pages only for the shards that it owns', async () => {
  const user = await person([5, 'email'])
  await pageOne(user.id)
  now = after(start, minutes(5))
  const own = shardOf(subject.id)
  expect(await loop().run(allShards.filter((shard) => shard !== own))).toBeNull()
  expect(await loop().run([])).toBeNull()
  await sendAll()
  expect(sentTo).toEqual([])
  await loop().run([own])
  await sendAll()
  expect(sentTo).toEqual([user.email])
})

test('two nodes that both believe to own a shard send one page', async () => {
  const user = await person([5, 'email'])
  await pageOne(user.id)
  now = after(start, minutes(5))
  const { id } = await db.sql.selectFrom('notification_runs').select('id').executeTakeFirstOrThrow()
  const second = await db.tx('first node', async (tx) => {
    await takeDueSteps(tx, settings, { organizationId: system.organizationId, id: asId(id) })
    const round = loop().run(allShards)
    while ((await lockedOut()) === 0);
    return { round }
  })
  await second.round
  await sendAll()
  expect(sentTo).toEqual([user.email])
  expect(logged).toEqual([])
})

test('a run that cannot be read is logged and put off, and the others are paged', async () => {
  const [broken, sound] = [await person([5, 'email']), await person([5, 'email'])]
  await pageOne(broken.id)
  await db.sql.updateTable('notification_runs').set({ subject: '{}' }).where('user_id', '=', broken.id).execute()
  await pageOne(sound.id, { ...subject, id: newPublicId('I', random.bytes) })
  now = after(start, minutes(6))
  expect(await loop().run(allShards)).toBe(after(start, minutes(7)))
  await sendAll()
  expect(sentTo).toEqual([sound.email])
  expect(logged).toEqual([
    { message: 'notification failed', run_id: expect.any(String), error: expect.stringContaining('broken belief') },
  ])
})

test('a result that cannot be recorded is logged and put off, and the others are recorded', async () => {
  const [broken, sound] = [await person(), await person()]
  await pageOne(broken.id)
  await pageOne(sound.id, { ...subject, id: newPublicId('I', random.bytes) })
  const { subject: kept } = await db.sql.selectFrom('notification_runs').select('subject').executeTakeFirstOrThrow()
  await db.sql.updateTable('notification_runs').set({ subject: '{}' }).where('user_id', '=', broken.id).execute()
  await sendAll()
  expect(await loop().run(allShards)).toBe(after(start, minutes(1)))
  expect((await events()).map(({ data }) => data.user.username)).toEqual([sound.username])
  expect(logged).toEqual([
    { message: 'page result failed', result_id: expect.any(Number), error: expect.stringContaining('broken belief') },
  ])
  await db.sql
    .updateTable('notification_runs')
    .set({ subject: JSON.stringify(kept) })
    .where('user_id', '=', broken.id)
    .execute()
  expect(await loop().run(allShards)).toBe(after(start, minutes(1)))
  now = after(start, minutes(1))
  expect(await loop().run(allShards)).toBeNull()
  expect((await events()).map(({ data }) => data.user.username)).toEqual([sound.username, broken.username])
})

test('more runs than one round takes are taken in the next, at once', async () => {
  const user = await person([5, 'email'])
  for (let count = 0; count < 101; count += 1) await pageOne(user.id, { ...subject, id: newPublicId('I', random.bytes) })
  now = after(start, minutes(5))
  expect(await loop().run(allShards)).toBe(now)
  expect(await loop().run(allShards)).toBeNull()
  const waiting = await db.sql.selectFrom('deliveries').select('id').where('lane', '=', 0).execute()
  expect(waiting).toHaveLength(101)
})
