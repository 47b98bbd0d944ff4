import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type BoilerRoom, boilerRoom } from '../../test/support/boiler-room.ts'
import { baseUrl, type Crew, pageSettings, type StillWorld, stillStart, stillWorld } from '../../test/support/still-world.ts'
import { eventually } from '../../test/support/watchbell.ts'
import { act } from '../alerts/commands.ts'
import { asId } from '../lib/ids.ts'
import { allShards } from '../lib/shard.ts'
import { after, days, minutes, seconds } from '../lib/time.ts'
import { escalationsLoop } from './loop.ts'

let world: StillWorld
let room: BoilerRoom
let crew: Crew

beforeAll(async () => {
  world = await stillWorld()
  room = await boilerRoom(world, 'harbour')
  crew = room.crew
})

afterAll(() => world.close())

beforeEach(async () => {
  world.setTime(stillStart)
  world.errors.length = 0
  await world.db.sql.updateTable('escalation_runs').set({ state: 'stopped' }).execute()
  await world.db.sql.deleteFrom('escalation_requests').execute()
})

const wait = { type: 'wait', duration: 60 }
const repeat = { type: 'repeat_escalation' }
const resolve = { type: 'resolve' }
const page = (...people: readonly ('admin' | 'editor' | 'viewer')[]) => ({
  type: 'notify_persons',
  persons_to_notify: people.map((role) => crew.users[role]),
})

/** A new alert group of a chain with these steps. */
async function burning(...steps: readonly Readonly<Record<string, unknown>>[]): Promise<string> {
  return room.newGroup('firing', await room.newSource(steps))
}

/** Rounds of the loop until nothing is due. */
async function settle(): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    const next = await world.runEscalations()
    if (next === null || next > world.now()) return
  }
  throw new Error('it does not end')
}

/** Who was paged about a group, by their names, in order. */
async function paged(id: string): Promise<readonly string[]> {
  const rows = await world.db.sql
    .selectFrom('notification_runs')
    .innerJoin('users', 'users.id', 'notification_runs.user_id')
    .select('users.role')
    .where('subject_id', '=', id)
    .orderBy('notification_runs.started_at')
    .orderBy('notification_runs.id')
    .execute()
  return rows.map(({ role }) => role)
}

async function runOf(id: string) {
  const rows = await world.db.sql
    .selectFrom('escalation_runs')
    .selectAll()
    .where('subject_id', '=', id)
    .orderBy('started_at', 'desc')
    .execute()
  const [row] = rows
  return row === undefined ? null : { state: row.state, dueInMs: row.due_at.getTime() - world.now(), id: row.id }
}

const failures = async (id: string) =>
  (await room.timeline(id)).filter(({ type }) => type === 'escalation.step_failed').map(({ data }) => data.reason)

const mailsAbout = (id: string) =>
  world.db.sql.selectFrom('deliveries').select('id').where('subject_id', '=', id).where('cancel_key', 'is not', null).execute()

