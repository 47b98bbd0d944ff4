import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BoilerRoom, boilerRoom, type GroupState, type Source } from '../../test/support/boiler-room.ts'
import { type Answer, type Crew, stillStart, type StillWorld, stillWorld } from '../../test/support/still-world.ts'
import { rowsOf } from '../../test/support/things.ts'
import { after, minutes } from '../lib/time.ts'

let world: StillWorld
let room: BoilerRoom
let crew: Crew

beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'harbour')
  crew = room.crew
})

afterAll(() => world.close())

describe('an alert group', () => {
  test('is shown with the keys of the contract, in its order', async () => {
    const id = await room.newGroup('acknowledged')
    const { status, text, json } = await crew.api('GET', `alert_groups/${id}/`)
    expect(status).toBe(200)
    expect(text).toBe(
      `{"id":"${id}","integration_id":"${room.source.id}","team_id":null,"route_id":"${room.source.default_route.id}","alerts_count":1,` +
        '"state":"acknowledged","created_at":"2026-04-01T12:00:00Z","resolved_at":null,"resolved_by":null,' +
        `"acknowledged_at":"2026-04-01T12:00:00Z","acknowledged_by":"${crew.users.admin}","labels":[],"title":"${json.title}",` +
        `"permalinks":{"slack":null,"slack_app":null,"telegram":null,"web":"https://bell.example/alert-groups/${id}"},"silenced_at":null,` +
        `"last_alert":{"id":"${json.last_alert.id}","alert_group_id":"${id}","created_at":"2026-04-01T12:00:00Z",` +
        `"payload":{"alert_uid":"${json.title}","title":"${json.title}","message":"99 degrees"}},"urgency":"medium",` +
        `"assigned_to":{"type":"escalation_chain","id":"${room.source.default_route.escalation_chain_id}"}}`,
    )
    expect(id).toMatch(/^I[A-NP-Z1-9]{12}$/)
    expect(json.last_alert.id).toMatch(/^A[A-NP-Z1-9]{12}$/)
  })

  test('shows the payload of its newest alert letter by letter', async () => {
    const payload = '{"alert_uid":"letters","n":1.0,"big":12345678901234567890,"z":1,"a":2}'
    const headers = { 'content-type': 'application/json' }
    await world.app.inject({
      method: 'POST',
      url: new URL(room.source.link).pathname,
      headers,
      payload: '{"alert_uid":"letters"}',
    })
    await world.app.inject({ method: 'POST', url: new URL(room.source.link).pathname, headers, payload })
    const { text } = await crew.api('GET', `alert_groups/?integration_id=${room.source.id}&perpage=1000`)
    expect(text).toContain(`"payload":${payload}`)
    expect(text).toContain('"alerts_count":2')
  })

  test('with a long payload shows it whole alone, and cut in lists and the timeline', async () => {
    const source = await room.newSource()
    await room.send({ alert_uid: 'long', title: 'x'.repeat(70_000) }, source)
    const { json: page } = await crew.api('GET', `alert_groups/?integration_id=${source.id}`)
    const [{ id, last_alert: listed }] = page.results
    expect(listed.payload).toEqual({ truncated: true, text: `{"alert_uid":"long","title":"${'x'.repeat(65_507)}` })
    expect((await room.show(id)).last_alert.payload.title).toHaveLength(70_000)
    const [created] = await room.timeline(id)
    expect(created).toMatchObject({ type: 'alert_group.created', data: { truncated: true } })
    expect(created.data.text).toHaveLength(65_536)
  })

  test('that nobody knows is not found, by any method', async () => {
    for (const [method, path] of [
      ['GET', 'I1/'],
      ['GET', 'I1/timeline/'],
      ['GET', 'I%00/'],
      ['POST', 'I1/acknowledge/'],
      ['DELETE', 'I1/'],
    ] as const) {
      expect(await crew.api(method, `alert_groups/${path}`)).toMatchObject({ status: 404, text: '{"detail":"Not found."}' })
    }
    expect(await crew.api('POST', 'alert_groups/I1/silence/', { delay: 60 })).toMatchObject({ status: 404 })
  })

  test('is not made, changed or given other actions through the API', async () => {
    const id = await room.newGroup()
    expect((await crew.api('POST', 'alert_groups/', { title: 'x' })).text).toBe('{"detail":"Method \\"POST\\" not allowed."}')
    expect(await crew.api('PUT', `alert_groups/${id}/`, { title: 'x' })).toMatchObject({ status: 405 })
    expect(await crew.api('POST', `alert_groups/${id}/explode/`)).toMatchObject({ status: 404 })
  })
})

