import { createHash } from 'node:crypto'
import { known } from '../src/lib/check.ts'

/** Chance that is a function of a seed. */
export type Dice = {
  /** A whole number from 0 to below the limit. */
  below(limit: number): number
  /** A number from `low` to below `high`. */
  between(low: number, high: number): number
  /** True in this share of the cases. */
  chance(share: number): boolean
  pick<Item>(items: readonly Item[]): Item
  bytes(count: number): Uint8Array
  /** Other dice of the same seed: what is thrown with one changes nothing for the others. */
  fork(name: string): Dice
}

/** The same seed throws the same numbers, on every machine. */
export function newDice(seed: string): Dice {
  const next = generator(seed)
  const share = (): number => next() / 2 ** 32
  const below = (limit: number): number => Math.floor(share() * limit)
  return {
    below,
    between: (low, high) => low + share() * (high - low),
    chance: (wanted) => share() < wanted,
    pick: (items) => known(items[below(items.length)], 'something to pick from'),
    bytes: (count) => Uint8Array.from({ length: count }, () => next() & 0xff),
    fork: (name) => newDice(`${seed}/${name}`),
  }
}

/** The generator sfc32 (Chris Doty-Humphrey, PractRand), begun from the SHA-256 of the seed. */
function generator(seed: string): () => number {
  const digest = createHash('sha256').update(seed).digest()
  let a = digest.readInt32LE(0)
  let b = digest.readInt32LE(4)
  let c = digest.readInt32LE(8)
  let counter = digest.readInt32LE(12)
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let warmUp = 0; warmUp < 16; warmUp += 1) next()
  return next
}
