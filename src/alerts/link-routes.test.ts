import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BoilerRoom, boilerRoom } from '../../test/support/boiler-room.ts'
import { type Crew, pageSettings, stillStart, type StillWorld, stillWorld } from '../../test/support/still-world.ts'
import { asId, type UserId } from '../lib/ids.ts'
import { after, days, minutes, seconds } from '../lib/time.ts'
import { type LinkAction, type LinkClaim, newLink } from '../notifications/link.ts'

/** The links in messages, which act without signing in. */
let world: StillWorld
let room: BoilerRoom
let crew: Crew

beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'harbour')
  crew = room.crew
})

afterAll(() => world.close())

const claimOf = (id: string, change: Partial<LinkClaim> = {}): LinkClaim => ({
  organizationId: crew.organizationId,
  userId: crew.users.editor,
  alertGroupId: asId(id),
  action: 'acknowledge',
  expiresAt: after(world.now(), days(30)),
  ...change,
})

const follow = async (token: string, method: 'GET' | 'HEAD' | 'POST' = 'POST') => {
  const answer = await world.app.inject({ method, url: `/r/${token}` })
  return { status: answer.statusCode, html: answer.body, headers: answer.headers }
}

const linkTo = (id: string, change: Partial<LinkClaim> = {}) => newLink(pageSettings.linkKey, claimOf(id, change))

test('a link changes nothing when it is only looked at', async () => {
  const id = await room.newGroup()
  for (const method of ['GET', 'HEAD'] as const) {
    const { status, headers } = await follow(linkTo(id), method)
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'text/html; charset=utf-8' })
  }
  expect((await room.show(id)).state).toBe('firing')
  expect((await follow(linkTo(id), 'GET')).html).toContain('<form method="post">')
})

test.each<[LinkAction, string, string]>([
  ['acknowledge', 'acknowledged', 'alert_group.acknowledged'],
  ['resolve', 'resolved', 'alert_group.resolved'],
])('to %s acts as its person when its button is pressed', async (action, state, type) => {
  const id = await room.newGroup()
  const { status, headers } = await follow(linkTo(id, { action }))
  expect(status).toBe(200)
  expect(headers['content-security-policy']).toContain("default-src 'none'")
  expect(headers['referrer-policy']).toBe('no-referrer')
  expect(await room.show(id)).toMatchObject({ state, [`${state}_by`]: crew.users.editor })
  expect((await room.timeline(id)).at(-1)).toMatchObject({ type, actor: { kind: 'link', id: crew.users.editor } })
})

test('a link takes the form as browsers send it', async () => {
  const id = await room.newGroup()
  const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://bell.example', accept: 'text/html' }
  const answer = await world.app.inject({ method: 'POST', url: `/r/${linkTo(id)}`, headers, payload: '' })
  expect(answer.statusCode).toBe(200)
  expect((await room.show(id)).state).toBe('acknowledged')
})

test('a link pressed twice acts once', async () => {
  const id = await room.newGroup()
  await follow(linkTo(id))
  const second = await follow(linkTo(id))
  expect(second.status).toBe(200)
  expect(second.html).toContain('Nothing left to do')
  expect((await room.typesOf(id)).filter((type) => type === 'alert_group.acknowledged').length).toBe(1)
})

test('a link pressed twice at the same instant acts once and answers both with a page', async () => {
  for (let round = 0; round < 5; round += 1) {
    const id = await room.newGroup()
    const answers = await Promise.all([follow(linkTo(id)), follow(linkTo(id)), follow(linkTo(id))])
    for (const { status, headers } of answers) {
      expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'text/html; charset=utf-8' })
    }
    expect((await room.typesOf(id)).filter((type) => type === 'alert_group.acknowledged').length).toBe(1)
  }
})

