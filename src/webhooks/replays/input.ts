import { type Body, fieldRefusal, optional, orNull, type Reader, readFields, required } from '../../lib/fields.ts'
import type { Refusal } from '../../lib/rejection.ts'
import { no, ok, type Result } from '../../lib/result.ts'
import { before, days, type Instant, isoZ, ms, parseInstant } from '../../lib/time.ts'
import { type BulkReplay, type ReplayChoice, replayChoices } from './replay.ts'

/** What shall be sent again. */
export type ReplayOrder = Pick<BulkReplay, 'since' | 'until' | 'only'>

/** The body that starts a replay. What is older than the log of deliveries cannot be asked for, so that none is missed in silence. */
export function parseReplay(
  body: Body,
  { now, deliveryLogDays }: { readonly now: Instant; readonly deliveryLogDays: number },
): Result<ReplayOrder, Refusal> {
  const read = readFields((take) => ({
    since: take(required(body, 'since', instantUntil(now)), now),
    until: take(optional(body, 'until', orNull(instantUntil(now))), null) ?? now,
    only: take(optional(body, 'only', choice), undefined) ?? 'failed',
  }))
  if (!read.ok) return read
  const { since, until } = read.value
  const oldest = before(now, days(deliveryLogDays))
  if (since < oldest)
    return no(fieldRefusal('since', `Deliveries are kept for ${deliveryLogDays} days: it must be ${isoZ(oldest)} or later.`))
  return until > since ? read : no(fieldRefusal('until', 'It must be later than since.'))
}

/** An instant, or how many seconds ago. */
function instantUntil(now: Instant): Reader<Instant> {
  return (value) => {
    if (typeof value === 'number' && value >= 0 && value <= agoMax) return ok(before(now, ms(Math.round(value * 1000))))
    const at = typeof value === 'string' ? parseInstant(value.trim()) : null
    return at === null
      ? no('An instant with its offset is needed, such as 2026-01-31T12:00:00Z, or a number of seconds ago.')
      : ok(at)
  }
}

/** A century in seconds; what is kept is far less. */
const agoMax = 100 * 366 * 86_400

const choice: Reader<ReplayChoice> = (value) => {
  const found = replayChoices.find((name) => name === value)
  return found === undefined ? no(`It may be ${replayChoices.join(' or ')}.`) : ok(found)
}
