import { removeEscalations } from '../escalations/commands.ts'
import { before, days } from '../lib/time.ts'
import type { Tx } from '../ports.ts'
import { deleteGroups, lockGroupsResolvedBefore } from './retention-store.ts'

/** As long as the events that tell of a group (db/partitions.ts), counted from the day on which it was over. */
const keptDays = 400

/**
 * Takes away the longest resolved alert groups of these shards, with their newest payloads and the runs that paged about
 * them: those that were resolved more than 400 days ago, at most `limit`. A group that is open stays, however old it is.
 * Returns how many went.
 */
export async function removeOldAlertGroups(tx: Tx, shards: readonly number[], limit: number): Promise<number> {
  const groups = await lockGroupsResolvedBefore(tx, { shards, resolvedBefore: before(tx.now, days(keptDays)), limit })
  if (groups.length === 0) return 0
  await removeEscalations(tx, groups)
  await deleteGroups(tx, groups)
  return groups.length
}
