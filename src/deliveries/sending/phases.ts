import { type Ms, ms } from '../../lib/time.ts'
import type { Phases } from '../../ports.ts'

/** When each step on the way to a connection had ended, by the monotonic clock; null: not yet, or there is no such step. */
export type Way = {
  readonly startedAt: Ms
  lookedUpAt: Ms | null
  connectedAt: Ms | null
  securedAt: Ms | null
}

export const noPhases: Phases = { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null }

type Seen = {
  /** Null: the exchange was given no connection. */
  readonly way: Way | null
  /** When the exchange began. */
  readonly startedAt: Ms
  readonly sentAt: Ms | null
  readonly firstByteAt: Ms | null
}

/** What an exchange spent on its steps. A connection that was begun before it was open already, or others have waited for it. */
export function phasesOf({ way, startedAt, sentAt, firstByteAt }: Seen): Phases {
  const firstByteMs = lengthOf(sentAt, firstByteAt)
  if (way === null || way.startedAt < startedAt) return { ...noPhases, firstByteMs }
  return {
    dnsMs: lengthOf(way.startedAt, way.lookedUpAt),
    connectMs: lengthOf(way.lookedUpAt ?? way.startedAt, way.connectedAt),
    tlsMs: lengthOf(way.connectedAt, way.securedAt),
    firstByteMs,
  }
}

const lengthOf = (from: Ms | null, to: Ms | null): Ms | null => (from === null || to === null ? null : ms(to - from))
