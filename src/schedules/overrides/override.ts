import type { OverrideId } from '../../lib/ids.ts'
import type { OverrideAction, TimeWindow } from '../engine/schedule.ts'

/** An override of a schedule, which belongs to it alone. Overrides of the Grafana OnCall API are shifts. */
export type NativeOverride = OverrideFields & { readonly id: OverrideId }

/** What a caller can say about an override. It begins and ends at whole seconds. */
export type OverrideFields = TimeWindow & OverrideAction & { readonly name: string | null }
