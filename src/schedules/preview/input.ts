import {
  type Body,
  boolean,
  detailRefusal,
  fieldRefusal,
  list,
  object,
  optional,
  readFields,
  referenceOrNull,
  type Take,
} from '../../lib/fields.ts'
import type { FieldErrors, Refusal } from '../../lib/rejection.ts'
import { no, ok, type Result } from '../../lib/result.ts'
import type { Instant } from '../../lib/time.ts'
import type { TimeWindow } from '../engine/schedule.ts'
import { parseWindowFromNow } from '../window-input.ts'

/** What shall be tried on a schedule, and for which time its consequences are asked. */
export type PreviewInput = {
  readonly window: TimeWindow
  /** As in a PATCH of the schedule. */
  readonly schedule: Body | null
  readonly edits: readonly Edit[]
}

/** Adds, changes or removes one part of a schedule. */
export type Edit = {
  readonly list: EditList
  /** Where it stands, in words of the request: `shifts.0`. */
  readonly place: string
  /** Null: a new one. */
  readonly id: string | null
  readonly isDeleted: boolean
  readonly body: Body
}

/** The parts of a schedule that can be edited, in the order in which that is done. */
const editLists = ['shifts', 'layers', 'overrides'] as const
type EditList = (typeof editLists)[number]

const editsMax = 50

/** Reads what a preview is asked for. The fields of shifts and the like are read by the commands that would take them. */
export function parsePreview(body: Body, now: Instant): Result<PreviewInput, Refusal> {
  const window = parseWindowFromNow(body, now)
  const read = readFields((take) => ({
    window: take(window, { startAt: now, endAt: now }),
    schedule: take(optional(body, 'schedule', object), undefined) ?? null,
    edits: editLists.flatMap((name) => editsOf(body, name, take)),
  }))
  if (!read.ok) return read
  if (read.value.edits.length > editsMax)
    return no(detailRefusal(`A preview takes at most ${editsMax} shifts, layers and overrides.`))
  return read
}

function editsOf(body: Body, name: EditList, take: Take): readonly Edit[] {
  const items = take(optional(body, name, list), undefined) ?? []
  return items.slice(0, editsMax + 1).flatMap((item, index) => {
    const edit = take(editOf(item, { list: name, place: `${name}.${index}` }), null)
    return edit ?? []
  })
}

function editOf(item: unknown, at: Pick<Edit, 'list' | 'place'>): Result<Edit | null, Refusal> {
  const body = object(item)
  if (!body.ok) return no(typeof body.reason === 'string' ? fieldRefusal(at.place, body.reason) : body.reason)
  const read = readFields((take) => ({
    ...at,
    id: take(optional(body.value, 'id', referenceOrNull), undefined) ?? null,
    isDeleted: take(optional(body.value, 'deleted', boolean), undefined) ?? false,
    body: body.value,
  }))
  if (!read.ok) return no(refusalAt(at.place, read.reason))
  const isPointless = read.value.isDeleted && read.value.id === null
  return isPointless ? no(fieldRefusal(`${at.place}.id`, 'This field is required.')) : ok(read.value)
}

/** A refusal of a part of a request as one of the whole: the names of its fields begin with the part's place, as in `shifts.0.duration`. */
export function refusalAt(place: string, refusal: Refusal): Refusal {
  const under = (fields: FieldErrors): Refusal => ({
    kind: 'invalid-fields',
    fields: Object.fromEntries(Object.entries(fields).map(([name, messages]) => [`${place}.${name}`, messages])),
  })
  switch (refusal.kind) {
    case 'invalid':
      return fieldRefusal(place, refusal.detail)
    case 'invalid-fields':
      return under(refusal.fields)
    case 'invalid-places':
      return under(Object.fromEntries(Object.entries(refusal.places).map(([at, found]) => [`${refusal.field}.${at}`, found])))
    case 'not-found':
      return fieldRefusal(`${place}.id`, 'Object does not exist')
    case 'forbidden':
    case 'conflict':
    case 'too-many':
      return refusal
  }
}
