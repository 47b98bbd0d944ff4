import { asId, type LayerId, type OverrideId, type PartId, type ShiftId, type TeamId } from '../lib/ids.ts'
import { isObject, type Json } from '../lib/json.ts'
import type { TimeWindow } from './engine/schedule.ts'
import { parseLayer } from './layers/input.ts'
import { layerRecord } from './layers/record.ts'
import { parseOverride } from './overrides/input.ts'
import { overrideRecord } from './overrides/record.ts'
import type { Part } from './part.ts'
import { fieldsOf, recordOf } from './shifts/record.ts'

/** A part as its rows keep it. */
export type PartRecord = {
  readonly name: string | null
  readonly teamId: TeamId | null
  readonly definition: Json
  /** When it can put somebody on call, or take somebody off; null: that is not known beforehand. */
  readonly stretch: TimeWindow | null
}

/** What is stored of a part. */
export function partRecord(part: Part): PartRecord {
  if (part.kind === 'shift') return { ...recordOf(part.shift), stretch: null }
  const { name, ...definition } = part.kind === 'layer' ? layerRecord(part.layer) : overrideRecord(part.override)
  return { name, teamId: null, definition, stretch: part.kind === 'override' ? part.override : null }
}

type Row = Omit<PartRecord, 'definition' | 'stretch'> & {
  readonly id: PartId
  readonly kind: string
  readonly definition: unknown
}

/** The part of a row; null when this program cannot tell what it says: a newer version beside this one may have stored it. */
export function partOf({ id, kind, name, teamId, definition }: Row): Part | null {
  if (kind === 'shift') {
    const shift = fieldsOf({ name, teamId, definition })
    return shift === null ? null : { kind, shift: { ...shift, id: asId<ShiftId>(id) } }
  }
  const body = isObject(definition) ? { ...definition, name } : {}
  if (kind === 'layer') {
    const read = parseLayer(body)
    return read.ok ? { kind, layer: { ...read.value.layer, id: asId<LayerId>(id) } } : null
  }
  const read = kind === 'override' ? parseOverride(body) : null
  return read?.ok === true ? { kind: 'override', override: { ...read.value, id: asId<OverrideId>(id) } } : null
}