describe('the list', () => {
  let listed: Source
  let ids: Record<GroupState, string>
  let teamId: string
  let teamGroup: string

  beforeAll(async () => {
    listed = await room.newSource()
    const made: Partial<typeof ids> = {}
    for (const [index, state] of (['firing', 'acknowledged', 'silenced', 'resolved'] as const).entries()) {
      world.setTime(after(stillStart, minutes(index)))
      made[state] = await room.newGroup(state, listed)
    }
    ids = made as typeof ids
    teamId = (await crew.api('POST', 'teams/', { name: 'Boiler room' })).json.id
    teamGroup = await room.newGroup('firing', await room.newSource(undefined, { team_id: teamId }))
    world.setTime(stillStart)
  })

  const list = async (query: string): Promise<readonly string[]> => {
    const { status, json } = await crew.api('GET', `alert_groups/?integration_id=${listed.id}&${query}`)
    expect(status).toBe(200)
    return json.results.map((group: { id: string }) => group.id)
  }

  test('has the newest first', async () => {
    expect(await list('')).toEqual([ids.resolved, ids.silenced, ids.acknowledged, ids.firing])
  })

  test.each([
    ['new', 'firing'],
    ['NEW', 'firing'],
    ['firing', 'firing'],
    ['Acknowledged', 'acknowledged'],
    ['silenced', 'silenced'],
    ['resolved', 'resolved'],
  ] as const)('by state %s has what is %s', async (word, state) => {
    expect(await list(`state=${word}`)).toEqual([ids[state]])
  })

  test('says which states there are', async () => {
    expect(await crew.api('GET', 'alert_groups/?state=open')).toMatchObject({
      status: 400,
      text: '{"state":"Must be one of the following: new, acknowledged, resolved, silenced"}',
    })
  })

  test('by the range of its beginning has both ends', async () => {
    expect(await list('started_at=2026-04-01T12:01:00_2026-04-01T12:02:00')).toEqual([ids.silenced, ids.acknowledged])
    expect(await list('started_at=2026-04-01T12:02:01_2026-04-01T12:02:59')).toEqual([])
    expect(await list('started_at=2026-04-02T00:00:00_2026-04-01T00:00:00')).toEqual([])
  })

  test.each([
    '2026-04-01T12:00:00',
    '2026-04-01_2026-04-02',
    '2026-04-01T12:00:00Z_2026-04-01T13:00:00Z',
    '2026-02-30T12:00:00_2026-04-01T13:00:00',
    'a_b',
    '_',
  ])('refuses the range %s', async (range) => {
    const answer = await crew.api('GET', `alert_groups/?started_at=${range}`)
    expect(answer).toMatchObject({ status: 400, text: '{"started_at":["Invalid range value"]}' })
  })

  test('by id, integration, route and team has those alone', async () => {
    expect(await list(`id=${ids.silenced}`)).toEqual([ids.silenced])
    expect(await list('id=I1')).toEqual([])
    expect(await list(`route_id=${listed.default_route.id}&state=new`)).toEqual([ids.firing])
    expect(await list(`route_id=${room.source.default_route.id}`)).toEqual([])
    expect((await list('team_id=null')).length).toBe(4)
    expect(await list(`team_id=${teamId}`)).toEqual([])
    const { json } = await crew.api('GET', `alert_groups/?team_id=${teamId}`)
    expect(json).toMatchObject({ count: 1, results: [{ id: teamGroup, team_id: teamId }] })
    expect(await crew.api('GET', 'alert_groups/?team_id=T1')).toMatchObject({
      status: 400,
      json: { team_id: ['Select a valid choice. That choice is not one of the available choices.'] },
    })
  })

  test('by labels has those that have all of them, and does not look at what is no label', async () => {
    expect(await list('label=team:boilers')).toEqual([])
    expect(await list('label=team:boilers&label=x')).toEqual([])
    expect((await list('label=boilers')).length).toBe(4)
    expect((await list('label=:&label=a:&label=:b&label=')).length).toBe(4)
    const source = await room.newSource()
    const send = async (alert_uid: string, labels: object) => {
      await room.send({ alert_uid, labels }, source)
      const { json } = await crew.api('GET', `alert_groups/?integration_id=${source.id}&perpage=100`)
      return json.results.find((group: any) => group.last_alert.payload.alert_uid === alert_uid).id
    }
    const both = await send('both', { team: 'boilers', instance: 'db-1:9100' })
    const one = await send('one', { team: 'boilers', 'a:b': 'c', __proto__x: '1' })
    const found = async (query: string) =>
      (await crew.api('GET', `alert_groups/?integration_id=${source.id}&${query}`)).json.results
        .map((group: any) => group.id)
        .toSorted()
    expect(await found('label=team:boilers')).toEqual([both, one].toSorted())
    expect(await found('label=team:boilers&label=instance:db-1:9100')).toEqual([both])
    expect(await found('label=team:boilers&label=team:kitchen')).toEqual([])
    expect(await found('label=team:boilers&label=team:boilers&label=instance:db-1:9100')).toEqual([both])
    expect(await found('label=team:Boilers')).toEqual([])
    expect(await found('label=__proto__x:1')).toEqual([one])
    expect(await found(`label=${encodeURIComponent('a"\\\u0000:%_')}`)).toEqual([])
  })

  test('shows labels by their keys, and a wiped group none', async () => {
    const source = await room.newSource()
    await room.send({ alert_uid: 'disk', labels: { team: 'boilers', count: 3, on: true, no: null, list: [], deep: {} } }, source)
    await room.send({ alert_uid: 'disk', labels: { team: 'kitchen' } }, source)
    const { json } = await crew.api('GET', `alert_groups/?integration_id=${source.id}`)
    const named = (key: string, value: string) => ({ key: { id: key, name: key }, value: { id: value, name: value } })
    const [group] = json.results
    expect(group.labels).toEqual([named('count', '3'), named('on', 'true'), named('team', 'boilers')])
    expect((await room.timeline(group.id))[0].data.alert_group.labels).toEqual(group.labels)
    await crew.api('DELETE', `alert_groups/${group.id}/`)
    expect((await room.show(group.id)).labels).toEqual([])
  })

  test('takes empty filters for none', async () => {
    expect((await list('state=&started_at=&id=&route_id=&team_id=')).length).toBe(4)
  })

  test('leads from page to page with its filters', async () => {
    const { json } = await crew.api('GET', `alert_groups/?integration_id=${listed.id}&perpage=3&page=2`)
    expect(json).toMatchObject({ count: 4, next: null, page_size: 3, current_page_number: 2, total_pages: 2 })
    expect(json.previous).toBe(`https://bell.example/api/v1/alert_groups/?integration_id=${listed.id}&perpage=3`)
    expect(json.results.map((group: { id: string }) => group.id)).toEqual([ids.firing])
  })
})

