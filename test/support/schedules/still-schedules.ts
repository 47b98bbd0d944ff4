import { afterAll, beforeEach, expect } from 'vitest'
import { chainsOfSchedules } from '../../../src/escalation-chains/policy-commands.ts'
import type { Loop } from '../../../src/lib/loop.ts'
import { allShards } from '../../../src/lib/shard.ts'
import { after, days, type Instant, type Ms } from '../../../src/lib/time.ts'
import type { Ports } from '../../../src/ports.ts'
import { schedulesLoop } from '../../../src/schedules/loop.ts'
import { type Crew, newCrew, pageSettings, type StillWorld, stillStart, stillWorld } from '../still-world.ts'

/** A crew with schedules, whose loop goes round when a test says so. Each test begins without schedules to watch, on days of its own. */
export type StillSchedules = {
  readonly world: StillWorld
  readonly crew: Crew
  /** Of the test. */
  start(): Instant
  /** Which test of the file it is: names with it in them are its own. */
  count(): number
  /** How late the announcements of the test were. */
  readonly delays: Ms[]
  newLoop(options?: LoopOptions): Loop
  /** Of a new loop. */
  round(options?: LoopOptions): Promise<Instant | null>
  /** Lets the loop sleep and wake as it wants to, up to an instant. */
  until(end: Instant): Promise<void>
  /** Makes something by the API and answers with its id. */
  make(path: string, body: object): Promise<string>
}

type LoopOptions = { readonly ports?: Ports; readonly mailIsOn?: boolean }

export async function stillSchedules(): Promise<StillSchedules> {
  const world = await stillWorld()
  const crew = await newCrew(world, 'harbour')
  const delays: Ms[] = []
  let count = 0
  const start = () => after(stillStart, days(1000 * count))

  afterAll(() => world.close())

  beforeEach(async () => {
    count += 1
    world.setTime(start())
    await world.db.sql.deleteFrom('schedule_watches').execute()
    world.errors.length = 0
    delays.length = 0
  })

  const newLoop: StillSchedules['newLoop'] = ({ ports = world.ports, mailIsOn = true } = {}) => {
    const notifications = { ...pageSettings, mailIsOn }
    return schedulesLoop(ports, { chainsOfSchedules, notifications, observeDelay: (delay) => void delays.push(delay) })
  }
  const round: StillSchedules['round'] = (options) => newLoop(options).run(allShards)

  return {
    ...{ world, crew, start, count: () => count, delays, newLoop, round },
    until: async (end) => {
      for (;;) {
        const next = await round()
        if (next === null || next > end) break
        if (next > world.now()) world.setTime(next)
      }
      world.setTime(end)
      await round()
    },
    make: async (path, body) => {
      const { status, text, json } = await crew.api('POST', path, body)
      expect({ status, text }).toMatchObject({ status: 201 })
      return json.id
    },
  }
}

/** As local times of shifts are written: `2026-04-01T12:00:00`. */
export const reading = (at: Instant): string => new Date(at).toISOString().slice(0, 19)
