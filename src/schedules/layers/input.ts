import {
  type Body,
  detailRefusal,
  fieldRefusal,
  integer,
  list,
  optional,
  orNull,
  type Reader,
  readFields,
  required,
  type Take,
  text,
  textList,
} from '../../lib/fields.ts'
import { asId, type UserId } from '../../lib/ids.ts'
import type { Refusal } from '../../lib/rejection.ts'
import { no, ok, type Result } from '../../lib/result.ts'
import { hours } from '../../lib/time.ts'
import { modulo } from '../calendar.ts'
import { layerFault, limits } from '../engine/limits.ts'
import type { Group } from '../engine/schedule.ts'
import { layerRecord } from './record.ts'
import { rotationOf } from './rotation.ts'
import type { LayerFields, LayerInput } from './layer.ts'
import { localTime } from '../local-time.ts'
import { level, reading, timeZone } from '../readers.ts'
import { restrictions, turn } from './turn-input.ts'

/** Reads the body of a new layer, or the record of a stored one. */
export const parseLayer = (body: Body): Result<LayerInput, Refusal> => possible(body, { current: null })

/** Reads the body of a PUT or PATCH: what it leaves out stays as it is. `turn` and each list are one thing, which comes whole. */
export const parseLayerUpdate = (body: Body, current: LayerFields): Result<LayerInput, Refusal> =>
  possible({ ...layerRecord(current), first_group: null, ...body }, { current })

type Known = { readonly current: LayerFields | null }

/** Refuses what each field allows, but not all of them together. */
function possible(body: Body, known: Known): Result<LayerInput, Refusal> {
  const read = readFields((take) => layerInput(body, take, known))
  if (!read.ok) return read
  const fault = faultOf(read.value.layer)
  return fault === null ? read : no(fault)
}

function layerInput(body: Body, take: Take, { current }: Known): LayerInput {
  const startLocal = take(required(body, 'start', reading), localTime(0))
  const groups = take(required(body, 'groups', userGroups), [])
  const place = groupPlace(groups)
  const first = take<number | null | undefined>(optional(body, 'first_group', orNull(place)), null) ?? null
  const now = take<number | null | undefined>(optional(body, 'current_group', orNull(place)), null) ?? null
  if (first !== null && now !== null) take(no(fieldRefusal('current_group', 'Either first_group or current_group.')), undefined)
  const layer: LayerFields = {
    startLocal,
    groups,
    name: take(optional(body, 'name', orNull(text(200))), undefined) ?? null,
    level: take(optional(body, 'level', level), undefined) ?? 0,
    timeZone: take(optional(body, 'time_zone', orNull(timeZone)), undefined) ?? null,
    untilLocal: take(optional(body, 'until', orNull(reading)), undefined) ?? null,
    turn: take(required(body, 'turn', turn('turn', startLocal)), { unit: 'days', length: 1, handover: noon }),
    firstGroup: first ?? modulo(current?.firstGroup ?? 0, Math.max(1, groups.length)),
    restrictions: take(optional(body, 'restrictions', restrictions('restrictions')), undefined) ?? [],
    consumption: take(optional(body, 'turn_consumption', consumption), undefined) ?? 'calendar',
  }
  return { layer, turnNow: now ?? (first === null && current !== null ? 'keep' : 'first') }
}

const noon = hours(12)

function faultOf(layer: LayerFields): Refusal | null {
  const { startLocal, untilLocal, turn: turns, consumption: consumes } = layer
  if (untilLocal !== null && untilLocal <= startLocal) return fieldRefusal('until', 'The layer ends after it starts.')
  if (turns.unit === 'elapsed' && consumes === 'active')
    return fieldRefusal('turn_consumption', 'Turns of elapsed time always follow the calendar.')
  const fault = layerFault(rotationOf({ ...layer, id: '' }, { fromAt: null, toAt: null, timeZone: null }))
  return fault === null ? null : detailRefusal(fault)
}

/** Groups in their order; in a group each person counts once, and null is a turn of nobody. */
const userGroups: Reader<readonly Group[]> = (value) => {
  const read = list(value)
  if (!read.ok) return read
  if (read.value.length === 0) return no('This list may not be empty.')
  if (read.value.length > limits.groupsMax) return no(`Ensure this field has no more than ${limits.groupsMax} elements.`)
  const members = read.value.map(userGroup)
  const faults = members.flatMap((member, index) => (member.ok ? [] : [[String(index), [member.reason]] as const]))
  if (faults.length > 0) return no({ kind: 'invalid-places', field: 'groups', places: Object.fromEntries(faults) })
  const groups = members.flatMap((member) => (member.ok ? [member.value] : []))
  return groups.some((group) => group.length > 0) ? ok(groups) : no('At least one group has somebody in it.')
}

function userGroup(value: unknown): Result<Group, string> {
  if (value === null) return ok([])
  const read = textList(value)
  if (!read.ok) return no(typeof read.reason === 'string' ? read.reason : 'Not a list of ids of users.')
  if (read.value.length === 0) return no('This list may not be empty; a turn of nobody is null.')
  return ok([...new Set(read.value)].map((id) => asId<UserId>(id)))
}

/** One of the groups: its number, from 0, or somebody in it. */
function groupPlace(groups: readonly Group[]): Reader<number> {
  return (value) => {
    // Without groups there is a fault already.
    if (groups.length === 0) return ok(0)
    const number = integer(value)
    const named = typeof value === 'string' ? groups.findIndex((group) => group.some((id) => id === value)) : -1
    const place = number.ok ? number.value : named
    return groups[place] === undefined ? no('One of the groups, by its number from 0 or by the id of a user in it.') : ok(place)
  }
}

const consumption: Reader<LayerFields['consumption']> = (value) => {
  if (value === 'calendar' || value === 'active') return ok(value)
  return no('Must be one of calendar, active.')
}
