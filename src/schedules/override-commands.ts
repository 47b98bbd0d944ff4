import type { Actor } from '../accounts/actor.ts'
import { check } from '../lib/check.ts'
import { accepted, type Body } from '../lib/fields.ts'
import { newPublicId, type OrganizationId, type OverrideId, type ScheduleId, type UserId } from '../lib/ids.ts'
import type { Listing } from '../lib/listing.ts'
import { invalid, invalidField, Rejection } from '../lib/rejection.ts'
import type { Sql, Tx } from '../ports.ts'
import { limits } from './engine/limits.ts'
import { addHeld, changeHeld, heldPart, listHeld, lockedSchedule, removeHeld, unknownPeople } from './holding-commands.ts'
import { parseOverride, parseOverrideUpdate } from './override-input.ts'
import { overrideRecord } from './override-record.ts'
import type { NativeOverride, OverrideFields } from './override.ts'
import { type Part, usersOf } from './part.ts'
import { countOverridesEndingAfter } from './part-store.ts'

/** Where an override is. */
export type OverrideKey = { readonly scheduleId: ScheduleId; readonly id: OverrideId }

/** An override of a schedule of the actor's organization. */
export async function findOverride(
  sql: Sql,
  { organizationId }: Actor,
  { scheduleId, id }: OverrideKey,
): Promise<NativeOverride> {
  return overrideIn(await heldPart(sql, overridesOf(organizationId, scheduleId), id))
}

/** The overrides of a schedule, oldest first; those that this program cannot read are counted only. */
export async function listOverrides(
  sql: Sql,
  { organizationId }: Actor,
  scheduleId: ScheduleId,
): Promise<Listing<NativeOverride>> {
  const { count, items } = await listHeld(sql, overridesOf(organizationId, scheduleId))
  return { count, items: async (window) => (await items(window)).map(overrideIn) }
}

/**
 * Adds an override, which counts from now on at the earliest. Rejects one that is over, users who do not exist or have left, and more
 * overrides than a schedule can have.
 */
export async function createOverride(
  tx: Tx,
  actor: Actor,
  { scheduleId, body }: { readonly scheduleId: ScheduleId; readonly body: Body },
): Promise<NativeOverride> {
  const { organizationId } = actor
  await lockedSchedule(tx, actor, scheduleId)
  const override = { ...accepted(parseOverride(body)), id: newPublicId('OV', tx.random.bytes) }
  await refuseImpossible(tx, organizationId, { after: override, before: null })
  const count = await countOverridesEndingAfter(tx.sql, { organizationId, scheduleId, at: tx.now })
  if (count >= limits.stretchesMax) throw invalid(`A schedule has at most ${limits.stretchesMax} overrides that are not over.`)
  await addHeld(tx, actor, { scheduleId, part: { kind: 'override', override }, from: tx.now })
  return override
}

/** Changes what is given, from now on; who was on call until now stays on record. Rejects what would be over. */
export async function updateOverride(
  tx: Tx,
  actor: Actor,
  { body, ...key }: OverrideKey & { readonly body: Body },
): Promise<NativeOverride> {
  const { scheduleId, id } = key
  await lockedSchedule(tx, actor, scheduleId)
  const before = await findOverride(tx.sql, actor, key)
  const override = { ...accepted(parseOverrideUpdate(body, before)), id }
  if (saysTheSame(before, override)) return before
  await refuseImpossible(tx, actor.organizationId, { after: override, before })
  await changeHeld(tx, actor, { scheduleId, part: { kind: 'override', override } })
  return override
}

/** Removes an override, also one that this program cannot read. One that is under way ends now. */
export function deleteOverride(tx: Tx, actor: Actor, { scheduleId, id }: OverrideKey): Promise<void> {
  return removeHeld(tx, actor, { ...overridesOf(actor.organizationId, scheduleId), id })
}

const overridesOf = (organizationId: OrganizationId, scheduleId: ScheduleId) =>
  ({ organizationId, scheduleId, kind: 'override' }) as const

function overrideIn(part: Part): NativeOverride {
  check(part.kind === 'override', 'among overrides there are overrides')
  return part.override
}

type Change = { readonly before: NativeOverride | null; readonly after: NativeOverride }

async function refuseImpossible(tx: Tx, organizationId: OrganizationId, { before, after }: Change): Promise<void> {
  if (after.endAt <= tx.now) throw invalidField('end', 'The override ends in the future.')
  const named = { ids: peopleOf(after), before: before === null ? [] : peopleOf(before) }
  const unknown = await unknownPeople(tx, organizationId, named)
  if (unknown.size > 0) throw unknownIn(after, unknown)
}

const peopleOf = (override: NativeOverride): readonly UserId[] => usersOf({ kind: 'override', override })

function unknownIn(override: OverrideFields, unknown: ReadonlySet<UserId>): Rejection {
  const missing = ['User does not exist']
  if (override.kind === 'replace-all') {
    const places = override.users.flatMap((id, index) => (unknown.has(id) ? [[String(index), missing] as const] : []))
    return new Rejection({ kind: 'invalid-places', field: 'users', places: Object.fromEntries(places) })
  }
  return invalidField(unknown.has(override.userId) ? 'user' : 'replaced', missing.join())
}

const saysTheSame = (left: OverrideFields, right: OverrideFields): boolean =>
  JSON.stringify(overrideRecord(left)) === JSON.stringify(overrideRecord(right))