test.each<['acknowledged' | 'resolved', LinkAction]>([
  ['acknowledged', 'acknowledge'],
  ['resolved', 'acknowledge'],
  ['resolved', 'resolve'],
])('of a group that is %s already leaves nothing to %s', async (state, action) => {
  const id = await room.newGroup(state)
  const before = await room.timeline(id)
  for (const method of ['GET', 'POST'] as const) {
    const { status, html } = await follow(linkTo(id, { action }), method)
    expect(status).toBe(200)
    expect(html).toContain('Nothing left to do')
    expect(html).not.toContain('<form')
  }
  expect(await room.timeline(id)).toEqual(before)
})

test('a link to resolve works on what somebody acknowledged', async () => {
  const id = await room.newGroup('acknowledged')
  expect((await follow(linkTo(id, { action: 'resolve' }))).status).toBe(200)
  expect(await room.show(id)).toMatchObject({
    state: 'resolved',
    resolved_by: crew.users.editor,
    acknowledged_by: crew.users.admin,
  })
})

test('a link that is forged or damaged opens nothing', async () => {
  const id = await room.newGroup()
  const good = linkTo(id)
  const other = await room.newGroup()
  const forged = [
    newLink(new Uint8Array(32), claimOf(id)),
    good.replace(id, other),
    good.replace(crew.users.editor, crew.users.admin),
    good.replace('.a.', '.r.'),
    `A${good.slice(1)}` === good ? `B${good.slice(1)}` : `A${good.slice(1)}`,
    good.slice(0, -1),
    `${good}0`,
    `${good}.more`,
    'nonsense',
    '.....',
    '%00',
  ]
  for (const token of forged) {
    for (const method of ['GET', 'POST'] as const) {
      const { status, html } = await follow(token, method)
      expect({ token, status }).toEqual({ token, status: 404 })
      expect(html).not.toContain('Boiler')
    }
  }
  expect((await room.show(id)).state).toBe('firing')
  expect((await room.show(other)).state).toBe('firing')
})

test('a link is over when its time is over', async () => {
  const id = await room.newGroup()
  const expiresAt = after(stillStart, minutes(5))
  const token = linkTo(id, { expiresAt })
  world.setTime(after(stillStart, seconds(299)))
  expect((await follow(token, 'GET')).status).toBe(200)
  world.setTime(expiresAt)
  expect((await follow(token, 'GET')).status).toBe(410)
  expect((await follow(token)).status).toBe(410)
  world.setTime(stillStart)
  expect((await room.show(id)).state).toBe('firing')
})

test('a link opens no group of another organization', async () => {
  const elsewhere = await boilerRoom(world, 'elsewhere')
  const theirs = await elsewhere.newGroup()
  expect((await follow(linkTo(theirs))).status).toBe(404)
  expect((await elsewhere.show(theirs)).state).toBe('firing')
  expect((await follow(linkTo(await room.newGroup(), { organizationId: elsewhere.crew.organizationId }))).status).toBe(403)
})

test('a link of a group that was deleted says so', async () => {
  const id = await room.newGroup()
  await crew.api('DELETE', `alert_groups/${id}/`, { mode: 'delete' })
  expect((await follow(linkTo(id))).status).toBe(404)
})

test.each(['viewer', 'none'] as const)('does nothing for somebody who is %s now', async (role) => {
  const id = await room.newGroup()
  for (const method of ['GET', 'POST'] as const)
    expect((await follow(linkTo(id, { userId: crew.users[role] }), method)).status).toBe(403)
  expect((await room.show(id)).state).toBe('firing')
})

test('a link does nothing for somebody who left, or whom nobody knows', async () => {
  const id = await room.newGroup()
  const { json: leaver } = await crew.api('POST', 'users/', {
    username: 'leaver',
    email: 'leaver@harbour.example',
    role: 'editor',
  })
  const token = linkTo(id, { userId: leaver.id })
  expect((await follow(token, 'GET')).status).toBe(200)
  await crew.api('DELETE', `users/${leaver.id}/`)
  for (const method of ['GET', 'POST'] as const) expect((await follow(token, method)).status).toBe(403)
  expect((await follow(linkTo(id, { userId: asId<UserId>('U1') }))).status).toBe(403)
  expect((await room.show(id)).state).toBe('firing')
})
test('nothing of all that was a defect', () => {
  expect(world.errors).toEqual([])
})
