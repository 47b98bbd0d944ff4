import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type BoilerRoom, boilerRoom, type GroupState } from '../../test/support/boiler-room.ts'
import { newCrew, type StillWorld, stillWorld } from '../../test/support/still-world.ts'

let world: StillWorld
let room: BoilerRoom
let count = 0

beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'harbour')
})

afterAll(() => world.close())

/** Pages of the test before are none of this one's. */
beforeEach(() => world.runEscalations())

async function make(path: string, body: object): Promise<any> {
  const { status, json, text } = await room.crew.api('POST', path, body)
  if (status !== 201) throw new Error(`${path}: ${status} ${text}`)
  return json
}

const newUser = async (role = 'editor') => {
  const username = `hand ${(count += 1)}`
  return make('users/', { username, email: `hand${count}@harbour.example`, role })
}

const newTeam = (fields: object = {}) => make('teams/', { name: `team ${(count += 1)}`, ...fields })

async function newChain(...steps: readonly object[]): Promise<string> {
  const { id } = await make('escalation_chains/', { name: `reassign chain ${(count += 1)}` })
  for (const step of steps) await make('escalation_policies/', { escalation_chain_id: id, ...step })
  return id
}

const pageTo = (user: { readonly id: string }) => ({ type: 'notify_persons', persons_to_notify: [user.id] })

const reassign = (id: string, to: object) => room.crew.apiAs('editor', 'POST', `alert_groups/${id}/reassign/`, to)

/** Who is paged about a group, after the steps that are due were taken. */
async function pagedAbout(id: string): Promise<readonly string[]> {
  await world.runEscalations()
  const steps = (await room.timeline(id)).filter(({ type }) => type === 'escalation.step_taken')
  return steps.at(-1)?.data.user_ids ?? []
}

async function runningRuns(id: string): Promise<readonly string[]> {
  const rows = await world.db.sql
    .selectFrom('notification_runs')
    .select(['user_id', 'state'])
    .where('subject_id', '=', id)
    .execute()
  return rows.filter(({ state }) => state === 'running').map((row) => row.user_id)
}

