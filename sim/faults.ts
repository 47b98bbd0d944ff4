import { after, hours, type Instant, minutes, type Ms, ms, seconds } from '../src/lib/time.ts'
import type { Dice } from './random.ts'
import type { Troubles } from './trouble.ts'

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

type Answered = {
  readonly kind: 'answered'
  readonly afterMs: Ms
  readonly status: number
  readonly retryAfter: string | null
  /** What the receiver says of more than this one try. */
  readonly wish: 'disable' | 'abort-message' | null
}

/** How one receiver treats one request. */
export type Treatment =
  | { readonly kind: 'lost' }
  | Answered
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

export function drawFaults({ dice, troubles, startAt }: FaultsOptions): Faults {
  const isAlone = !troubles.has('two nodes', !dice.chance(0.45))
  const connectionCount = troubles.has('rivalry', !dice.chance(0.4)) ? 2 + dice.below(3) : 1
  const durationMs = hours(dice.between(1, 1 + 4 / troubles.pace))
  const skewMax = dice.chance(0.5) ? 0 : 3000
  let isCalm = true
  const live = (share: number): boolean => !isCalm && dice.chance(share)
  const draw = (name: string): Draw => ({ dice: dice.fork(name), troubles, live })
  const outages = drawOutages(draw('outages'), { startAt, durationMs })
  return {
    isAlone,
    connectionCount,
    sleepMaxMs: minutes((isAlone ? 6 : 2) * 10 ** dice.between(0, 1)),
    durationMs,
    skewsMs: [ms(Math.round(dice.between(-skewMax, skewMax))), ms(Math.round(dice.between(-skewMax, skewMax)))],
    ofTransaction: transactionFaults(draw('transactions')),
    databaseDelay: databaseDelays(draw('delays'), connectionCount),
    ...freezes(draw('freezes')),
    ...lifeFaults(draw('life'), () => isCalm),
    onTheWayIn: waysIn(draw('in')),
    onTheWayOut: waysOut(draw('out'), outages),
    begin: () => {
      isCalm = false
    },
    heal: () => {
      isCalm = true
    },
  }
}

type FaultsOptions = { readonly dice: Dice; readonly troubles: Troubles; readonly startAt: Instant }

type Draw = {
  readonly dice: Dice
  readonly troubles: Troubles
  /** True in this share of the cases, unless all is calm. */
  readonly live: (share: number) => boolean
}

/** A boot costs more than all else. */
const crashesMax = 8
/** Of one transaction, so that one that comes often leaves some for the others. */
const crashesOfOneMax = 2

/** In two steps: each name of a transaction is safe for the whole run, or it is fragile and then breaks often. */
function transactionFaults({ dice, troubles, live }: Draw): Faults['ofTransaction'] {
  const crashing = (['crash before', 'crash after'] as const).filter(() => troubles.has('crashes', dice.chance(0.5)))
  const breaking = (['fails', 'answer lost'] as const).filter(() => troubles.has('broken connections', dice.chance(0.5)))
  const kinds: readonly TransactionFault[] = [...crashing, ...breaking]
  const fragile = new Map<string, readonly TransactionFault[]>()
  const kindsOf = (name: string): readonly TransactionFault[] => {
    const known = fragile.get(name)
    if (known !== undefined) return known
    const own = dice.fork(name)
    const drawn = kinds.filter(() => own.chance(troubles.fragileShare))
    fragile.set(name, drawn)
    return drawn
  }
  const crashes: string[] = []
  const isEnough = (name: string): boolean =>
    crashes.length >= crashesMax || crashes.filter((other) => other === name).length >= crashesOfOneMax
  return (name) => {
    const kind = kindsOf(name).find(() => live(troubles.fragileRate)) ?? 'none'
    if (!kind.startsWith('crash')) return kind
    if (isEnough(name)) return 'none'
    crashes.push(name)
    return kind
  }
}

function databaseDelays({ dice, troubles, live }: Draw, connectionCount: number): Faults['databaseDelay'] {
  const delayShare = troubles.rate('rivalry', dice, { low: 0.002, high: 0.1 })
  // A few milliseconds, so that transactions of the same moment overlap where they can.
  const shortShare = connectionCount > 1 ? troubles.force(dice, { low: 0.05, high: 0.4 }) : 0
  return () => {
    if (live(delayShare)) return ms(Math.ceil(1 + 5000 * dice.between(0, 1) ** 4))
    return live(shortShare) ? ms(Math.ceil(dice.between(0, 20))) : ms(0)
  }
}

