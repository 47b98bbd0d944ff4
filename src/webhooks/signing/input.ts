import { type Body, boolean, integerWithin, optional, readFields } from '../../lib/fields.ts'
import type { Refusal } from '../../lib/rejection.ts'
import type { Result } from '../../lib/result.ts'
import { hours, type Ms, seconds } from '../../lib/time.ts'

/** How a key is to be made. */
export type SigningOrder = {
  /** How long the keys that it replaces go on signing. */
  readonly overlapMs: Ms
  /** Whether there are `v1a` signatures too; null: as with the key that it replaces. */
  readonly asymmetric: boolean | null
}

const usualOverlap: Ms = hours(24)
const overlapSecondsMax = 30 * 24 * 3600

/** The body that makes or rotates a key. */
export function parseSigningOrder(body: Body): Result<SigningOrder, Refusal> {
  return readFields((take) => {
    const overlap = take(optional(body, 'overlap', integerWithin({ min: 0, max: overlapSecondsMax })), undefined)
    return {
      overlapMs: overlap === undefined ? usualOverlap : seconds(overlap),
      asymmetric: take(optional(body, 'asymmetric', boolean), undefined) ?? null,
    }
  })
}
