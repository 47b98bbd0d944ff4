import type { Actor } from '../accounts/actor.ts'
import { audit, peopleByIds } from '../accounts/commands.ts'
import type { OrganizationId, PartId, ScheduleId, UserId } from '../lib/ids.ts'
import type { Listing } from '../lib/listing.ts'
import { invalid, notFound } from '../lib/rejection.ts'
import type { Instant } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import { contentOf, type Part } from './part.ts'
import { partRecord } from './part-record.ts'
import * as store from './part-store.ts'
import type { Schedule } from './schedule.ts'
import { lockSchedule, scheduleExists } from './store.ts'
import { lookAgain } from './hand-overs/watch-commands.ts'

/** The schedule whose layers or overrides are changed; nobody else changes them before the commit. */
export async function lockedSchedule(tx: Tx, { organizationId }: Actor, id: ScheduleId): Promise<Schedule> {
  const schedule = await lockSchedule(tx, { organizationId, id })
  if (schedule === null) throw notFound()
  return schedule
}

/** A layer or an override of a schedule. */
export async function heldPart(sql: Sql, holding: store.Holding, id: PartId): Promise<Part> {
  const reading = await store.findPart(sql, holding, id)
  if (reading === null) throw notFound()
  if (reading.part === null) throw invalid(`This version of Watchbell cannot read the ${holding.kind}, only remove it.`)
  return reading.part
}

/** The layers or the overrides of a schedule, oldest first; those that this program cannot read are counted only. */
export async function listHeld(sql: Sql, holding: store.Holding): Promise<Listing<Part>> {
  const { organizationId, scheduleId: id } = holding
  if (!(await scheduleExists(sql, { organizationId, id }))) throw notFound()
  return {
    count: () => store.countParts(sql, holding),
    items: async (window) => (await store.listParts(sql, { ...holding, window })).flatMap(({ part }) => part ?? []),
  }
}

/** Which of some people do not exist, or have left and were not there before. */
export async function unknownPeople(
  tx: Tx,
  organizationId: OrganizationId,
  { ids, before }: { readonly ids: readonly UserId[]; readonly before: readonly UserId[] },
): Promise<ReadonlySet<UserId>> {
  const people = await peopleByIds(tx.sql, organizationId, ids)
  const isKnown = (id: UserId): boolean => people.get(id)?.active === true || (people.has(id) && before.includes(id))
  return new Set(ids.filter((id) => !isKnown(id)))
}

type Held = { readonly scheduleId: ScheduleId; readonly part: Part }

/** Stores a new layer or override, which counts from an instant on; null: also before it was there. */
export async function addHeld(
  tx: Tx,
  actor: Actor,
  { scheduleId, part, from }: Held & { readonly from: Instant | null },
): Promise<void> {
  const version = { ...partRecord(part), ownerId: scheduleId, kind: part.kind, from }
  await store.insertPart(tx, { organizationId: actor.organizationId, id: contentOf(part).id }, version)
  await told(tx, actor, { scheduleId, part, what: 'created' })
}

/** Stores what a layer or an override says from now on. */
export async function changeHeld(tx: Tx, actor: Actor, { scheduleId, part }: Held): Promise<void> {
  const key = { organizationId: actor.organizationId, id: contentOf(part).id }
  await store.writePartVersion(tx, key, { ...partRecord(part), ownerId: scheduleId })
  await told(tx, actor, { scheduleId, part, what: 'updated' })
}

async function told(tx: Tx, actor: Actor, { scheduleId, part, what }: Held & { readonly what: string }): Promise<void> {
  const { id, name } = contentOf(part)
  lookAgain(tx, actor, [scheduleId])
  await audit(tx, actor, { action: `${part.kind} ${what}`, subjectId: id, details: { schedule_id: scheduleId, name } })
}

/** Ends a layer or an override now, also one that this program cannot read; who was on call stays on record. */
export async function removeHeld(
  tx: Tx,
  actor: Actor,
  { id, ...holding }: store.Holding & { readonly id: PartId },
): Promise<void> {
  const { organizationId, scheduleId, kind } = holding
  await lockedSchedule(tx, actor, scheduleId)
  const reading = await store.findPart(tx.sql, holding, id)
  if (reading === null) throw notFound()
  await store.markPartDeleted(tx, { organizationId, id })
  lookAgain(tx, actor, [scheduleId])
  await audit(tx, actor, { action: `${kind} deleted`, subjectId: id, details: { schedule_id: scheduleId, name: reading.name } })
}
