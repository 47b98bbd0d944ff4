import type { Clock, Log, LoopName } from '../ports.ts'
import { type Instant, type Ms, between, ms, seconds } from './time.ts'
import { faultText } from './fault-text.ts'

/** A loop takes the due work of the shards that this node owns, one named transaction per step. */
export type Loop = {
  readonly name: LoopName
  /** Does all that is due and says when the next work of these shards comes due, or null when none is known. */
  run(shards: readonly number[]): Promise<Instant | null>
}

/** When each loop last finished a round without a defect, by the monotonic clock, for `/health/ready`. */
export type Heartbeats = Map<LoopName, Ms>

/** Wakes a loop before its time. A ring while the loop works is kept and starts the next round at once. */
export type Bell = {
  ring(): void
  /** A signal that is aborted by the next ring. For the beginning of a round, which serves all that was rung for before. */
  armed(): AbortSignal
}

export function newBell(): Bell {
  let controller = new AbortController()
  return {
    ring: () => {
      // A bell rings far more often than somebody waits for it, and each abort makes a fault with a trace, also one that is too late.
      if (!controller.signal.aborted) controller.abort()
    },
    armed: () => {
      if (controller.signal.aborted) controller = new AbortController()
      return controller.signal
    },
  }
}

type LoopSurroundings = {
  readonly clock: Clock
  readonly log: Log
  readonly bell: Bell
  readonly ownedShards: () => readonly number[]
  readonly heartbeats: Heartbeats
  /** The longest sleep: short where another node may leave work for this one, long where nobody else writes. */
  readonly sleepMaxMs: Ms
}

/** How long a loop rests after a defect, so that a broken row cannot burn a core. */
const pauseAfterDefect = seconds(1)

/** Runs a loop until the signal aborts. A defect ends the round, not the loop. */
export async function runLoop(loop: Loop, surroundings: LoopSurroundings, stop: AbortSignal): Promise<void> {
  const { clock, bell, heartbeats, sleepMaxMs } = surroundings
  const ringOnStop = () => bell.ring()
  stop.addEventListener('abort', ringOnStop)
  while (!stop.aborted) {
    const alarm = bell.armed()
    const rest = await oneRound(loop, surroundings)
    if (!rest.failed) heartbeats.set(loop.name, clock.monotonic())
    const untilDue = rest.nextAt === null ? sleepMaxMs : between(clock.now(), rest.nextAt)
    const sleep = rest.failed ? pauseAfterDefect : ms(Math.min(Math.max(untilDue, 0), sleepMaxMs))
    if (stop.aborted) break
    await clock.wait(sleep, rest.failed ? stop : alarm)
  }
  stop.removeEventListener('abort', ringOnStop)
}

async function oneRound(loop: Loop, { log, ownedShards }: LoopSurroundings) {
  try {
    return { failed: false, nextAt: await loop.run(ownedShards()) }
  } catch (fault) {
    log.error('loop failed', { loop: loop.name, error: faultText(fault) })
    return { failed: true, nextAt: null }
  }
}
