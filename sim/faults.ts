import { after, hours, type Instant, minutes, type Ms, ms, seconds } from '../src/lib/time.ts'
import type { Dice } from './random.ts'

/** What goes wrong with one transaction. */
export type TransactionFault =
  | 'none'
  /** The process ends before the commit: nothing happened. */
  | 'crash before'
  /** The process ends right after the commit: it happened, and nobody was told. */
  | 'crash after'
  /** The connection breaks before the commit. */
  | 'fails'
  /** The connection breaks during the commit: it happened, and the program hears of a failure. */
  | 'answer lost'

type Outage = { readonly receiver: string; readonly from: Instant; readonly to: Instant }

/** How one receiver treats one request. */
export type Treatment =
  | { readonly kind: 'lost' }
  | { readonly kind: 'answered'; readonly afterMs: Ms; readonly status: number; readonly retryAfter: string | null }
  | { readonly kind: 'answer lost'; readonly afterMs: Ms }
  | { readonly kind: 'down' }

/** What this seed does to the system. Each seed draws its own rates, so that each run is strange in a few ways, thoroughly. */
export type Faults = {
  readonly isAlone: boolean
  /** How many statements of different transactions may be under way at once. */
  readonly connectionCount: number
  readonly sleepMaxMs: Ms
  /** Until the world is healed. */
  readonly durationMs: Ms
  readonly skewsMs: readonly [Ms, Ms]
  ofTransaction(name: string): TransactionFault
  /** How long a statement, or a connection from the pool, is waited for. */
  databaseDelay(): Ms
  /** How long a process stands still at this point; 0: it does not. */
  freeze(): Ms
  /** The same for a process that has just sent something. */
  freezeAtSending(): Ms
  downtime(): Ms
  /** Until the next crash, or stop, that comes from nowhere; null: there are none in this seed. */
  nextDisturbance(): { readonly afterMs: Ms; readonly kind: 'crash' | 'stop' } | null
  /** The way of a request to the server and of its answer back. */
  onTheWayIn(): { readonly isLost: boolean; readonly isAnswerLost: boolean; readonly afterMs: Ms }
  onTheWayOut(receiver: string, now: Instant): Treatment
  /** From now on things go wrong; until then, nothing does. */
  begin(): void
  /** The world is healed: nothing goes wrong any more. */
  heal(): void
}

/** Off in half of the seeds, else between rare and frequent. */
function rate(dice: Dice, low: number, high: number): number {
  return dice.chance(0.5) ? 0 : low * (high / low) ** dice.between(0, 1)
}

const fragileShare = 0.25
const fragileRate = 0.05
/** A boot costs more than all else. */
const crashesMax = 6

export function drawFaults(dice: Dice, startAt: Instant): Faults {
  const isAlone = dice.chance(0.45)
  const connectionCount = dice.chance(0.4) ? 1 : 2 + dice.below(3)
  const durationMs = hours(dice.between(1, 5))
  const skewMax = dice.chance(0.5) ? 0 : 3000
  let isCalm = true
  const live = (share: number): boolean => !isCalm && dice.chance(share)
  return {
    isAlone,
    connectionCount,
    sleepMaxMs: minutes((isAlone ? 6 : 2) * 10 ** dice.between(0, 1)),
    durationMs,
    skewsMs: [ms(Math.round(dice.between(-skewMax, skewMax))), ms(Math.round(dice.between(-skewMax, skewMax)))],
    ...databaseFaults(dice.fork('database'), { live, connectionCount }),
    ...lifeFaults(dice.fork('life'), () => isCalm),
    onTheWayIn: waysIn(dice.fork('in'), live),
    onTheWayOut: waysOut(dice.fork('out'), live, drawOutages(dice.fork('outages'), startAt, durationMs)),
    begin: () => {
      isCalm = false
    },
    heal: () => {
      isCalm = true
    },
  }
}

type Live = (share: number) => boolean

