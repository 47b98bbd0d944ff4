import pg from 'pg'
import { poolConfig } from '../src/db/open.ts'
import { check } from '../src/lib/check.ts'
import { after, hours, type Instant, ms } from '../src/lib/time.ts'
import { checkAll } from './checkers/all.ts'
import { countEvents, countPending, readFacts } from './checkers/facts.ts'
import { virtualClock } from './clock.ts'
import { databaseOf } from './database.ts'
import { startDeskPeople } from './desk-people.ts'
import { follow, startEditors } from './editors.ts'
import { type Engine, openEngine } from './engine.ts'
import { drawFaults, type Faults } from './faults.ts'
import { networkOf } from './network.ts'
import { type Night, nights } from './nights.ts'
import { drawHabits, onMail, startPeople } from './people.ts'
import { newProcess, type Process } from './process.ts'
import { type Dice, newDice } from './random.ts'
import { newRecords, type Records } from './record.ts'
import { startScheduleEditors } from './schedule-editors.ts'
import type { Server } from './server.ts'
import { setUp } from './setup.ts'
import { startSources } from './sources.ts'
import type { Town } from './town.ts'
import { decidedTroubles, drawnTroubles, type Trouble, type Troubles } from './trouble.ts'
import { type Life, newWorld, type World } from './world.ts'

/** What became of a seed. */
export type Finding = {
  readonly seed: number
  /** Sentences; none when every promise was kept. */
  readonly violations: readonly string[]
  readonly digest: string
  readonly happenings: number
  readonly virtualHours: number
  readonly alerts: number
  readonly sendings: number
  readonly deaths: number
}

type SeedOptions = {
  readonly seed: number
  readonly server: Server
  readonly statements: readonly string[]
  /** Null: the seed draws them. */
  readonly troubles: readonly Trouble[] | null
  readonly onNote: (line: string) => void
}

/** More than any seed needs: a run that gets here makes no progress. */
const happeningsMax = 400_000

/** After the last fault, all that is owed must be done within this time: the longest pause between two attempts is a day. */
const healMax = hours(80)

/** So long hand-overs are watched, at least: until after the last change of the clocks. */
const nightMs = hours(12)

/** Lives through one seed: some hours of faults, then healing, then the checkers. `statements` run on its database first. */
export async function runSeed({ seed, server, statements, troubles: decided, onNote }: SeedOptions): Promise<Finding> {
  const dice = newDice(String(seed))
  const night = dice.fork('night').pick(nights)
  const { startAt } = night
  const connection = await server.freshDatabase(night)
  const reader = new pg.Client(poolConfig(connection))
  await reader.connect()
  for (const statement of statements) await reader.query(statement)
  const world = newWorld({ startAt, dice: dice.fork('world'), onNote })
  const troubles = decided === null ? drawnTroubles : decidedTroubles(decided)
  const faults = drawFaults({ dice: dice.fork('faults'), troubles, startAt })
  const records = newRecords()
  const processes: Process[] = []
  const underway = (): number => processes.reduce((sum, process) => sum + process.underway(), 0)
  const engine = await openEngine({ connection, world, faults, records, dice: dice.fork('engine'), underway })
  const story: Story = { night, world, faults, troubles, records, processes, engine, dice, reader, isOpen: true, isDone: false }
  try {
    const violations = await live(story).catch((fault: unknown) => [
      `The run broke: ${fault instanceof Error ? fault.stack : String(fault)}`,
    ])
    return {
      seed,
      violations,
      digest: world.digest(),
      happenings: world.count(),
      virtualHours: (world.now() - startAt) / hours(1),
      alerts: records.alerts.length,
      sendings: records.sendings.length,
      deaths: records.deaths.length,
    }
  } finally {
    for (const process of processes) process.abandon()
    await engine.close()
    await reader.end()
    await server.dropDatabase(connection)
  }
}

type Story = {
  readonly night: Night
  readonly world: World
  readonly faults: Faults
  readonly troubles: Troubles
  readonly records: Records
  readonly processes: Process[]
  readonly engine: Engine
  readonly dice: Dice
  readonly reader: pg.Client
  /** Until the world is healed. */
  isOpen: boolean
  /** All that was owed is done. */
  isDone: boolean
}

