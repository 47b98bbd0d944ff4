import type { Actor } from '../../accounts/actor.ts'
import { impossible } from '../../lib/check.ts'
import { accepted, type Body } from '../../lib/fields.ts'
import { asId, type ScheduleId } from '../../lib/ids.ts'
import { invalidField, Rejection } from '../../lib/rejection.ts'
import { instant, wholeSecond } from '../../lib/time.ts'
import type { Tx } from '../../ports.ts'
import { answeredWhole } from '../answer.ts'
import { assemble } from '../assembly-commands.ts'
import { updateSchedule } from '../commands.ts'
import type { TimeWindow } from '../engine/schedule.ts'
import { calendarsOf } from '../calendars/calendar.ts'
import { createLayer, deleteLayer, updateLayer } from '../layers/commands.ts'
import { createOverride, deleteOverride, updateOverride } from '../overrides/commands.ts'
import type { Rehearsed } from './preview.ts'
import { type Edit, type PreviewInput, refusalAt } from './input.ts'
import { existing } from '../questions/commands.ts'
import type { Schedule } from '../schedule.ts'
import { createShift, deleteShift, updateShift } from '../shifts/commands.ts'

/**
 * Makes an edit as the commands make it that it is meant for, with all that they reject, and answers the schedule without it and with it.
 * What is over is not changed by an edit, so the window begins now at the earliest. Nothing of it shall stay: for a rehearsal only.
 */
export async function rehearseEdit(
  tx: Tx,
  actor: Actor,
  { id, input }: { readonly id: ScheduleId; readonly input: PreviewInput },
): Promise<Rehearsed> {
  const schedule = await existing(tx.sql, actor, id)
  const startAt = instant(Math.max(wholeSecond(tx.now), input.window.startAt))
  const window = { startAt, endAt: instant(Math.max(startAt, input.window.endAt)) }
  const before = await configured(tx, actor, { id, window })
  if (input.schedule !== null) await atPlace('schedule', makeScheduleEdit(tx, actor, { schedule, body: input.schedule }))
  for (const edit of input.edits) await atPlace(edit.place, make(edit, commandsFor(edit.list, tx, { actor, scheduleId: id })))
  const after = await configured(tx, actor, { id, window })
  const people = new Map([...before.people, ...after.people])
  return { at: tx.now, window, before: before.schedule, after: after.schedule, people }
}

type ScheduleEdit = { readonly schedule: Schedule; readonly body: Body }

/** Whoever may only look must not make the server fetch files, and without its file a calendar would look as if nobody were on call. */
async function makeScheduleEdit(tx: Tx, actor: Actor, { schedule: before, body }: ScheduleEdit): Promise<void> {
  const { schedule: after } = await updateSchedule(tx, actor, { id: before.id, body })
  const had = calendarsOf(before)
  const moved = [...calendarsOf(after)].find(([role, url]) => url !== null && had.get(role) !== url)
  if (moved !== undefined) throw invalidField(`ical_url_${moved[0]}`, 'A preview does not fetch calendars.')
}

/** Rejects what is rejected with the place in the request at which it stands. */
async function atPlace(place: string, made: Promise<unknown>): Promise<void> {
  try {
    await made
  } catch (fault) {
    throw fault instanceof Rejection ? new Rejection(refusalAt(place, fault.refusal)) : fault
  }
}

/** What can be done to the parts of a schedule that one list of the request is about. */
type PartCommands = {
  readonly create: (body: Body) => Promise<unknown>
  readonly update: (id: string, body: Body) => Promise<unknown>
  readonly remove: (id: string) => Promise<unknown>
}

function make({ id, isDeleted, body }: Edit, { create, update, remove }: PartCommands): Promise<unknown> {
  if (id === null) return create(body)
  return isDeleted ? remove(id) : update(id, body)
}

function commandsFor(list: Edit['list'], tx: Tx, { actor, scheduleId }: Place): PartCommands {
  switch (list) {
    case 'shifts':
      return {
        create: (body) => createShift(tx, actor, { ...body, schedule: scheduleId }),
        update: (id, body) => updateShift(tx, actor, { id: asId(id), body }),
        remove: (id) => deleteShift(tx, actor, asId(id)),
      }
    case 'layers':
      return {
        create: (body) => createLayer(tx, actor, { scheduleId, body }),
        update: (id, body) => updateLayer(tx, actor, { scheduleId, id: asId(id), body }),
        remove: (id) => deleteLayer(tx, actor, { scheduleId, id: asId(id) }),
      }
    case 'overrides':
      return {
        create: (body) => createOverride(tx, actor, { scheduleId, body }),
        update: (id, body) => updateOverride(tx, actor, { scheduleId, id: asId(id), body }),
        remove: (id) => deleteOverride(tx, actor, { scheduleId, id: asId(id) }),
      }
    default:
      return impossible(list)
  }
}

type Place = { readonly actor: Actor; readonly scheduleId: ScheduleId }

/** The schedule as it is configured in this transaction, as if that were to stay so. */
async function configured(tx: Tx, actor: Actor, { id, window }: { readonly id: ScheduleId; readonly window: TimeWindow }) {
  const view = { kind: 'as-of', at: tx.now } as const
  const { organizationId } = actor
  // Who is on call now is asked as well, wherever the window begins.
  const wide = { startAt: wholeSecond(tx.now), endAt: instant(Math.max(tx.now, window.endAt)) }
  const { of, people } = await assemble(tx.sql, { organizationId, scheduleIds: [id], ...wide, view })
  const { schedule } = of(id)
  accepted(answeredWhole(schedule, window))
  return { schedule, people }
}
