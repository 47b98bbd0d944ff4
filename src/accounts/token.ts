import { createHash } from 'node:crypto'
import type { UserId } from '../lib/ids.ts'
import type { Instant } from '../lib/time.ts'
import type { Random } from '../ports.ts'

/** An API token as it is kept; the token itself is known only to its owner. */
export type ApiToken = {
  readonly id: string
  readonly userId: UserId
  readonly name: string
  readonly createdAt: Instant
}

/** 64 lower-case hex digits, 32 random bytes (contract grafana-oncall 1.2). Set-up links have the same form. */
export function newToken(random: Random): string {
  return Buffer.from(random.bytes(32)).toString('hex')
}

/**
 * What is kept of a token: SHA-512 of its bytes. Enough without salt or stretching, because nobody can guess 256 random
 * bits. Null for a text that is no token.
 */
export function tokenDigest(token: string): Buffer | null {
  if (!isToken(token)) return null
  return createHash('sha512').update(Buffer.from(token, 'hex')).digest()
}

/** Whether a text has the form of a token. */
export const isToken = (text: string): boolean => /^[0-9a-f]{64}$/.test(text)

/** Whether a text has the form of a token's id, a UUID. */
export const isTokenId = (text: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
