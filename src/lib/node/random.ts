import { randomBytes, randomFillSync } from 'node:crypto'
import type { Random } from '../../ports.ts'

const poolSize = 4096

/** Ids and secrets are shorter. What is longer is made for itself. */
const pooledMax = 256

/** Randomness fit for secrets. */
export const nodeRandom: Random = { bytes: pooledBytes() }

/** Asking OpenSSL for every id costs several times the copy from a pool. The answers are copies, and no byte is given out twice. */
function pooledBytes(): Random['bytes'] {
  const pool = new Uint8Array(poolSize)
  let usedCount = poolSize
  return (count) => {
    if (count > pooledMax) return randomBytes(count)
    if (usedCount + count > poolSize) {
      randomFillSync(pool)
      usedCount = 0
    }
    usedCount += count
    return pool.slice(usedCount - count, usedCount)
  }
}
