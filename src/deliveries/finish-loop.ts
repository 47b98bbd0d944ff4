import { databaseIsDown } from '../lib/database-fault.ts'
import { faultText } from '../lib/fault-text.ts'
import { type Ms, ms, seconds } from '../lib/time.ts'
import type { Ports, Tx } from '../ports.ts'
import { insertAttempts } from './attempt-store.ts'
import { attemptsCountOf, type Concluded, endingOf, lastStatusOf } from './conclusion.ts'
import { isPage } from './delivery.ts'
import { keepPauses } from './endpoint-store.ts'
import { insertDeadDeliveries, insertResults, settleDeliveries, type Unsent } from './finish-store.ts'
import { keepHealth } from './health/commands.ts'
import { insertMessages } from './message-store.ts'
import type { Pause } from './queue/standing.ts'

/** Writes what became of deliveries, one batch at a time; what comes meanwhile is the next batch. */
export type Finisher = {
  add(conclusion: Concluded): void
  /** Resolves when nothing is left to be written. */
  idle(): Promise<void>
}

export type Written = {
  readonly batch: readonly Concluded[]
  /** Some had ended or moved on by other means, so they may be due again. */
  readonly hasStray: boolean
}

const batchMax = 256
const pauseMin: Ms = seconds(0.25)
const pauseMax: Ms = seconds(15)

/**
 * Nothing is dropped: while the database is down, the outcomes wait here and are tried again with growing pauses. Any other
 * fault may be of one outcome: the batch is halved until that one is found, which is then set aside and tried again alone,
 * with pauses of its own, so that it holds up no other. `onWritten` is called after each commit.
 */
export function newFinisher({ clock, db, log }: Ports, onWritten: (written: Written) => void): Finisher {
  const waiting: Concluded[] = []
  const aside = newAside(clock, () => start())
  const never = new AbortController().signal
  let batchSize = batchMax
  let pause = pauseMin
  let flushing: Promise<void> | null = null

  /** How long to wait before the next batch. */
  const write = async (batch: readonly Concluded[]): Promise<Ms> => {
    try {
      const settledCount = await db.tx('finish deliveries', (tx) => finish(tx, batch))
      onWritten({ batch, hasStray: settledCount < batch.length })
      aside.forget(batch)
      batchSize = batchMax
      pause = pauseMin
      return ms(0)
    } catch (fault) {
      log.error('deliveries unfinished', { count: batch.length, error: faultText(fault) })
      return databaseIsDown(fault) ? waitFor(batch) : split(batch)
    }
  }
  const waitFor = (batch: readonly Concluded[]): Ms => {
    // First again: what was heard later of an endpoint is what holds.
    waiting.unshift(...batch)
    const rest = pause
    pause = doubled(pause)
    return rest
  }
  const split = (batch: readonly Concluded[]): Ms => {
    batchSize = Math.max(1, Math.floor(batch.length / 2))
    if (batch.length > 1) waiting.push(...batch)
    else aside.put(batch)
    return ms(0)
  }
  const flush = async (): Promise<void> => {
    // A turn later, so that outcomes of the same moment are one batch.
    await Promise.resolve()
    for (;;) {
      const batch = waiting.length > 0 ? waiting.splice(0, batchSize) : aside.takeDue()
      if (batch.length === 0) break
      const rest = await write(batch)
      if (rest > 0) await clock.wait(rest, never)
    }
    flushing = null
  }
  const start = (): void => {
    flushing ??= flush()
  }
  return {
    add: (conclusion) => {
      waiting.push(conclusion)
      start()
    },
    idle: async () => {
      while (flushing !== null || aside.isHeld()) await (flushing ?? aside.nextDue())
    },
  }
}

/** Outcomes that could not be written alone, each with its own next try. */
function newAside(clock: Ports['clock'], onDue: () => void) {
  const never = new AbortController().signal
  const pauses = new Map<Concluded, Ms>()
  const resting = new Set<Promise<void>>()
  const due: Concluded[] = []
  return {
    put: (conclusions: readonly Concluded[]): void => {
      for (const conclusion of conclusions) {
        const pause = pauses.get(conclusion) ?? pauseMin
        pauses.set(conclusion, doubled(pause))
        const rest = clock.wait(pause, never).then(() => {
          resting.delete(rest)
          due.push(conclusion)
          onDue()
        })
        resting.add(rest)
      }
    },
    takeDue: (): readonly Concluded[] => due.splice(0, 1),
    /** They are written. */
    forget: (conclusions: readonly Concluded[]): void => conclusions.forEach((conclusion) => pauses.delete(conclusion)),
    isHeld: () => resting.size > 0,
    nextDue: () => Promise.race(resting),
  }
}

const doubled = (pause: Ms): Ms => ms(Math.min(pause * 2, pauseMax))

/**
 * All consequences of a batch. What had ended by other means keeps its attempt in the log, as superseded, and nothing else.
 * Returns how many had not.
 */
async function finish(tx: Tx, batch: readonly Concluded[]): Promise<number> {
  const settled = await settleDeliveries(tx, batch)
  const changed = batch.filter(({ delivery }) => settled.has(delivery.id))
  const attempts = batch.flatMap(({ delivery, attempt }) => {
    if (attempt === null) return []
    return settled.has(delivery.id) ? [attempt] : [{ ...attempt, outcome: 'superseded' as const }]
  })
  if (attempts.length > 0) await insertAttempts(tx, attempts)
  const faulty = changed.flatMap(({ delivery, verdict }) =>
    verdict.kind === 'faulty' ? [{ delivery, message: verdict.request }] : [],
  )
  if (faulty.length > 0) await insertMessages(tx, faulty)
  const pauses = new Map(
    batch.flatMap((ended) => (ended.pause === null ? [] : [[ended.delivery.endpointId, pauseOf(ended, ended.pause)]])),
  )
  if (pauses.size > 0) await keepPauses(tx, [...pauses.values()])
  await keepHealth(tx, changed)
  await tellEndings(tx, changed)
  return changed.length
}

const pauseOf = ({ delivery: { organizationId, endpointId: id } }: Concluded, pause: Pause) => ({ organizationId, id, ...pause })

function unsentOf(conclusion: Concluded): Unsent | null {
  const { delivery, verdict } = conclusion
  if (verdict.kind === 'success' || verdict.kind === 'retry') return null
  return {
    delivery,
    state: verdict.kind === 'skipped' ? 'skipped' : 'dead',
    reason: verdict.reason,
    attemptsCount: attemptsCountOf(conclusion),
    lastStatus: lastStatusOf(conclusion),
  }
}

async function tellEndings(tx: Tx, changed: readonly Concluded[]): Promise<void> {
  const unsent = changed.flatMap((conclusion) => unsentOf(conclusion) ?? [])
  if (unsent.length > 0) await insertDeadDeliveries(tx, unsent)
  const ended = changed.flatMap((conclusion) => {
    const ending = endingOf(conclusion)
    return ending === null ? [] : [{ delivery: conclusion.delivery, ending }]
  })
  if (ended.length === 0) return
  await insertResults(tx, ended)
  if (ended.some(({ delivery }) => isPage(delivery))) tx.wake('notifications')
  if (ended.some(({ delivery }) => !isPage(delivery))) tx.wake('webhooks')
}