describe('an action', () => {
  const sentences: readonly [string, GroupState, string | null][] = [
    ['acknowledge', 'firing', null],
    ['acknowledge', 'silenced', null],
    ['acknowledge', 'acknowledged', "Can't acknowledge an acknowledged alert group"],
    ['acknowledge', 'resolved', "Can't acknowledge a resolved alert group"],
    ['unacknowledge', 'firing', "Can't unacknowledge an unacknowledged alert group"],
    ['unacknowledge', 'silenced', "Can't unacknowledge an unacknowledged alert group"],
    ['unacknowledge', 'acknowledged', null],
    ['unacknowledge', 'resolved', "Can't unacknowledge a resolved alert group"],
    ['resolve', 'firing', null],
    ['resolve', 'silenced', null],
    ['resolve', 'acknowledged', null],
    ['resolve', 'resolved', "Can't resolve a resolved alert group"],
    ['unresolve', 'firing', "Can't unresolve an unresolved alert group"],
    ['unresolve', 'silenced', "Can't unresolve an unresolved alert group"],
    ['unresolve', 'acknowledged', "Can't unresolve an unresolved alert group"],
    ['unresolve', 'resolved', null],
    ['silence', 'firing', null],
    ['silence', 'silenced', null],
    ['silence', 'acknowledged', "Can't silence an acknowledged alert group"],
    ['silence', 'resolved', "Can't silence a resolved alert group"],
    ['unsilence', 'firing', "Can't unsilence an unsilenced alert group"],
    ['unsilence', 'silenced', null],
    ['unsilence', 'acknowledged', "Can't unsilence an acknowledged alert group"],
    ['unsilence', 'resolved', "Can't unsilence a resolved alert group"],
  ]

  test.each(sentences)('%s of a group that is %s: %s', async (action, state, sentence) => {
    const id = await room.newGroup(state)
    const before = await room.timeline(id)
    const answer = await crew.apiAs(
      'editor',
      'POST',
      `alert_groups/${id}/${action}/`,
      action === 'silence' ? { delay: 60 } : undefined,
    )
    if (sentence === null) {
      expect(answer).toMatchObject({ status: 200, text: '' })
      const [event, ...consequences] = (await room.timeline(id)).slice(before.length)
      expect(event).toMatchObject({ type: factOf[action], actor: { kind: 'user', id: crew.users.editor }, alert_group_id: id })
      expect(consequences.map(({ type }) => type)).toEqual(action.startsWith('un') ? ['escalation.started'] : [])
    } else {
      expect(answer).toMatchObject({ status: 400, text: JSON.stringify({ detail: sentence }) })
      expect(await room.timeline(id)).toEqual(before)
      expect((await room.show(id)).state).toBe(state)
    }
  })

  const factOf: Readonly<Record<string, string>> = {
    acknowledge: 'alert_group.acknowledged',
    unacknowledge: 'alert_group.unacknowledged',
    resolve: 'alert_group.resolved',
    unresolve: 'alert_group.unresolved',
    silence: 'alert_group.silenced',
    unsilence: 'alert_group.unsilenced',
  }

  test('leaves the facts of the state that it leads to, and takes those of the one before away', async () => {
    const id = await room.newGroup('silenced')
    expect(await room.show(id)).toMatchObject({ state: 'silenced', silenced_at: '2026-04-01T12:00:00Z' })
    await crew.apiAs('editor', 'POST', `alert_groups/${id}/acknowledge/`)
    const acknowledged = { acknowledged_at: '2026-04-01T12:00:00Z', acknowledged_by: crew.users.editor }
    expect(await room.show(id)).toMatchObject({ state: 'acknowledged', silenced_at: null, ...acknowledged })
    await crew.api('POST', `alert_groups/${id}/resolve/`)
    const resolved = { resolved_at: '2026-04-01T12:00:00Z', resolved_by: crew.users.admin }
    expect(await room.show(id)).toMatchObject({ state: 'resolved', ...acknowledged, ...resolved })
    await crew.api('POST', `alert_groups/${id}/unresolve/`)
    const nothing = { acknowledged_at: null, acknowledged_by: null, resolved_at: null, resolved_by: null, silenced_at: null }
    expect(await room.show(id)).toMatchObject({ state: 'firing', ...nothing })
  })

  test('may come with an empty body that is announced as JSON', async () => {
    const headers = { authorization: crew.tokens.editor, 'content-type': 'application/json' }
    const url = `/api/v1/alert_groups/${await room.newGroup()}/acknowledge`
    expect((await world.app.inject({ method: 'POST', url, headers, payload: '' })).statusCode).toBe(200)
  })

  test.each(['viewer', 'none'] as const)('is refused to the role %s, and changes nothing', async (role) => {
    const id = await room.newGroup()
    for (const action of ['acknowledge', 'resolve', 'silence', 'unacknowledge', 'unresolve', 'unsilence']) {
      expect(await crew.apiAs(role, 'POST', `alert_groups/${id}/${action}/`, { delay: 60 })).toMatchObject({
        status: 403,
        text: '{"detail":"You do not have permission to perform this action."}',
      })
    }
    expect((await crew.apiAs(role, 'DELETE', `alert_groups/${id}/`)).status).toBe(403)
    expect((await room.show(id)).state).toBe('firing')
  })
})

