/** A claim about the numbers from 0 on. What holds for a number from 1 on holds `cycle` numbers later too; 0 stands apart. */
export type Periodic = { readonly cycle: number; readonly holds: (index: number) => boolean }

/**
 * For how many numbers below another the claim holds. The first answer takes as long for a great number as for `cycle`; after it, numbers
 * are asked for in rising order, and each is looked at once.
 */
export function risingCount(claim: Periodic): (index: number) => number {
  let counted: { below: number; count: number } | null = null
  return (index) => {
    if (counted === null) counted = { below: index, count: countBelow(index, claim) }
    for (; counted.below < index; counted.below += 1) if (claim.holds(counted.below)) counted.count += 1
    return counted.count
  }
}

/** After how many steps of a length a pattern of another length begins anew. */
export function stepsToRepeat(pattern: number, step: number): number {
  let [left, right] = [pattern, step]
  while (right !== 0) [left, right] = [right, left % right]
  return pattern / left
}

/** The claim that holds for all numbers. */
export const always: Periodic = { cycle: 1, holds: () => true }

/** For how many numbers below `index` the claim holds. Takes as long for a great number as for `cycle`. */
function countBelow(index: number, { cycle, holds }: Periodic): number {
  if (index <= 0) return 0
  const cycles = Math.floor((index - 1) / cycle)
  const inCycles = cycles === 0 ? 0 : cycles * countFrom(1, cycle + 1, holds)
  return (holds(0) ? 1 : 0) + inCycles + countFrom(1, index - cycles * cycle, holds)
}

function countFrom(from: number, below: number, holds: (index: number) => boolean): number {
  let count = 0
  for (let index = from; index < below; index += 1) if (holds(index)) count += 1
  return count
}
