import type { AlertGroup } from './alert-group.ts'
import type { AlertGroupAction, AlertGroupState } from './state.ts'
import type { Instant } from '../lib/time.ts'
import type { UserId } from '../lib/ids.ts'
import type { AlertGroupEventType } from '../events/catalogue.ts'

/** Who turns a group, when, and for a silence until when (null: until somebody ends it). */
export type Circumstances = { readonly now: Instant; readonly person: UserId | null; readonly silencedUntil: Instant | null }

/** The group in its new state, with the facts of that state and without those of the one before. */
export function turned(group: AlertGroup, to: AlertGroupState, { now, person, silencedUntil }: Circumstances): AlertGroup {
  const awake = { ...group, silencedAt: null, silencedUntil: null }
  switch (to) {
    case 'firing':
      return { ...awake, state: to, acknowledgedAt: null, acknowledgedBy: null, resolvedAt: null, resolvedBy: null }
    case 'acknowledged':
      return { ...awake, state: to, acknowledgedAt: now, acknowledgedBy: person }
    case 'silenced':
      return { ...group, state: to, silencedAt: now, silencedUntil }
    case 'resolved':
      return { ...awake, state: to, resolvedAt: now, resolvedBy: person }
  }
}

/** The fact that each action leaves in the log. */
export const factOf = {
  acknowledge: 'alert_group.acknowledged',
  unacknowledge: 'alert_group.unacknowledged',
  resolve: 'alert_group.resolved',
  unresolve: 'alert_group.unresolved',
  silence: 'alert_group.silenced',
  unsilence: 'alert_group.unsilenced',
} as const satisfies Record<AlertGroupAction, AlertGroupEventType>
