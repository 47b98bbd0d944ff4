import { publish } from '../../events/commands.ts'
import { between, hours, isoZ } from '../../lib/time.ts'
import type { Tx } from '../../ports.ts'
import type { Calendar } from './store.ts'
import type { Schedule } from '../schedule.ts'

/** Long enough for what mends itself, and short beside the shifts that may be wrong meanwhile. */
const longMs = hours(1)

type Outcome = { readonly schedule: Schedule; readonly error: string | null }

/**
 * Publishes an event when a calendar has been failing for long, and one when it is well again after that: each once, by how it was found to be
 * and by how it was before. The sentence why it failed never has the URL, whose path may be a secret.
 */
export function tellFailure(
  tx: Tx,
  { organizationId, role, failing }: Calendar,
  { schedule: { id, name }, error }: Outcome,
): void {
  if (failing === null) return
  const wasLong = between(failing.since, failing.lastAt) >= longMs
  const isLong = between(failing.since, tx.now) >= longMs
  const common = { actor: { kind: 'system', organizationId }, schedule: { id, scheduledAt: tx.now } } as const
  const data = { schedule: { id, name }, calendar: role, failing_since: isoZ(failing.since) }
  if (error !== null && isLong && !wasLong) publish(tx, { type: 'schedule.calendar_failed', ...common, data: { ...data, error } })
  if (error === null && wasLong) publish(tx, { type: 'schedule.calendar_recovered', ...common, data })
}