describe('a chain', () => {
  test('pages at once, waits, and goes on', async () => {
    const id = await burning(page('editor'), wait, page('admin'))
    await settle()
    expect(await paged(id)).toEqual(['editor'])
    world.pass(seconds(59))
    await settle()
    expect(await paged(id)).toEqual(['editor'])
    world.pass(seconds(1))
    await settle()
    expect(await paged(id)).toEqual(['editor', 'admin'])
    expect(await runOf(id)).toMatchObject({ state: 'finished' })
    expect(await room.typesOf(id)).toEqual([
      'alert_group.created',
      'escalation.started',
      'escalation.step_taken',
      'escalation.step_taken',
      'escalation.finished',
    ])
  })

  test('says when its next step is due', async () => {
    await burning(wait, page('admin'))
    expect(await world.runEscalations()).toBe(after(stillStart, seconds(60)))
  })

  test('runs as it was when it began, whatever becomes of it', async () => {
    const source = await room.newSource([wait, page('editor')])
    const id = await room.newGroup('firing', source)
    await settle()
    const chainId = source.default_route.escalation_chain_id
    const { json } = await crew.api('GET', `escalation_policies/?escalation_chain_id=${chainId}`)
    await crew.api('PUT', `escalation_policies/${json.results[1].id}/`, page('admin'))
    await crew.api('DELETE', `escalation_policies/${json.results[0].id}/`)
    expect((await crew.api('DELETE', `escalation_chains/${chainId}/`)).status).toBe(204)
    world.pass(seconds(60))
    await settle()
    expect(await paged(id)).toEqual(['editor'])
  })

  test('without steps pages nobody and says so', async () => {
    const id = await burning()
    expect(await runOf(id)).toBe(null)
    expect((await room.timeline(id))[1]).toMatchObject({
      type: 'alert_group.pages_nobody',
      data: { reason: 'The escalation chain has no steps' },
    })
  })

  test('of the team runs where the route names none, and otherwise that of the route', async () => {
    const make = async (path: string, body: object) => (await crew.api('POST', path, body)).json
    const chain = await make('escalation_chains/', { name: 'of the team' })
    await make('escalation_policies/', { escalation_chain_id: chain.id, ...page('admin') })
    const team = await make('teams/', { name: 'with a chain', escalation_chain_id: chain.id })
    const withoutOwn = { team_id: team.id, default_route: { escalation_chain_id: null } }
    const id = await room.newGroup('firing', await room.newSource([], withoutOwn))
    const other = await room.newGroup('firing', await room.newSource([page('editor')], { team_id: team.id }))
    await settle()
    expect((await room.timeline(id))[1]).toMatchObject({
      type: 'escalation.started',
      data: { escalation_chain_id: chain.id, steps_count: 1 },
    })
    expect(await paged(id)).toEqual(['admin'])
    expect(await paged(other)).toEqual(['editor'])
    await crew.api('PATCH', `teams/${team.id}/`, { escalation_chain_id: null })
    const nobody = await room.newGroup('firing', await room.newSource([], withoutOwn))
    expect(await room.typesOf(nobody)).toEqual(['alert_group.created', 'alert_group.pages_nobody'])
  })

  test('that neither the route nor the team has pages nobody and says so', async () => {
    const id = await room.newGroup('firing', await room.newSource([], { default_route: { escalation_chain_id: null } }))
    expect((await room.timeline(id))[1]).toMatchObject({
      type: 'alert_group.pages_nobody',
      data: { reason: 'Neither the route nor the team has an escalation chain' },
    })
  })

  test.each([
    ['low', false, false],
    ['medium', false, false],
    ['medium', true, true],
    ['low', true, true],
    ['high', false, true],
    ['critical', false, true],
    ['critical', true, true],
  ])('pages about a group of %s urgency by a step whose importance is %s: important %s', async (urgency, important, expected) => {
    const step = { ...page('editor'), important }
    const id = await room.newGroup('firing', await room.newSource([step], { urgency }))
    await settle()
    const rows = await world.db.sql.selectFrom('notification_runs').select('important').where('subject_id', '=', id).execute()
    expect(rows).toEqual([{ important: expected }])
    expect((await room.show(id)).urgency).toBe(urgency)
  })

  test('found a day late takes the one step that was due, and waits from then on', async () => {
    const id = await burning(page('editor'), wait, page('admin'), wait, page('editor'))
    await settle()
    world.pass(days(1))
    await settle()
    expect(await paged(id)).toEqual(['editor', 'admin'])
    expect(await runOf(id)).toMatchObject({ state: 'running', dueInMs: 60_000 })
    world.pass(seconds(60))
    await settle()
    expect((await paged(id)).length).toBe(3)
  })

  test('that never began because the server was down pages when it is back', async () => {
    const id = await burning(page('editor'), wait, page('admin'))
    world.pass(days(1))
    await settle()
    expect(await paged(id)).toEqual(['editor'])
  })

  test('repeats five times and not more, then goes on with what follows', async () => {
    const id = await burning(page('editor'), wait, repeat, page('admin'))
    for (let round = 0; round < 8; round += 1) {
      await settle()
      world.pass(seconds(60))
    }
    expect(await paged(id)).toEqual(['editor', 'editor', 'editor', 'editor', 'editor', 'editor', 'admin'])
    const finished = (await room.timeline(id)).at(-1)
    expect(finished).toMatchObject({ type: 'escalation.finished', data: { repeat_count: 5 } })
  })

  test('that repeats without a wait comes to its end too', async () => {
    const id = await burning(page('editor'), repeat)
    await settle()
    expect((await paged(id)).length).toBe(6)
    expect(await runOf(id)).toMatchObject({ state: 'finished' })
  })

  test('stops when somebody acknowledges, and begins anew when that is taken back', async () => {
    const id = await burning(page('editor'), wait, page('admin'))
    await settle()
    await room.act(id, 'acknowledge')
    world.pass(minutes(5))
    await settle()
    expect(await paged(id)).toEqual(['editor'])
    expect(await mailsAbout(id)).toEqual([])
    await room.act(id, 'unacknowledge')
    await settle()
    expect(await paged(id)).toEqual(['editor', 'editor'])
  })
})