describe('a silence', () => {
  const silence = async (body: unknown): Promise<Answer & { readonly id: string }> => {
    const id = await room.newGroup()
    return { id, ...(await crew.api('POST', `alert_groups/${id}/silence/`, body)) }
  }

  test.each([
    [-1, null],
    [0, null],
    ['-1', null],
    [60, '2026-04-01T12:01:00.000Z'],
    ['60', '2026-04-01T12:01:00.000Z'],
    [1, '2026-04-01T12:00:01.000Z'],
    [1e12, null],
    ['99999999999999999999', null],
  ])('of %s seconds ends at %s', async (delay, until) => {
    const { id, status, text } = await silence({ delay })
    expect({ status, text }).toEqual({ status: 200, text: '' })
    const row = await world.db.sql.selectFrom('alert_groups').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
    expect(row.state).toBe('silenced')
    expect(row.silenced_until?.toISOString() ?? null).toBe(until)
    const event = (await room.timeline(id)).at(-1).data.event
    expect(event.until).toBe(until === null ? null : until.replace('.000Z', '+00:00'))
  })

  test.each([undefined, {}, { delay: null }, { duration: 60 }])('without a delay is refused: %j', async (body) => {
    expect(await silence(body)).toMatchObject({ status: 400, text: '{"detail":"delay is required"}' })
  })

  test.each([1.5, -2, '1.5', 'soon', '', true, [60], { seconds: 60 }])('of %j is refused', async (delay) => {
    expect(await silence({ delay })).toMatchObject({ status: 400, text: '{"detail":"invalid delay value"}' })
  })

  test('says what is wrong with the delay before what is wrong with the state', async () => {
    const path = `alert_groups/${await room.newGroup('resolved')}/silence/`
    expect((await crew.api('POST', path, {})).text).toBe('{"detail":"delay is required"}')
    expect((await crew.api('POST', path, { delay: -2 })).text).toBe('{"detail":"invalid delay value"}')
  })

  test('that is not an object is refused', async () => {
    expect((await silence([60])).status).toBe(400)
  })

  test('again sets a new end', async () => {
    const { id } = await silence({ delay: 60 })
    await crew.api('POST', `alert_groups/${id}/silence/`, { delay: 120 })
    const row = await world.db.sql.selectFrom('alert_groups').select('silenced_until').where('id', '=', id).executeTakeFirst()
    expect(row?.silenced_until?.toISOString()).toBe('2026-04-01T12:02:00.000Z')
  })
})