describe('an alert group that is handed over', () => {
  test('to a user pages the user at once, and nobody else any more', async () => {
    const source = await room.newSource([{ type: 'wait', duration: 60 }, pageTo({ id: room.crew.users.admin })])
    const id = await room.newGroup('firing', source)
    await world.runEscalations()
    const user = await newUser()
    expect(await reassign(id, { user: user.id })).toMatchObject({ status: 200, text: '' })
    expect(await pagedAbout(id)).toEqual([user.id])
    const runs = await world.db.sql
      .selectFrom('escalation_runs')
      .select(['state', 'escalation_chain_id'])
      .where('subject_id', '=', id)
      .orderBy('started_at')
      .execute()
    expect(runs.map(({ state }) => state).toSorted()).toEqual(['finished', 'stopped'])
    expect((await room.show(id)).assigned_to).toEqual({ type: 'user', id: user.id })
  })

  test('to a team pages by its chain, else its members, else says that nobody is paged', async () => {
    const [one, other, chained] = [await newUser(), await newUser(), await newUser()]
    const members = await newTeam({ users: [one.id, other.id] })
    const withChain = await newTeam({ users: [one.id], escalation_chain_id: await newChain(pageTo(chained)) })
    const nobody = await newTeam()
    const id = await room.newGroup()
    await reassign(id, { team: members.id })
    expect((await pagedAbout(id)).toSorted()).toEqual([one.id, other.id].toSorted())
    await reassign(id, { team: withChain.id })
    expect(await pagedAbout(id)).toEqual([chained.id])
    await reassign(id, { team: nobody.id })
    const reasons = (await room.timeline(id)).filter(({ type }) => type === 'alert_group.pages_nobody')
    expect(reasons.map(({ data }) => data.reason)).toEqual(['The team has neither an escalation chain nor members'])
    expect((await room.show(id)).assigned_to).toEqual({ type: 'team', id: nobody.id })
  })

  test('to a chain begins with its first step, also when it is the same chain', async () => {
    const [first, second] = [await newUser(), await newUser()]
    const chain = await newChain(pageTo(first), { type: 'wait', duration: 60 }, pageTo(second))
    const id = await room.newGroup()
    for (let round = 0; round < 2; round += 1) {
      await reassign(id, { escalation_chain: chain, user: null, team: '' })
      expect(await pagedAbout(id)).toEqual([first.id])
    }
    expect((await room.show(id)).assigned_to).toEqual({ type: 'escalation_chain', id: chain })
  })

  test('leaves alone whom it paged before', async () => {
    const id = await room.newGroup()
    await world.runEscalations()
    await make('personal_notification_rules/', { user_id: room.crew.users.admin, type: 'wait', duration: 60 })
    await make('personal_notification_rules/', { user_id: room.crew.users.admin, type: 'notify_by_email' })
    await reassign(id, { user: room.crew.users.admin })
    await world.runEscalations()
    expect(await runningRuns(id)).toEqual([room.crew.users.admin])
    const user = await newUser()
    await reassign(id, { user: user.id })
    expect(await runningRuns(id)).toEqual([])
  })

  test.each<[GroupState, readonly string[]]>([
    ['firing', ['alert_group.reassigned', 'escalation.started']],
    ['acknowledged', ['alert_group.unacknowledged', 'alert_group.reassigned', 'escalation.started']],
    ['silenced', ['alert_group.unsilenced', 'alert_group.reassigned', 'escalation.started']],
  ])('fires when it was %s, and webhooks that follow the state hear of it', async (state, types) => {
    const id = await room.newGroup(state)
    const before = (await room.typesOf(id)).length
    const user = await newUser()
    expect((await reassign(id, { user: user.id })).status).toBe(200)
    expect(await room.show(id)).toMatchObject({ state: 'firing', acknowledged_by: null, silenced_at: null })
    expect((await room.typesOf(id)).slice(before)).toEqual(types)
  })

  test('says from whom and to whom in an event of the form that webhooks send', async () => {
    const source = await room.newSource()
    const id = await room.newGroup('firing', source)
    const [one, other] = [await newUser(), await newUser()]
    await reassign(id, { user: one.id })
    await reassign(id, { user: other.id })
    const events = (await room.timeline(id)).filter(({ type }) => type === 'alert_group.reassigned')
    const chain = { type: 'escalation_chain', id: source.default_route.escalation_chain_id }
    expect(events.map(({ data }) => data.event)).toEqual([
      { type: 'reassigned', time: '2026-04-01T12:00:00+00:00', from: chain, to: { type: 'user', id: one.id } },
      {
        type: 'reassigned',
        time: '2026-04-01T12:00:00+00:00',
        from: { type: 'user', id: one.id },
        to: { type: 'user', id: other.id },
      },
    ])
    expect(events[1]).toMatchObject({
      actor: { kind: 'user', id: room.crew.users.editor },
      data: {
        user: { id: room.crew.users.editor },
        alert_group: { id, state: 'firing', assigned_to: { type: 'user', id: other.id } },
        users_to_be_notified: [{ id: other.id }],
      },
    })
  })
})

describe('an alert group', () => {
  test('is for the chain where it comes from until somebody reassigns it', async () => {
    const source = await room.newSource()
    const id = await room.newGroup('firing', source)
    const chain = { type: 'escalation_chain', id: source.default_route.escalation_chain_id }
    expect((await room.show(id)).assigned_to).toEqual(chain)
    expect((await room.timeline(id))[0].data.alert_group.assigned_to).toEqual(chain)
    const nobody = await room.newSource([], { default_route: { escalation_chain_id: null } })
    expect((await room.show(await room.newGroup('firing', nobody))).assigned_to).toBe(null)
    const team = await newTeam({ escalation_chain_id: chain.id })
    const ofTeam = await room.newSource([], { default_route: { escalation_chain_id: null }, team_id: team.id })
    expect((await room.show(await room.newGroup('firing', ofTeam))).assigned_to).toEqual(chain)
  })

  test('stays with whom it was handed to when it fires again', async () => {
    const id = await room.newGroup()
    const user = await newUser()
    await reassign(id, { user: user.id })
    for (const [away, back] of [
      ['acknowledge', 'unacknowledge'],
      ['resolve', 'unresolve'],
      ['silence', 'unsilence'],
    ] as const) {
      await room.act(id, away, { delay: -1 })
      await room.act(id, back)
      expect(await pagedAbout(id)).toEqual([user.id])
      expect((await room.show(id)).assigned_to).toEqual({ type: 'user', id: user.id })
    }
  })

  test.each(['user', 'team', 'escalation_chain'])(
    'goes back to the chain where it comes from when its %s is gone',
    async (kind) => {
      const user = await newUser()
      const things = {
        user: { id: user.id, path: `users/${user.id}/` },
        team: await newTeam({ users: [user.id] }).then(({ id }) => ({ id, path: `teams/${id}/` })),
        escalation_chain: await newChain(pageTo(user)).then((id) => ({ id, path: `escalation_chains/${id}/` })),
      }
      const thing = Object.entries(things).find(([name]) => name === kind)?.[1]
      const id = await room.newGroup()
      await reassign(id, { [kind]: thing?.id })
      await room.act(id, 'acknowledge')
      expect((await room.crew.api('DELETE', thing?.path ?? '')).status).toBe(204)
      await room.act(id, 'unacknowledge')
      expect(await pagedAbout(id)).toEqual([room.crew.users.editor])
    },
  )
})

