import { createHash } from 'node:crypto'
import { after, type Instant, instant, type Ms } from '../src/lib/time.ts'
import { newHeap } from './heap.ts'
import type { Dice } from './random.ts'

/** One run of a process, from its start to its crash or stop. What a dead one had begun is never heard of again. */
export type Life = {
  readonly name: string
  alive: boolean
  /** It does nothing before this instant, as if the operating system had forgotten it. */
  frozenUntil: Instant
}

/** Something that happens at an instant; of what happens at the same instant, chance decides the order. */
type Happening = {
  readonly at: Instant
  /** Whose it is; null: the world's own. */
  readonly life: Life | null
  readonly what: string
  readonly run: () => void | Promise<void>
}

/** Virtual time and what is to come. Nothing happens but by drawing the next happening. */
export type World = {
  now(): Instant
  /** What is under way takes a little time. */
  pass(duration: Ms): void
  /** Returns a function that takes it back. */
  plan(happening: Happening): () => void
  /** Resolves when the time has passed; a promise of the world's own people and sources. */
  pause(duration: Ms): Promise<void>
  /** Draws the next happening; false when there is none until the instant, which is then reached. */
  step(until: Instant): Promise<boolean>
  /** How many happenings there were. */
  count(): number
  /** Lets a process stand still. */
  freeze(life: Life, duration: Ms): void
  note(life: Life | null, what: string): void
  /** Of all that was noted: equal for two runs that went the same way. */
  digest(): string
}

type WorldOptions = {
  readonly startAt: Instant
  readonly dice: Dice
  /** Called with each line of the trace. */
  readonly onNote: (line: string) => void
}

type Entry = Omit<Happening, 'at'> & { at: Instant; readonly tie: number; readonly sequence: number; cancelled: boolean }

export function newWorld({ startAt, dice, onNote }: WorldOptions): World {
  const entries = newHeap<Entry>(isBefore)
  const hash = createHash('sha256')
  let now = startAt
  let sequence = 0
  let count = 0

  const note = (life: Life | null, what: string): void => {
    const line = `${new Date(now).toISOString().slice(8, 23)} ${(life?.name ?? '-').padEnd(4)} ${what}`
    hash.update(`${line}\n`)
    onNote(line)
  }
  const plan = (happening: Happening): (() => void) => {
    const entry: Entry = { ...happening, tie: dice.below(2 ** 30), sequence, cancelled: false }
    sequence += 1
    entries.push(entry)
    return () => {
      entry.cancelled = true
    }
  }
  const step = async (until: Instant): Promise<boolean> => {
    for (;;) {
      const entry = entries.pop()
      if (entry === undefined || entry.at > until) {
        if (entry !== undefined) entries.push(entry)
        now = instant(Math.max(now, until))
        return false
      }
      if (entry.cancelled || entry.life?.alive === false) continue
      if (entry.life !== null && entry.life.frozenUntil > entry.at) {
        entry.at = entry.life.frozenUntil
        entries.push(entry)
        continue
      }
      now = instant(Math.max(now, entry.at))
      count += 1
      note(entry.life, entry.what)
      await entry.run()
      return true
    }
  }
  return {
    now: () => now,
    pass: (duration) => {
      now = after(now, duration)
    },
    plan,
    pause: (duration) =>
      new Promise((resolve) => void plan({ at: after(now, duration), life: null, what: 'pause over', run: resolve })),
    step,
    count: () => count,
    freeze: (life, duration) => {
      life.frozenUntil = after(now, duration)
      note(life, `frozen for ${Math.round(duration / 1000)} s`)
      plan({ at: life.frozenUntil, life: null, what: 'thaw', run: () => {} })
    },
    note,
    digest: () => hash.copy().digest('hex').slice(0, 16),
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  if (a.at !== b.at) return a.at < b.at
  return a.tie === b.tie ? a.sequence < b.sequence : a.tie < b.tie
}