describe('a step that reaches nobody is told, and the chain goes on:', () => {
  const schedule = async () => (await crew.api('POST', 'schedules/', { name: 'Empty', type: 'web', time_zone: 'UTC' })).json.id

  test('it names nobody', async () => {
    const id = await burning({ type: 'notify_persons', persons_to_notify: [] }, page('admin'))
    await settle()
    expect(await failures(id)).toEqual(['The step names nobody'])
    expect(await paged(id)).toEqual(['admin'])
  })

  test('it names people who may not be notified', async () => {
    const id = await burning(page('viewer'), page('admin'))
    await settle()
    expect(await failures(id)).toEqual(['None of these people can be reached'])
    expect(await paged(id)).toContain('admin')
  })

  test('it names somebody who can be reached beside somebody who cannot', async () => {
    const id = await burning(page('viewer', 'editor'))
    await settle()
    expect(await failures(id)).toEqual([])
    expect((await room.timeline(id)).find(({ type }) => type === 'notification.failed').data.reason).toBe(
      'The role viewer may not be notified',
    )
  })

  test('nobody is on call', async () => {
    const id = await burning(
      { type: 'notify_on_call_from_schedule', notify_on_call_from_schedule: await schedule() },
      page('admin'),
    )
    await settle()
    expect(await failures(id)).toEqual(['Nobody is on call in the schedule'])
    expect(await paged(id)).toEqual(['admin'])
  })

  test('its schedule was never set, or was deleted after the run began', async () => {
    const deleted = await schedule()
    const id = await burning(
      { type: 'notify_on_call_from_schedule' },
      { type: 'notify_on_call_from_schedule', notify_on_call_from_schedule: deleted },
      page('admin'),
    )
    expect((await crew.api('DELETE', `schedules/${deleted}/`)).status).toBe(204)
    await settle()
    expect(await failures(id)).toEqual([
      'The step has no schedule: it was never set, or the schedule was deleted',
      'Nobody is on call in the schedule',
    ])
    expect(await paged(id)).toEqual(['admin'])
  })

  test('there is no mail server', async () => {
    const id = await burning(page('admin'))
    await escalationsLoop(world.ports, { ...pageSettings, mailIsOn: false }).run(allShards)
    expect(await failures(id)).toEqual(['None of these people can be reached'])
  })
})

describe('a step with a schedule', () => {
  test('pages who is on call when it is taken', async () => {
    const made = await crew.api('POST', 'schedules/', { name: 'Boilers', type: 'web', time_zone: 'UTC' })
    const shift = { type: 'single_event', duration: 3600, schedule: made.json.id }
    await crew.api('POST', 'on_call_shifts/', {
      ...shift,
      name: 'noon',
      start: '2026-04-01T12:00:00',
      users: [crew.users.editor],
    })
    await crew.api('POST', 'on_call_shifts/', { ...shift, name: 'one', start: '2026-04-01T13:00:00', users: [crew.users.admin] })
    const step = { type: 'notify_on_call_from_schedule', notify_on_call_from_schedule: made.json.id }
    const id = await burning(step, { type: 'wait', duration: 3600 }, step)
    await settle()
    expect(await paged(id)).toEqual(['editor'])
    world.pass(seconds(3600))
    await settle()
    expect(await paged(id)).toEqual(['editor', 'admin'])
  })
})

describe('a step that resolves', () => {
  test('ends the group and the chain, and nobody did it', async () => {
    const id = await burning(page('editor'), resolve, page('admin'))
    await settle()
    await world.runAlerts()
    expect(await paged(id)).toEqual(['editor'])
    expect(await room.show(id)).toMatchObject({ state: 'resolved', resolved_by: null })
    expect((await room.timeline(id)).at(-1)).toMatchObject({
      type: 'alert_group.resolved',
      actor: { kind: 'system' },
      data: { user: null },
    })
  })

  test('leaves a group alone that somebody took over since', async () => {
    const id = await burning(resolve)
    await settle()
    await room.act(id, 'acknowledge')
    await world.runAlerts()
    expect(await room.show(id)).toMatchObject({ state: 'acknowledged' })
  })

  test('asks for a group that was deleted since, and nothing happens', async () => {
    const [id, other] = [await burning(resolve), await burning(resolve)]
    await settle()
    await crew.api('DELETE', `alert_groups/${id}/`, { mode: 'delete' })
    await world.runAlerts()
    expect(await room.show(other)).toMatchObject({ state: 'resolved' })
    expect(world.errors).toEqual([])
  })
})

