import type { Dice } from './random.ts'

/** The kinds of trouble that a seed can be full of. */
export const troubleKinds = [
  /** Processes end at their transactions, and out of nowhere. */
  'crashes',
  /** Connections to the database break, before a commit or while it is made. */
  'broken connections',
  /** Processes stand still for a while and go on as if nothing had been. */
  'freezes',
  /** The same just when they have sent something. */
  'freezes at sending',
  'two nodes',
  /** Transactions overlap, because alerts come together and the database is slow now and then. */
  'rivalry',
  /** Receivers are slow, busy, down or gone, and what is sent to them or what they answer is lost. */
  'bad receivers',
  /** What is sent to the servers or what they answer is lost. */
  'bad lines',
  /** People act just when a page leaves. */
  'hasty people',
  /** Desks have webhooks of all kinds, switch them, test them, and send again what failed. */
  'desks',
] as const
export type Trouble = (typeof troubleKinds)[number]

type Range = { readonly low: number; readonly high: number }

/** The trouble that a seed is in. */
export type Troubles = {
  /** Whether there is such trouble; `drawn` is what the seed says. */
  has(trouble: Trouble, drawn: boolean): boolean
  /** How often it strikes, or 0. */
  rate(trouble: Trouble, dice: Dice, range: Range): number
  /** How hard it strikes when it does. */
  force(dice: Dice, range: Range): number
  /** A transaction is fragile or safe for the whole seed, by its name. */
  readonly fragileShare: number
  /** How often a fragile one breaks. */
  readonly fragileRate: number
  /** How much faster than usual one thing comes after the other. */
  readonly pace: number
}

/** Each seed draws its own, so that each is strange in a few ways, thoroughly: every kind is off in about half of them. */
export const drawnTroubles: Troubles = {
  has: (_trouble, drawn) => drawn,
  rate: (_trouble, dice, range) => (dice.chance(0.5) ? 0 : within(range, dice.between(0, 1))),
  force: (dice, range) => within(range, dice.between(0, 1)),
  fragileShare: 0.25,
  fragileRate: 0.05,
  pace: 1,
}

/** Of these kinds and of no others, thick and fast: most seeds should show a bug that needs such trouble. */
export function decidedTroubles(decided: readonly Trouble[]): Troubles {
  return {
    has: (trouble) => decided.includes(trouble),
    rate: (trouble, dice, range) => (decided.includes(trouble) ? within(range, dice.between(0.5, 1)) : 0),
    force: (dice, range) => within(range, dice.between(0.5, 1)),
    fragileShare: 0.6,
    fragileRate: 0.1,
    pace: 3,
  }
}

/** Evenly on a scale of magnitudes, so that the rare is not rare among the drawn. */
const within = ({ low, high }: Range, share: number): number => low * (high / low) ** share