/** In two steps: each name of a transaction is safe for the whole run, or it is fragile and then breaks often. */
function databaseFaults(
  dice: Dice,
  { live, connectionCount }: { readonly live: Live; readonly connectionCount: number },
): Pick<Faults, 'ofTransaction' | 'databaseDelay' | 'freeze' | 'freezeAtSending'> {
  const kinds = (['crash before', 'crash after', 'fails', 'answer lost'] as const).filter(() => dice.chance(0.5))
  const fragile = new Map<string, readonly TransactionFault[]>()
  const delayShare = rate(dice, 0.002, 0.1)
  // A few milliseconds, so that transactions of the same moment overlap where they can.
  const shortShare = connectionCount > 1 ? dice.between(0.05, 0.4) : 0
  const freezeShare = rate(dice, 0.0005, 0.005)
  const sendingShare = rate(dice, 0.01, 0.1)
  // From a hiccup to longer than any lease.
  const freezeMs = (share: number): Ms => (live(share) ? seconds(5 * 600 ** dice.between(0, 1)) : ms(0))
  let crashes = 0
  const kindsOf = (name: string): readonly TransactionFault[] => {
    const known = fragile.get(name)
    if (known !== undefined) return known
    const own = dice.fork(name)
    const drawn = kinds.filter(() => own.chance(fragileShare))
    fragile.set(name, drawn)
    return drawn
  }
  return {
    ofTransaction: (name) => {
      const kind = kindsOf(name).find(() => live(fragileRate)) ?? 'none'
      if (!kind.startsWith('crash')) return kind
      crashes += 1
      return crashes > crashesMax ? 'none' : kind
    },
    databaseDelay: () => {
      if (live(delayShare)) return ms(Math.ceil(1 + 5000 * dice.between(0, 1) ** 4))
      return live(shortShare) ? ms(Math.ceil(dice.between(0, 20))) : ms(0)
    },
    freeze: () => freezeMs(freezeShare),
    freezeAtSending: () => freezeMs(sendingShare),
  }
}

function lifeFaults(dice: Dice, isCalm: () => boolean): Pick<Faults, 'downtime' | 'nextDisturbance'> {
  const everyMs = dice.chance(0.5) ? null : hours(dice.between(0.5, 4))
  return {
    downtime: () => seconds(dice.chance(0.8) ? dice.between(1, 60) : dice.between(60, 3600)),
    nextDisturbance: () => {
      if (everyMs === null || isCalm()) return null
      return { afterMs: ms(everyMs * dice.between(0.2, 1.8)), kind: dice.chance(0.6) ? 'crash' : 'stop' }
    },
  }
}

function waysIn(dice: Dice, live: Live): Faults['onTheWayIn'] {
  const lostShare = rate(dice, 0.01, 0.3)
  const answerLostShare = rate(dice, 0.01, 0.3)
  return () => ({
    isLost: live(lostShare),
    isAnswerLost: live(answerLostShare),
    afterMs: ms(Math.ceil(dice.between(1, 50))),
  })
}

function waysOut(dice: Dice, live: Live, outages: readonly Outage[]): Faults['onTheWayOut'] {
  const shares = {
    lost: rate(dice, 0.01, 0.3),
    answerLost: rate(dice, 0.01, 0.4),
    slow: rate(dice, 0.01, 0.5),
    broken: rate(dice, 0.01, 0.5),
    busy: rate(dice, 0.01, 0.3),
    gone: rate(dice, 0.001, 0.03),
  }
  const afterMs = (): Ms => (live(shares.slow) ? seconds(dice.between(1, 14)) : ms(Math.ceil(dice.between(1, 200))))
  return (receiver, now) => {
    if (live(1) && outages.some((outage) => outage.receiver === receiver && outage.from <= now && now < outage.to))
      return { kind: 'down' }
    if (live(shares.lost)) return { kind: 'lost' }
    if (live(shares.answerLost)) return { kind: 'answer lost', afterMs: afterMs() }
    const answered = { kind: 'answered', afterMs: afterMs(), retryAfter: null } as const
    if (live(shares.gone)) return { ...answered, status: 410 }
    if (live(shares.busy)) return { ...answered, status: 429, retryAfter: String(dice.below(600)) }
    if (live(shares.broken)) return { ...answered, status: dice.pick([500, 502, 503, 404]) }
    return { ...answered, status: 200 }
  }
}

const receivers = ['mail', 'hook-0.example.com', 'hook-1.example.com', 'hook-2.example.com'] as const

function drawOutages(dice: Dice, startAt: Instant, durationMs: Ms): readonly Outage[] {
  return receivers.flatMap((receiver) => {
    if (dice.chance(0.6)) return []
    const from = after(startAt, ms(dice.between(0, durationMs)))
    return [{ receiver, from, to: after(from, minutes(dice.between(1, 90))) }]
  })
}