async function live(story: Story): Promise<readonly string[]> {
  const { night, world, faults, troubles, records, processes, dice, reader } = story
  const town: Town = {
    night,
    world,
    faults,
    troubles,
    records,
    processes,
    dice: dice.fork('town'),
    token: tokenOf(dice),
    isOpen: () => story.isOpen,
    busy: 0,
  }
  const habits = drawHabits(town)
  const network = (life: Life) =>
    networkOf({ world, faults, records, onMail: (mail, moment) => void onMail(town, habits, { mail, moment }) }, life)
  for (const [index, name] of (faults.isAlone ? ['a'] : ['a', 'b']).entries()) {
    const skewMs = faults.skewsMs[index === 0 ? 0 : 1]
    processes.push(newProcess({ name, world, engine: story.engine, faults, records, dice: dice.fork(name), skewMs, network }))
  }
  for (const process of processes) await process.boot()
  if (!(await until(story, after(night.startAt, hours(1)), () => processes.every((process) => process.isUp()))))
    return ['No server starts.']
  const setting = await settled(story, setUp(town, databaseOfTown(story)))

  faults.begin()
  startSources(town, setting)
  startPeople(town, habits)
  startEditors(town, setting)
  startScheduleEditors(town, setting.schedules)
  startDeskPeople(town, setting)
  disturb(story)
  const following = follow(town, () => story.isDone)
  const healAt = after(world.now(), faults.durationMs)
  await until(story, healAt, () => false)

  faults.heal()
  story.isOpen = false
  records.healedAt = healAt
  world.note(null, 'healed')
  if (!(await comesToRest(story, town, { healAt, following }))) return [`No progress: ${happeningsMax} happenings.`]
  return checkAll({
    records,
    setting,
    facts: await readFacts(reader),
    faults,
    watched: { startAt: night.startAt, endAt: world.now() },
  })
}

type Rest = { readonly healAt: Instant; readonly following: Promise<void> }

/**
 * Lets the world go on to the end of the night, and until nothing is owed and who follows the log has read all of it: while he
 * reads the last of it there can be a change again. False when there were too many happenings.
 */
async function comesToRest(story: Story, town: Town, { healAt, following }: Rest): Promise<boolean> {
  const { night, world, troubles, records, reader } = story
  const lateAt = after(healAt, healMax)
  const endAt = after(night.startAt, ms(nightMs / troubles.pace))
  for (let last = following; ; last = follow(town, () => story.isDone)) {
    story.isDone = false
    for (let pending = 1; (pending > 0 || world.now() < endAt) && world.now() < lateAt && hasRoom(story); ) {
      await until(story, after(world.now(), hours(1)), () => false)
      pending = town.busy > 0 ? town.busy : await countPending(reader)
    }
    if (!hasRoom(story)) return false
    story.isDone = true
    await settled(story, last)
    const isRest = (await countPending(reader)) === 0 && (await countEvents(reader)) === records.followed.length
    if (isRest || world.now() >= lateAt) return true
  }
}

const hasRoom = ({ world }: Story): boolean => world.count() < happeningsMax

const tokenOf = (dice: Dice): string => Buffer.from(dice.fork('token').bytes(32)).toString('hex')

/** Lets the world go on until an instant, or sooner; true when it was sooner. */
async function until(story: Story, instant: Instant, isOver: () => boolean): Promise<boolean> {
  for (;;) {
    await story.engine.settle()
    if (isOver()) return true
    if (!hasRoom(story) || !(await story.world.step(instant))) return false
  }
}

/** Lets the world go on until a promise of the town's is kept. */
async function settled<Value>(story: Story, promise: Promise<Value>): Promise<Value> {
  let outcome: { readonly value: Value } | { readonly fault: unknown } | null = null
  promise.then(
    (value) => {
      outcome = { value }
    },
    (fault: unknown) => {
      outcome = { fault }
    },
  )
  await until(story, after(story.world.now(), hours(24)), () => outcome !== null)
  check(outcome !== null, 'the town gets its answers when nothing goes wrong')
  return promise
}

/** The database for what is done before there is an API token. */
function databaseOfTown({ world, engine, faults, records, dice }: Story) {
  const life: Life = { name: 'town', alive: true, frozenUntil: world.now() }
  const clock = virtualClock(world, life, ms(0))
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const random = { bytes: dice.fork('bootstrap').bytes }
  return databaseOf({ world, engine, faults, records, life, clock, random, log, onWake: () => {}, crash: () => {} })
}

/** Ends and stops servers out of nowhere, until the world is healed. */
function disturb(story: Story): void {
  const { world, faults, processes, dice } = story
  const own = dice.fork('disturbance')
  const next = (): void => {
    const disturbance = faults.nextDisturbance()
    if (disturbance === null) return
    const run = (): void => {
      if (!story.isOpen) return
      const process = own.pick(processes)
      if (disturbance.kind === 'crash') process.crash('out of nowhere')
      else process.stop()
      next()
    }
    world.plan({ at: after(world.now(), disturbance.afterMs), life: null, what: `${disturbance.kind} comes`, run })
  }
  next()
}
