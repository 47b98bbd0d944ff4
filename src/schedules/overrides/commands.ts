import type { Actor } from '../../accounts/actor.ts'
import { peopleByIds } from '../../accounts/commands.ts'
import { mayBeNotified } from '../../accounts/user.ts'
import { check, known } from '../../lib/check.ts'
import { accepted, type Body } from '../../lib/fields.ts'
import { newPublicId, type OrganizationId, type OverrideId, type ScheduleId, type UserId } from '../../lib/ids.ts'
import type { Listing } from '../../lib/listing.ts'
import { invalid, invalidField, Rejection } from '../../lib/rejection.ts'
import type { Sql, Tx } from '../../ports.ts'
import { limits } from '../engine/limits.ts'
import { addHeld, changeHeld, heldPart, listHeld, lockedSchedule, removeHeld, unknownPeople } from '../holding-commands.ts'
import { parseOverride, parseOverrideUpdate } from './input.ts'
import { overrideRecord } from './record.ts'
import type { NativeOverride, OverrideFields } from './override.ts'
import { type Part, usersOf } from '../part.ts'
import { countOverridesEndingAfter } from '../part-store.ts'

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
 * Adds an override, which counts from now on at the earliest. Rejects one that is over, users who do not exist or have left, people put on
 * call who cannot be paged, and more overrides than a schedule can have.
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
  if (unknown.size > 0) throw refusalOf(after, { ids: unknown, message: 'User does not exist' })
  const silent = await silentPeople(tx, organizationId, {
    ids: putOnCallBy(after),
    before: before === null ? [] : putOnCallBy(before),
  })
  if (silent.size > 0) throw refusalOf(after, { ids: silent, message: 'User cannot be paged' })
}

const peopleOf = (override: NativeOverride): readonly UserId[] => usersOf({ kind: 'override', override })

function putOnCallBy(override: OverrideFields): readonly UserId[] {
  if (override.kind === 'replace-all') return override.users
  return override.kind === 'remove' ? [] : [override.userId]
}

/** Whom of some people nobody can page. Whoever was put on call before may stay, so that an override can be sent back as it was shown. */
async function silentPeople(
  tx: Tx,
  organizationId: OrganizationId,
  { ids, before }: { readonly ids: readonly UserId[]; readonly before: readonly UserId[] },
): Promise<ReadonlySet<UserId>> {
  const added = ids.filter((id) => !before.includes(id))
  const people = await peopleByIds(tx.sql, organizationId, added)
  return new Set(added.filter((id) => !mayBeNotified(known(people.get(id), 'unknown people are refused before'))))
}

type Fault = { readonly ids: ReadonlySet<UserId>; readonly message: string }

/** Names each place of an override where one of these people stands. */
function refusalOf(override: OverrideFields, { ids, message }: Fault): Rejection {
  if (override.kind === 'replace-all') {
    const places = override.users.flatMap((id, index) => (ids.has(id) ? [[String(index), [message]] as const] : []))
    return new Rejection({ kind: 'invalid-places', field: 'users', places: Object.fromEntries(places) })
  }
  return invalidField(ids.has(override.userId) ? 'user' : 'replaced', message)
}

const saysTheSame = (left: OverrideFields, right: OverrideFields): boolean =>
  JSON.stringify(overrideRecord(left)) === JSON.stringify(overrideRecord(right))
