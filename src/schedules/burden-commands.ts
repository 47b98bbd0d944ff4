import type { OrganizationId, ScheduleId } from '../lib/ids.ts'
import { invalid } from '../lib/rejection.ts'
import type { Tx } from '../ports.ts'
import { scheduleFault } from './engine/limits.ts'
import type { NativeLayer } from './layers/layer.ts'
import { rotationOf } from './layers/rotation.ts'
import { allParts } from './part-store.ts'
import type { Schedule } from './schedule.ts'
import { layerOf } from './shifts/shift-layers.ts'
import { shiftsOf } from './shifts/store.ts'
import type { OnCallShift } from './shifts/shift.ts'

/** Refuses shifts that are too much for a schedule, beside its layers: it must be known in time who is on call. Null: a new schedule. */
export async function refuseBurdenOfShifts(
  tx: Tx,
  organizationId: OrganizationId,
  { scheduleId, shifts }: { readonly scheduleId: ScheduleId | null; readonly shifts: readonly OnCallShift[] },
): Promise<void> {
  const layers = scheduleId === null ? [] : await currentLayers(tx, organizationId, scheduleId)
  refuseBurden(shifts, layers)
}

/** Refuses a layer, new or changed, that is too much for a schedule beside all that it has. The schedule is locked. */
export async function refuseBurdenOfLayer(
  tx: Tx,
  organizationId: OrganizationId,
  { schedule: { id, shiftIds }, layer }: { readonly schedule: Schedule; readonly layer: NativeLayer },
): Promise<void> {
  const others = (await currentLayers(tx, organizationId, id)).filter((other) => other.id !== layer.id)
  refuseBurden(await shiftsOf(tx.sql, organizationId, shiftIds), [...others, layer])
}

async function currentLayers(tx: Tx, organizationId: OrganizationId, scheduleId: ScheduleId): Promise<readonly NativeLayer[]> {
  const readings = await allParts(tx.sql, { organizationId, scheduleId, kind: 'layer' })
  return readings.flatMap(({ part }) => (part?.kind === 'layer' ? part.layer : []))
}

function refuseBurden(shifts: readonly OnCallShift[], layers: readonly NativeLayer[]): void {
  const always = { fromAt: null, toAt: null, timeZone: null }
  const all = [...shifts.map((shift) => layerOf(shift, always)), ...layers.map((layer) => rotationOf(layer, always))]
  const fault = scheduleFault({ layers: all, overrides: [], swaps: [], passedOver: new Set() })
  if (fault !== null) throw invalid(fault)
}