describe('DELETE', () => {
  /** The tables in which a word still stands. */
  const tablesWith = async (word: string): Promise<readonly string[]> => {
    const rows = await rowsOf(world.db, crew.organizationId)
    // Bytes are shown in hex.
    const hex = Buffer.from(word).toString('hex')
    return Object.keys(rows).filter((table) => rows[table]?.some((row) => row.includes(word) || row.includes(hex)))
  }

  const secretGroup = async (word: string): Promise<string> => {
    await room.send({ alert_uid: word, title: word, message: word, link_to_upstream_details: `https://${word}.example/` })
    const { json } = await crew.api('GET', `alert_groups/?integration_id=${room.source.id}&perpage=1000`)
    return json.results.find((group: { title: string }) => group.title === word).id
  }

  test('takes away what the alert group said, and ends it', async () => {
    const id = await secretGroup('zebra')
    expect(await tablesWith('zebra')).toEqual(['alert_groups', 'alerts', 'escalation_runs', 'events', 'latest_alerts'])
    expect(await crew.apiAs('editor', 'DELETE', `alert_groups/${id}/`)).toMatchObject({ status: 204, text: '' })
    expect(await room.show(id)).toMatchObject({
      state: 'resolved',
      title: 'Wiped by harbour-editor at 2026-04-01',
      last_alert: { payload: '' },
      alerts_count: 1,
      resolved_by: crew.users.editor,
    })
    expect(await tablesWith('zebra')).toEqual([])
    const events = await room.timeline(id)
    expect(events.map(({ type, data }) => ({ type, data }))).toEqual([
      { type: 'alert_group.created', data: { wiped: true } },
      { type: 'escalation.started', data: { wiped: true } },
      { type: 'alert_group.wiped', data: { mode: 'wipe' } },
    ])
  })

  test.each(['wipe', 'delete'] as const)('takes it away from where people were paged too (%s)', async (mode) => {
    const [id, other] = [await secretGroup(`okapi ${mode}`), await room.newGroup()]
    await world.runEscalations()
    expect(await tablesWith(`okapi ${mode}`)).toContain('notification_runs')
    const mails = () => world.db.sql.selectFrom('messages').select('subject_id').where('subject_id', 'in', [id, other]).execute()
    expect((await mails()).length).toBe(2)
    await crew.api('DELETE', `alert_groups/${id}/`, { mode })
    expect(await tablesWith(`okapi ${mode}`)).toEqual([])
    expect(await mails()).toEqual([{ subject_id: other }])
  })

  test('takes the e-mails away that were taken back when somebody acknowledged', async () => {
    const id = await room.newGroup()
    await world.runEscalations()
    await room.act(id, 'acknowledge')
    const mails = () => world.db.sql.selectFrom('messages').select('id').where('subject_id', '=', id).execute()
    expect((await mails()).length).toBe(1)
    await crew.api('DELETE', `alert_groups/${id}/`)
    expect(await mails()).toEqual([])
  })

  test('shows nobody who reads the database what was written to people', async () => {
    const id = await secretGroup('quagga')
    await world.runEscalations()
    const mail = await world.db.sql.selectFrom('messages').selectAll().where('subject_id', '=', id).executeTakeFirst()
    expect(mail).toMatchObject({ kind: 'mail', target: 'editor@harbour.example', body: null })
    expect(await tablesWith('quagga')).not.toContain('messages')
    expect(await tablesWith('bell.example/r/')).not.toContain('messages')
  })

  test('stops the paging', async () => {
    const id = await room.newGroup()
    await crew.api('DELETE', `alert_groups/${id}/`)
    await world.runEscalations()
    const sent = await world.db.sql.selectFrom('deliveries').select('id').where('subject_id', '=', id).execute()
    expect(sent).toEqual([])
    expect(await room.typesOf(id)).not.toContain('escalation.step_taken')
  })

  test.each(['acknowledged', 'silenced', 'resolved'] as const)('wipes a group that is %s too', async (state) => {
    const id = await room.newGroup(state)
    expect((await crew.api('DELETE', `alert_groups/${id}/`, {})).status).toBe(204)
    expect(await room.show(id)).toMatchObject({ state: 'resolved', title: 'Wiped by admin at 2026-04-01' })
  })

  test('with the mode wipe does the same', async () => {
    const id = await room.newGroup()
    expect((await crew.api('DELETE', `alert_groups/${id}/`, { mode: 'wipe' })).status).toBe(204)
    expect((await room.show(id)).title).toBe('Wiped by admin at 2026-04-01')
  })

  test('with the mode delete leaves nothing of the alert group', async () => {
    const id = await secretGroup('giraffe')
    await world.runEscalations()
    expect((await crew.api('DELETE', `alert_groups/${id}/`, { mode: 'delete' })).status).toBe(204)
    expect((await crew.api('GET', `alert_groups/${id}/`)).status).toBe(404)
    expect((await crew.api('DELETE', `alert_groups/${id}/`)).status).toBe(404)
    expect(await tablesWith('giraffe')).toEqual([])
    expect(await tablesWith(id)).toEqual(['audit_entries', 'events'])
    expect((await crew.api('GET', `alert_groups/?id=${id}`)).json.count).toBe(0)
  })

  test.each<[unknown, string]>([
    [[], '"A dict with a `mode` key is expected"'],
    ['delete', '"A dict with a `mode` key is expected"'],
    [null, '"A dict with a `mode` key is expected"'],
    [7, '"A dict with a `mode` key is expected"'],
    [{ mode: 'burn' }, '"Invalid mode"'],
    [{ mode: 'WIPE' }, '"Invalid mode"'],
    [{ mode: null }, '"Invalid mode"'],
    [{ mode: ['wipe'] }, '"Invalid mode"'],
  ])('with the body %j changes nothing', async (body, text) => {
    const id = await room.newGroup()
    expect(await crew.api('DELETE', `alert_groups/${id}/`, body)).toMatchObject({ status: 400, text })
    expect((await room.show(id)).state).toBe('firing')
  })
})