describe('a reassignment', () => {
  const notOne = { non_field_errors: ['Name exactly one of user, team and escalation_chain.'] }
  const none = ['Object does not exist']

  test.each<[object, object]>([
    [{}, notOne],
    [{ user: null, team: null, escalation_chain: null }, notOne],
    [{ user: 'U1', team: 'T1' }, notOne],
    [{ user: 'U1', escalation_chain: 'F1' }, notOne],
    [{ user: 5 }, { user: ['Invalid values'] }],
    [{ team: [] }, { team: ['Invalid values'] }],
    [{ escalation_chain: {} }, { escalation_chain: ['Invalid values'] }],
    [{ user: 'U1' }, { user: none }],
    [{ user: '' }, { non_field_errors: ['Name exactly one of user, team and escalation_chain.'] }],
    [{ user: 'U\u0000' }, { user: none }],
    [{ team: 'T1' }, { team: none }],
    [{ escalation_chain: 'F1' }, { escalation_chain: none }],
  ])('to %j is refused and changes nothing', async (to, answer) => {
    const id = await room.newGroup('acknowledged')
    const before = await room.timeline(id)
    expect(await reassign(id, to)).toMatchObject({ status: 400, text: JSON.stringify(answer) })
    expect((await room.show(id)).state).toBe('acknowledged')
    expect(await room.timeline(id)).toEqual(before)
  })

  test('to somebody who may not be paged is refused', async () => {
    const id = await room.newGroup()
    const viewer = await newUser('viewer')
    const left = await newUser()
    await room.crew.api('DELETE', `users/${left.id}/`)
    for (const user of [viewer, left]) {
      expect(await reassign(id, { user: user.id })).toMatchObject({ status: 400, json: { user: ['This user may not be paged'] } })
    }
  })

  test('of a resolved group is refused', async () => {
    const id = await room.newGroup('resolved')
    expect(await reassign(id, { user: room.crew.users.admin })).toMatchObject({
      status: 400,
      json: { detail: "Can't reassign a resolved alert group" },
    })
  })

  test('is not for viewers, nor for others', async () => {
    const id = await room.newGroup()
    const other = await newCrew(world, 'elsewhere')
    const path = `alert_groups/${id}/reassign/`
    expect((await room.crew.apiAs('viewer', 'POST', path, { user: room.crew.users.admin })).status).toBe(403)
    expect((await other.api('POST', path, { user: other.users.admin })).status).toBe(404)
    expect(await reassign(id, { user: other.users.admin })).toMatchObject({ status: 400, json: { user: none } })
  })

  test('beside others ends with one assignee and one escalation', async () => {
    const id = await room.newGroup()
    const users = [await newUser(), await newUser(), await newUser()]
    const answers = await Promise.all([...users, ...users].map(({ id: user }) => reassign(id, { user })))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200])
    const rows = await world.db.sql.selectFrom('escalation_runs').select('state').where('subject_id', '=', id).execute()
    expect(rows.filter(({ state }) => state === 'running')).toHaveLength(1)
    expect(await pagedAbout(id)).toEqual([(await room.show(id)).assigned_to.id])
  })
})

test('nothing of all that was a defect', () => {
  expect(world.errors).toEqual([])
})
