import type { LoggedTry, NodeBlow } from './cluster.ts'
import type { Heard } from './hearing.ts'

/** A row of the log of attempts. */
export type AttemptRow = { readonly id: string; readonly messageId: string; readonly outcome: string }

export type Witnesses = {
  readonly heard: readonly Heard[]
  readonly tries: readonly LoggedTry[]
  readonly rows: readonly AttemptRow[]
  readonly blows: readonly NodeBlow[]
}

/** A message that a receiver has accepted although it had accepted it before. */
export type Duplicate = {
  readonly messageId: string
  /** Which attempt, by which node, and why; null: nothing that was done to a node explains it. */
  readonly cause: string | null
}

/**
 * What was accepted more than once, with what explains it. One acceptance of each message is the one that is written as its success; each
 * other one was either logged and superseded, logged and not written, or not even logged, and each of these has its own blow.
 */
export function duplicatesOf({ heard, tries, rows, blows }: Witnesses): readonly Duplicate[] {
  const outcomes = new Map(rows.map(({ id, outcome }) => [id, outcome]))
  const triesOf = Map.groupBy(tries, ({ messageId }) => messageId)
  const accepted = Map.groupBy(
    heard.filter(({ isAccepted }) => isAccepted),
    ({ id }) => id,
  )
  return [...accepted].flatMap(([messageId, arrivals]) => {
    if (arrivals.length === 1) return []
    const own = triesOf.get(messageId) ?? []
    const answered = own.filter(({ status }) => status === 200)
    const unwritten = answered.filter(({ attemptId }) => !outcomes.has(attemptId))
    const superseded = answered.filter(({ attemptId }) => outcomes.get(attemptId) === 'superseded')
    const unlogged = withoutTry(arrivals, answered)
    const causes = [
      ...superseded.map((one) => causeOfLate(one, { own, blows })),
      ...unwritten.map((one) => causeOfUnwritten(one, blows)),
      ...unlogged.map((one) => causeOfUnlogged(one, { own, blows })),
    ]
    // What is left over has no witness at all.
    return Array.from({ length: arrivals.length - 1 }, (_, index) => ({ messageId, cause: causes[index] ?? null }))
  })
}

/** How many there are of each cause. */
export function countedCauses(duplicates: readonly Duplicate[]): readonly string[] {
  const byCause = Map.groupBy(duplicates, ({ cause }) => cause ?? 'unexplained')
  return [...byCause].map(([cause, own]) => `${own.length} x ${cause}`)
}

/** A node logs an answer right after it was given; a node that was frozen logs it when it goes on. */
function withoutTry(arrivals: readonly Heard[], answered: readonly LoggedTry[]): readonly Heard[] {
  const left = arrivals.toSorted((a, b) => a.at - b.at)
  for (const { at } of answered.toSorted((a, b) => b.at - a.at)) {
    const index = left.findLastIndex((one) => one.at <= at + clockMs)
    if (index >= 0) left.splice(index, 1)
  }
  return left
}

type Surroundings = { readonly own: readonly LoggedTry[]; readonly blows: readonly NodeBlow[] }

/** Two nodes tried; one of them was frozen past its lease before it had written what came of it. */
function causeOfLate(late: LoggedTry, { own, blows }: Surroundings): string | null {
  const frozen = blows.find(
    ({ node, kind, from, until }) =>
      kind === 'frozen' &&
      own.some((one) => one.node === node && one.at >= from - writtenMs && one.at <= until + writtenMs) &&
      own.some((one) => one.node !== node && one.at >= from),
  )
  if (frozen === undefined) return null
  return `attempt ${late.number} of node ${late.node}, superseded: node ${frozen.node} was frozen with it under way or unwritten`
}

function causeOfUnwritten({ node, at, number }: LoggedTry, blows: readonly NodeBlow[]): string | null {
  const killed = blows.some((blow) => blow.kind === 'killed' && blow.node === node && within(blow.from - at, writtenMs))
  return killed ? `attempt ${number} of node ${node}, answered and not written: it was killed in between` : null
}

function causeOfUnlogged({ at }: Heard, { own, blows }: Surroundings): string | null {
  const timedOut = own.find(({ node, status, at: triedAt }) => status === null && isFrozen(blows, { node, at, triedAt }))
  if (timedOut !== undefined) {
    const { node, number } = timedOut
    return `attempt ${number} of node ${node}, answered while it was frozen for longer than the deadline of the request`
  }
  const killed = blows.find((blow) => blow.kind === 'killed' && within(blow.from - at, writtenMs, slowestMs))
  if (killed === undefined) return null
  const number = Math.min(...own.map((one) => one.number))
  return `attempt ${number} of node ${killed.node}, answered and not even logged: it was killed with the request under way`
}

type Moment = { readonly node: string; readonly at: number; readonly triedAt: number }

const isFrozen = (blows: readonly NodeBlow[], { node, at, triedAt }: Moment): boolean =>
  blows.some(
    (blow) => blow.kind === 'frozen' && blow.node === node && at >= blow.from - slowestMs && triedAt <= blow.until + writtenMs,
  )

/** An outcome is written, and a line is on the disk, this soon after the answer, also on a busy machine. */
const writtenMs = 5_000
/** Receivers take so long at most, so a request may be answered that long after its node has died. */
const slowestMs = 1_000
/** How far the instants of two processes on one machine may be rounded apart. */
const clockMs = 5

const within = (duration: number, after: number, before = clockMs): boolean => duration >= -before && duration <= after
