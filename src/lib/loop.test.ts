import { describe, expect, it } from 'vitest'
import type { Clock, Log } from '../ports.ts'
import { type Heartbeats, type Loop, newBell, runLoop } from './loop.ts'
import { type Instant, instant, ms, type Ms } from './time.ts'

describe('a loop', () => {
  it('sleeps until its next work is due, and no longer than it may', async () => {
    const { waits } = await rounds([instant(1_500), null, instant(900_000)])
    expect(waits).toEqual([500, 60_000, 60_000])
  })

  it('goes on at once when work is overdue', async () => {
    const { waits } = await rounds([instant(10)])
    expect(waits).toEqual([0])
  })

  it('a ring that came during the round starts the next one at once, and only one', async () => {
    expect(await roundsWithRings({ duringRounds: [1], asleepAfterRounds: [] })).toBe(2)
  })

  it('a ring that came while it slept starts one round', async () => {
    expect(await roundsWithRings({ duringRounds: [], asleepAfterRounds: [1] })).toBe(2)
  })

  it('a defect ends the round and not the loop; it rests a second and is logged', async () => {
    const { waits, errors } = await rounds([new Error('broken row'), null])
    expect(waits).toEqual([1_000, 60_000])
    expect(errors).toEqual(['loop failed'])
  })

  it('a round that failed is no sign of life; another one is, by the clock that nobody sets', async () => {
    expect((await rounds([new Error('broken row')])).heartbeat).toBeUndefined()
    expect((await rounds([null])).heartbeat).toBe(7_000)
  })
})

/** Rings during some rounds, and in the sleep after some, and returns how many there have been when the loop sleeps on. */
async function roundsWithRings(rung: { readonly duringRounds: number[]; readonly asleepAfterRounds: number[] }) {
  const bell = newBell()
  const stopping = new AbortController()
  let round = 0
  let asleep = 0
  const loop: Loop = {
    name: 'alerts',
    run: async () => {
      round += 1
      if (rung.duringRounds.includes(round)) bell.ring()
      return null
    },
  }
  const clock: Clock = {
    now: () => instant(1_000),
    monotonic: () => ms(7_000),
    wait: async (_duration, signal) => {
      if (signal.aborted) return
      if (rung.asleepAfterRounds.includes(round)) bell.ring()
      else {
        asleep = round
        stopping.abort()
      }
    },
  }
  const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const surroundings = { clock, log, bell, heartbeats: new Map(), ownedShards: () => [], sleepMaxMs: ms(60_000) }
  await runLoop(loop, surroundings, stopping.signal)
  return asleep
}

/** Runs one round per answer, then stops. */
async function rounds(answers: readonly (Instant | null | Error)[]) {
  const waits: Ms[] = []
  const errors: string[] = []
  const heartbeats: Heartbeats = new Map()
  const stopping = new AbortController()
  let round = 0
  const loop: Loop = {
    name: 'alerts',
    run: async () => {
      const answer = answers[round] ?? null
      round += 1
      if (answer instanceof Error) throw answer
      return answer
    },
  }
  const clock: Clock = {
    now: () => instant(1_000),
    monotonic: () => ms(7_000),
    wait: async (duration) => {
      waits.push(duration)
      if (waits.length === answers.length) stopping.abort()
    },
  }
  const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: (message) => void errors.push(message) }
  const surroundings = { clock, log, bell: newBell(), heartbeats, ownedShards: () => [], sleepMaxMs: ms(60_000) }
  await runLoop(loop, surroundings, stopping.signal)
  return { waits, errors, heartbeat: heartbeats.get('alerts') }
}