describe('the timeline', () => {
  test('tells in order what was done and by whom, with what the group was like then', async () => {
    const id = await room.newGroup('silenced')
    await crew.apiAs('editor', 'POST', `alert_groups/${id}/unsilence/`)
    await world.runEscalations()
    await crew.apiAs('editor', 'POST', `alert_groups/${id}/acknowledge/`)
    const events = await room.timeline(id)
    expect(events.map(({ type, actor, data }) => [type, actor.kind, data.alert_group?.state ?? null])).toEqual([
      ['alert_group.created', 'integration', 'firing'],
      ['escalation.started', 'integration', null],
      ['alert_group.silenced', 'user', 'silenced'],
      ['alert_group.unsilenced', 'user', 'firing'],
      ['escalation.started', 'user', null],
      ['escalation.step_taken', 'system', null],
      ['escalation.finished', 'system', null],
      ['alert_group.acknowledged', 'user', 'acknowledged'],
    ])
    expect(Object.keys(events[0])).toEqual(['sequence', 'id', 'type', 'at', 'actor', 'alert_group_id', 'data'])
    const sequences = events.map(({ sequence }) => sequence)
    expect(sequences).toEqual(sequences.toSorted((a: number, b: number) => a - b))
  })
})

test('nothing of all that was a defect', () => {
  expect(world.errors).toEqual([])
})
