import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BoilerRoom, boilerRoom } from '../../test/support/boiler-room.ts'
import { newCrew, type StillWorld, stillWorld } from '../../test/support/still-world.ts'
import { ms } from '../lib/time.ts'

let world: StillWorld
let room: BoilerRoom

beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'harbour')
})

afterAll(() => world.close())

const path = 'resolution_notes/'
const create = (alertGroupId: string, text: unknown = 'It was the valve') =>
  room.crew.apiAs('editor', 'POST', path, { alert_group_id: alertGroupId, text })

describe('a resolution note', () => {
  test('is shown with the keys of the contract, in its order', async () => {
    const group = await room.newGroup()
    const { status, text, json } = await create(group, '  It was the valve\nagain ')
    expect(status).toBe(201)
    expect(json.id).toMatch(/^M[A-Z1-9]{12}$/)
    expect(text).toBe(
      `{"id":"${json.id}","alert_group_id":"${group}","author":"${room.crew.users.editor}","source":"Web",` +
        `"created_at":"2026-04-01T12:00:00Z","text":"It was the valve\\nagain"}`,
    )
    expect((await room.crew.apiAs('viewer', 'GET', `${path}${json.id}/`)).json).toEqual(json)
  })

  test('is changed in its text alone', async () => {
    const { json: note } = await create(await room.newGroup())
    const put = await room.crew.api('PUT', `${path}${note.id}/`, { text: 'The pump', alert_group_id: 'I1', source: 'Slack' })
    expect(put).toMatchObject({ status: 200, json: { ...note, text: 'The pump' } })
    expect(await room.crew.api('PATCH', `${path}${note.id}/`, {})).toMatchObject({ status: 200, json: put.json })
    const patched = await room.crew.api('PATCH', `${path}${note.id}/`, { text: 'The valve' })
    expect(patched).toMatchObject({ status: 200, json: { ...note, text: 'The valve' } })
  })

  test('is in the timeline, when it is added, changed and removed', async () => {
    const group = await room.newGroup('resolved')
    const { json: note } = await create(group)
    await room.crew.api('PUT', `${path}${note.id}/`, { text: 'The pump' })
    await room.crew.api('PUT', `${path}${note.id}/`, { text: 'The pump' })
    expect((await room.crew.api('DELETE', `${path}${note.id}/`)).status).toBe(204)
    const told = (await room.timeline(group)).filter(({ type }) => type.startsWith('resolution_note.'))
    expect(told.map(({ type, actor, data }) => [type, actor.id, data])).toEqual([
      ['resolution_note.added', room.crew.users.editor, { resolution_note: note }],
      ['resolution_note.changed', room.crew.users.admin, { resolution_note: { ...note, text: 'The pump' } }],
      ['resolution_note.removed', room.crew.users.admin, { resolution_note: { ...note, text: 'The pump' } }],
    ])
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
      const body = method.startsWith('P') ? { text: 'x' } : undefined
      expect((await room.crew.api(method, `${path}${note.id}/`, body)).status).toBe(404)
    }
  })

  test.each<[string, object, object]>([
    ['no group', { text: 'x' }, { alert_group_id: ['This field is required.'] }],
    ['a null group', { alert_group_id: null, text: 'x' }, { alert_group_id: ['This field may not be null.'] }],
    ['a group that is no id', { alert_group_id: 5, text: 'x' }, { alert_group_id: ['Invalid values'] }],
    ['an unknown group', { alert_group_id: 'I1', text: 'x' }, { alert_group_id: ['Object does not exist'] }],
    ['no text', { alert_group_id: 'I1' }, { text: ['This field is required.'] }],
    ['a null text', { alert_group_id: 'I1', text: null }, { text: ['This field may not be null.'] }],
    ['an empty text', { alert_group_id: 'I1', text: ' \n' }, { text: ['This field may not be blank.'] }],
    ['a text that is none', { alert_group_id: 'I1', text: [] }, { text: ['Not a valid string.'] }],
    ['a NUL', { alert_group_id: 'I1', text: 'a\u0000' }, { text: ['Null characters are not allowed.'] }],
    [
      'a text that is too long',
      { alert_group_id: 'I1', text: 'x'.repeat(100_001) },
      { text: ['Ensure this field has no more than 100000 characters.'] },
    ],
    ['nothing', {}, { alert_group_id: ['This field is required.'], text: ['This field is required.'] }],
  ])('with %s is refused', async (_what, body, answer) => {
    expect(await room.crew.api('POST', path, body)).toMatchObject({ status: 400, text: JSON.stringify(answer) })
  })

  test('must say its text in a PUT, and may not lose it', async () => {
    const { json: note } = await create(await room.newGroup())
    const required = { status: 400, json: { text: ['This field is required.'] } }
    expect(await room.crew.api('PUT', `${path}${note.id}/`, {})).toMatchObject(required)
    for (const method of ['PUT', 'PATCH'] as const) {
      const blank = { status: 400, json: { text: ['This field may not be blank.'] } }
      expect(await room.crew.api(method, `${path}${note.id}/`, { text: '' })).toMatchObject(blank)
    }
    expect((await room.crew.api('GET', `${path}${note.id}/`)).json).toEqual(note)
  })

  test('is of nobody else, and not for viewers to write', async () => {
    const group = await room.newGroup()
    const { json: note } = await create(group)
    const other = await newCrew(world, 'elsewhere')
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
      const body = method.startsWith('P') ? { text: 'mine' } : undefined
      expect((await other.api(method, `${path}${note.id}/`, body)).status).toBe(404)
      expect((await room.crew.apiAs('viewer', method, `${path}${note.id}/`, body)).status).toBe(method === 'GET' ? 200 : 403)
    }
    expect((await other.api('GET', path)).json.count).toBe(0)
    expect(await other.api('POST', path, { alert_group_id: group, text: 'mine' })).toMatchObject({
      status: 400,
      json: { alert_group_id: ['Object does not exist'] },
    })
  })
})

test('notes are listed from the oldest on, all or those about a group', async () => {
  const group = await room.newGroup()
  for (const text of ['one', 'two', 'three']) {
    world.pass(ms(1))
    await create(group, text)
  }
  const list = async (query: string) => (await room.crew.api('GET', `${path}?${query}`)).json
  const { results, count, page_size: size } = await list(`alert_group_id=${group}`)
  expect(results.map(({ text }: any) => text)).toEqual(['one', 'two', 'three'])
  expect([count, size]).toEqual([3, 50])
  expect((await list('alert_group_id=I1')).count).toBe(0)
  expect((await list('alert_group_id=')).count).toBeGreaterThan(3)
})

test.each(['wipe', 'delete'])('a %s of the group takes its notes away, and their words in the log', async (mode) => {
  const group = await room.newGroup()
  const { json: note } = await create(group, 'the secret valve')
  expect((await room.crew.api('DELETE', `alert_groups/${group}/`, { mode })).status).toBe(204)
  expect((await room.crew.api('GET', `${path}${note.id}/`)).status).toBe(404)
  expect((await room.crew.api('GET', 'events/?limit=1000')).text).not.toContain('the secret valve')
})
