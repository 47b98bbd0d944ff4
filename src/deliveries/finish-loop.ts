import { type Ms, ms, seconds } from '../lib/time.ts'
import type { Ports, Tx } from '../ports.ts'
import { insertAttempts } from './attempt-store.ts'
import { type Conclusion, endingOf } from './conclusion.ts'
import { lanes } from './delivery.ts'
import { insertDeadDeliveries, insertResults, settleDeliveries } from './finish-store.ts'

/** Writes what became of deliveries, one batch at a time; what comes meanwhile is the next batch. */
export type Finisher = {
  add(conclusion: Conclusion): void
  /** Resolves when nothing is left to be written. */
  idle(): Promise<void>
}

export type Written = {
  readonly batch: readonly Conclusion[]
  /** Some had ended or moved on by other means, so they may be due again. */
  readonly hasStray: boolean
}

const batchMax = 256
const pauseMin: Ms = seconds(0.25)
const pauseMax: Ms = seconds(15)

/**
 * Nothing is dropped: while the database is down, the outcomes wait here and are tried again with growing pauses. A batch
 * that fails is halved and put behind the others, so that one outcome that can never be written holds up only itself.
 * `onWritten` is called after each commit.
 */
export function newFinisher({ clock, db, log }: Ports, onWritten: (written: Written) => void): Finisher {
  const waiting: Conclusion[] = []
  const never = new AbortController().signal
  let batchSize = batchMax
  let pause = pauseMin
  let flushing: Promise<void> | null = null

  /** How long to wait before the next batch. */
  const write = async (batch: readonly Conclusion[]): Promise<Ms> => {
    try {
      const settledCount = await db.tx('finish deliveries', (tx) => finish(tx, batch))
      onWritten({ batch, hasStray: settledCount < batch.length })
      batchSize = batchMax
      pause = pauseMin
      return ms(0)
    } catch (fault) {
      log.error('deliveries unfinished', { count: batch.length, error: fault instanceof Error ? fault.stack : String(fault) })
      waiting.push(...batch)
      batchSize = Math.max(1, Math.floor(batch.length / 2))
      const rest = pause
      pause = ms(Math.min(pause * 2, pauseMax))
      return rest
    }
  }
  const flush = async (): Promise<void> => {
    // A turn later, so that outcomes of the same moment are one batch.
    await Promise.resolve()
    while (waiting.length > 0) {
      const rest = await write(waiting.splice(0, batchSize))
      if (rest > 0) await clock.wait(rest, never)
    }
    flushing = null
  }
  return {
    add: (conclusion) => {
      waiting.push(conclusion)
      flushing ??= flush()
    },
    idle: async () => {
      while (flushing !== null) await flushing
    },
  }
}

/**
 * All consequences of a batch. What had ended by other means keeps its attempt in the log, as superseded, and nothing else.
 * Returns how many had not.
 */
async function finish(tx: Tx, batch: readonly Conclusion[]): Promise<number> {
  const settled = await settleDeliveries(tx, batch)
  const changed = batch.filter(({ delivery }) => settled.has(delivery.id))
  const attempts = batch.flatMap(({ delivery, attempt }) => {
    if (attempt === null) return []
    return settled.has(delivery.id) ? [attempt] : [{ ...attempt, outcome: 'superseded' as const }]
  })
  if (attempts.length > 0) await insertAttempts(tx, attempts)
  await tellEndings(tx, changed)
  return changed.length
}

async function tellEndings(tx: Tx, changed: readonly Conclusion[]): Promise<void> {
  const unsent = changed.flatMap(({ delivery, verdict, attempt }) =>
    verdict.kind === 'dead' || verdict.kind === 'skipped'
      ? [{ delivery, reason: verdict.reason, attemptsCount: attempt === null ? delivery.attempt - 1 : delivery.attempt }]
      : [],
  )
  if (unsent.length > 0) await insertDeadDeliveries(tx, unsent)
  const ended = changed.flatMap((conclusion) => {
    const ending = endingOf(conclusion)
    return ending === null ? [] : [{ delivery: conclusion.delivery, ending }]
  })
  if (ended.length === 0) return
  await insertResults(tx, ended)
  if (ended.some(({ delivery }) => delivery.lane === lanes.page)) tx.wake('notifications')
  if (ended.some(({ delivery }) => delivery.lane !== lanes.page)) tx.wake('webhooks')
}