function freezes({ dice, troubles, live }: Draw): Pick<Faults, 'freeze' | 'freezeAtSending'> {
  const freezeShare = troubles.rate('freezes', dice, { low: 0.0005, high: 0.005 })
  const sendingShare = troubles.rate('freezes at sending', dice, { low: 0.01, high: 0.1 })
  // From a hiccup to longer than any lease.
  const freezeMs = (share: number): Ms => (live(share) ? seconds(troubles.force(dice, { low: 5, high: 3000 })) : ms(0))
  return { freeze: () => freezeMs(freezeShare), freezeAtSending: () => freezeMs(sendingShare) }
}

function lifeFaults({ dice, troubles }: Draw, isCalm: () => boolean): Pick<Faults, 'downtime' | 'nextDisturbance'> {
  const isDisturbed = troubles.has('crashes', dice.chance(0.5))
  const everyMs = hours(dice.between(0.5, 4) / troubles.pace)
  return {
    downtime: () => seconds(dice.chance(0.8) ? dice.between(1, 60) : dice.between(60, 3600)),
    nextDisturbance: () => {
      if (!isDisturbed || isCalm()) return null
      return { afterMs: ms(everyMs * dice.between(0.2, 1.8)), kind: dice.chance(0.6) ? 'crash' : 'stop' }
    },
  }
}

function waysIn({ dice, troubles, live }: Draw): Faults['onTheWayIn'] {
  const lostShare = troubles.rate('bad lines', dice, { low: 0.01, high: 0.3 })
  const answerLostShare = troubles.rate('bad lines', dice, { low: 0.01, high: 0.3 })
  return () => ({
    isLost: live(lostShare),
    isAnswerLost: live(answerLostShare),
    afterMs: ms(Math.ceil(dice.between(1, 50))),
  })
}

function waysOut({ dice, troubles, live }: Draw, outages: readonly Outage[]): Faults['onTheWayOut'] {
  const rate = (low: number, high: number): number => troubles.rate('bad receivers', dice, { low, high })
  const shares = {
    lost: rate(0.01, 0.3),
    answerLost: rate(0.01, 0.4),
    slow: rate(0.01, 0.5),
    broken: rate(0.01, 0.5),
    busy: rate(0.01, 0.3),
    gone: rate(0.001, 0.03),
  }
  const afterMs = (): Ms => (live(shares.slow) ? seconds(dice.between(1, 14)) : ms(Math.ceil(dice.between(1, 200))))
  return (receiver, now) => {
    if (live(1) && outages.some((outage) => outage.receiver === receiver && outage.from <= now && now < outage.to))
      return { kind: 'down' }
    if (live(shares.lost)) return { kind: 'lost' }
    if (live(shares.answerLost)) return { kind: 'answer lost', afterMs: afterMs() }
    const answered = { kind: 'answered', afterMs: afterMs(), retryAfter: null, wish: null } as const
    if (live(shares.gone)) return { ...answered, ...refusalOf(receiver, dice) }
    if (live(shares.busy)) return { ...answered, status: dice.pick([429, 503]), retryAfter: String(dice.below(600)) }
    if (live(shares.broken)) return { ...answered, status: dice.pick([500, 502, 503, 404]) }
    return { ...answered, status: 200 }
  }
}

/** Whoever refuses one message for good wants the next all the same, but for desks: 410 would end the other webhooks for the rest of the night. */
function refusalOf(receiver: string, dice: Dice): Pick<Answered, 'status' | 'wish'> {
  if (receiver === 'mail') return { status: 550, wish: null }
  const aborted = { status: 422, wish: 'abort-message' } as const
  if (!deskHosts.includes(receiver)) return aborted
  return dice.pick([aborted, { status: 410, wish: null }, { status: 500, wish: 'disable' }, { status: 204, wish: 'disable' }])
}

/** Where the webhooks of desks lead, each to one of its own. */
export const deskHosts: readonly string[] = Array.from({ length: 8 }, (_, number) => `desk-${number}.example.com`)

const receivers = ['mail', 'hook-0.example.com', 'hook-1.example.com', 'hook-2.example.com'] as const

type Span = { readonly startAt: Instant; readonly durationMs: Ms }

function drawOutages({ dice, troubles }: Draw, { startAt, durationMs }: Span): readonly Outage[] {
  const outage = (receiver: string, minutesMax: number): readonly Outage[] => {
    if (!troubles.has('bad receivers', dice.chance(0.4))) return []
    const from = after(startAt, ms(dice.between(0, durationMs)))
    return [{ receiver, from, to: after(from, minutes(dice.between(1, minutesMax))) }]
  }
  // Desks are to hear of receivers that fail for an hour.
  return [...receivers.flatMap((receiver) => outage(receiver, 90)), ...deskHosts.flatMap((receiver) => outage(receiver, 240))]
}