describe('a run whose step throws', () => {
  test('is put off for a minute, and the others go on', async () => {
    const [broken, healthy] = [await burning(page('editor')), await burning(page('admin'))]
    const { id: runId } = (await runOf(broken)) ?? { id: '' }
    const { subject } = await world.db.sql
      .selectFrom('escalation_runs')
      .select('subject')
      .where('id', '=', runId)
      .executeTakeFirstOrThrow()
    await world.db.sql.updateTable('escalation_runs').set({ subject: '{}' }).where('id', '=', runId).execute()
    expect(await world.runEscalations()).toBe(after(stillStart, minutes(1)))
    expect(await paged(healthy)).toEqual(['admin'])
    expect(await paged(broken)).toEqual([])
    expect(await runOf(broken)).toMatchObject({ state: 'running', dueInMs: 60_000 })
    expect(world.errors).toEqual([
      { message: 'escalation failed', run_id: runId, error: expect.stringContaining('urgency of a subject') },
    ])
    await world.db.sql
      .updateTable('escalation_runs')
      .set({ subject: JSON.stringify(subject) })
      .where('id', '=', runId)
      .execute()
    world.pass(seconds(59))
    await settle()
    expect(await paged(broken)).toEqual([])
    world.pass(seconds(1))
    await settle()
    expect(await paged(broken)).toEqual(['editor'])
  })
})

describe('an acknowledgement and a step at the same instant', () => {
  /** Holds the run's row until both wait for it, in the order in which they are given. */
  async function race(id: string, first: () => Promise<unknown>, second: () => Promise<unknown>): Promise<void> {
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const { promise: locked, resolve: hasLocked } = Promise.withResolvers<void>()
    const holding = world.db.tx('hold', async (tx) => {
      await tx.sql.selectFrom('escalation_runs').select('id').where('subject_id', '=', id).forUpdate().execute()
      hasLocked()
      await released
    })
    await locked
    const one = first()
    await lockedOut(1)
    const other = second()
    await lockedOut(2)
    release()
    await Promise.all([holding, one, other])
  }

  const lockedOut = (wanted: number) =>
    eventually(async () => {
      const found = await sql<{ readonly count: number }>`
        select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
        world.db.sql,
      )
      return found.rows[0]?.count === wanted || undefined
    })

  const acknowledge = (id: string) => () =>
    world.db.tx('acknowledge', (tx) => act(tx, { baseUrl }, { actor: crew.system, id: asId(id), action: 'acknowledge' }))

  test('leave no page behind when the step is first', async () => {
    const id = await burning(page('editor'), wait, page('admin'))
    await race(id, () => world.runEscalations(), acknowledge(id))
    expect(await paged(id)).toEqual(['editor'])
    expect(await mailsAbout(id)).toEqual([])
    expect(await runOf(id)).toMatchObject({ state: 'stopped' })
  })

  test('page nobody when the acknowledgement is first', async () => {
    const id = await burning(page('editor'), wait, page('admin'))
    await race(id, acknowledge(id), () => world.runEscalations())
    expect(await paged(id)).toEqual([])
    expect(await runOf(id)).toMatchObject({ state: 'stopped' })
  })

  test('end well in whatever order they come', async () => {
    for (let round = 0; round < 10; round += 1) {
      const id = await burning(page('editor', 'admin'), wait)
      await Promise.all([world.runEscalations(), acknowledge(id)(), world.runEscalations()])
      expect(await runOf(id)).toMatchObject({ state: 'stopped' })
      expect(await mailsAbout(id)).toEqual([])
      expect((await room.show(id)).state).toBe('acknowledged')
    }
    expect(world.errors).toEqual([])
  })
})

test('two nodes that hold the same shard take each step once', async () => {
  const ids = await Promise.all([1, 2, 3, 4, 5].map(() => burning(page('editor'), wait, page('admin'))))
  await Promise.all([1, 2, 3, 4].map(() => world.runEscalations()))
  for (const id of ids) expect(await paged(id)).toEqual(['editor'])
  expect(world.errors).toEqual([])
})

test('without shards nothing is done', async () => {
  const id = await burning(page('editor'))
  expect(await escalationsLoop(world.ports, pageSettings).run([])).toBe(null)
  expect(await paged(id)).toEqual([])
})
