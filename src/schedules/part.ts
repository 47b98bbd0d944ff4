import type { PartId, ScheduleId, TeamId, UserId } from '../lib/ids.ts'
import type { NativeLayer } from './layers/layer.ts'
import type { NativeOverride } from './overrides/override.ts'
import { type OnCallShift, usersOf as usersOfShift } from './shifts/shift.ts'

/** What a schedule is made of: shifts of the Grafana OnCall API, which may be on several schedules, and layers and overrides of its own. */
export type Part =
  | { readonly kind: 'shift'; readonly shift: OnCallShift }
  | { readonly kind: 'layer'; readonly layer: NativeLayer }
  | { readonly kind: 'override'; readonly override: NativeOverride }

/** What a row of a part says; `part` is null when this program cannot read it. */
export type PartReading = {
  readonly id: PartId
  /** A newer version may have stored one that is not known here. */
  readonly kind: string
  readonly name: string | null
  readonly teamId: TeamId | null
  /** The schedule that it belongs to. */
  readonly ownerId: ScheduleId | null
  readonly part: Part | null
}

/** Everybody whom a part names. */
export function usersOf(part: Part): readonly UserId[] {
  if (part.kind === 'shift') return usersOfShift(part.shift)
  if (part.kind === 'layer') return part.layer.groups.flat()
  const { override } = part
  if (override.kind === 'replace-all') return override.users
  return override.kind === 'replace-user' ? [override.userId, override.replaced] : [override.userId]
}

/** The zone that a part has of its own. */
export function zoneOf(part: Part): string | null {
  if (part.kind === 'override') return 'UTC'
  return part.kind === 'shift' ? part.shift.timeZone : part.layer.timeZone
}

/** What a part is, without regard to its kind. */
export function contentOf(part: Part): OnCallShift | NativeLayer | NativeOverride {
  if (part.kind === 'shift') return part.shift
  return part.kind === 'layer' ? part.layer : part.override
}
