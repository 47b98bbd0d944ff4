import type { Actor } from '../accounts/actor.ts'
import { peopleByIds } from '../accounts/commands.ts'
import type { OrganizationId, PartId, ScheduleId, UserId } from '../lib/ids.ts'
import { invalid, notFound } from '../lib/rejection.ts'
import type { Sql, Tx } from '../ports.ts'
import type { Part } from './part.ts'
import { findPart, type Holding } from './part-store.ts'
import type { Schedule } from './schedule.ts'
import { lockSchedule } from './store.ts'

/** The schedule whose layers or overrides are changed; nobody else changes them before the commit. */
export async function lockedSchedule(tx: Tx, { organizationId }: Actor, id: ScheduleId): Promise<Schedule> {
  const schedule = await lockSchedule(tx, { organizationId, id })
  if (schedule === null) throw notFound()
  return schedule
}

/** A layer or an override of a schedule. */
export async function heldPart(sql: Sql, holding: Holding, id: PartId): Promise<Part> {
  const reading = await findPart(sql, holding, id)
  if (reading === null) throw notFound()
  if (reading.part === null) throw invalid(`This version of Watchbell cannot read the ${holding.kind}, only remove it.`)
  return reading.part
}

/** Which of some people do not exist, or have left and are `newly` named. */
export async function unknownPeople(
  tx: Tx,
  organizationId: OrganizationId,
  { ids, before }: { readonly ids: readonly UserId[]; readonly before: readonly UserId[] },
): Promise<ReadonlySet<UserId>> {
  const people = await peopleByIds(tx.sql, organizationId, ids)
  const isKnown = (id: UserId): boolean => people.get(id)?.active === true || (people.has(id) && before.includes(id))
  return new Set(ids.filter((id) => !isKnown(id)))
}
