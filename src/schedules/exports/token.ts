import { createHash } from 'node:crypto'
import type { ScheduleId, UserId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'
import type { Random } from '../../ports.ts'

/** A token in the URL of a calendar, as it is kept; the token itself is known only to whoever made it. */
export type ExportToken = ExportKey & { readonly id: string; readonly createdAt: Instant }

/** Which calendar, and whose it is: that of a schedule as a person may see it, or, without one, that of all the person's shifts. */
export type ExportKey = { readonly userId: UserId; readonly scheduleId: ScheduleId | null }

/** 32 lower-case hex digits, 16 random bytes, as the contract has them (grafana-oncall 4.7). */
export const newExportToken = (random: Random): string => Buffer.from(random.bytes(16)).toString('hex')

/** What is kept of a token; nobody guesses 128 random bits, so it needs neither salt nor stretching. Null for a text that is no token. */
export function exportTokenDigest(token: string): Buffer | null {
  if (!/^[0-9a-f]{32}$/.test(token)) return null
  return createHash('sha512').update(Buffer.from(token, 'hex')).digest()
}
