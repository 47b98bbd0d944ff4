import type { Actor } from '../../accounts/actor.ts'
import { audit, peopleByIds } from '../../accounts/commands.ts'
import { mayBeNotified, type User } from '../../accounts/user.ts'
import { known } from '../../lib/check.ts'
import { accepted, type Body } from '../../lib/fields.ts'
import { newPublicId, type OrganizationId, type ScheduleId, type SwapId, type UserId } from '../../lib/ids.ts'
import type { Listing } from '../../lib/listing.ts'
import { invalid, invalidField, notFound } from '../../lib/rejection.ts'
import { after, days, instant } from '../../lib/time.ts'
import type { Sql, Tx } from '../../ports.ts'
import { assemble } from '../assembly-commands.ts'
import { limits } from '../engine/limits.ts'
import { answerable } from '../engine/limits.ts'
import { type FinalShift, finalShifts } from '../engine/on-call.ts'
import { throughHistory, withoutSeams } from '../history.ts'
import { lockSchedule } from '../store.ts'
import { statusOf, type ShiftSwap } from './swap.ts'
import { invalidPerson, parseBenefactor, parseNewSwap, parseSwapUpdate } from './input.ts'
import * as store from './store.ts'
import { lookAgain } from '../hand-overs/watch-commands.ts'

/** A swap, and the people whom it names. */
export type PeopledSwap = { readonly swap: ShiftSwap; readonly beneficiary: User; readonly benefactor: User | null }

/** A swap with the shifts that it is about, in order. */
export type DetailedSwap = PeopledSwap & { readonly shifts: readonly SwappedShift[] }

/** A shift that changes hands, and who is on call for it, as far as it lies within the swap. */
export type SwappedShift = Pick<FinalShift, 'startAt' | 'endAt' | 'cover'> & { readonly person: User }

/** A swap of the actor's organization, also one that has begun. */
export async function findSwap(sql: Sql, actor: Actor, id: SwapId): Promise<DetailedSwap> {
  const { organizationId } = actor
  const swap = await store.findSwap(sql, { organizationId, id })
  if (swap === null) throw notFound()
  const [peopled] = await withPeople(sql, organizationId, [swap])
  return { ...known(peopled, 'a swap has its people'), shifts: await shiftsOf(sql, organizationId, swap) }
}

/** The swaps of the actor's organization, in the order in which they begin. */
export function listSwaps(sql: Sql, { organizationId }: Actor, filter: store.SwapFilter): Listing<PeopledSwap> {
  return {
    count: () => store.countSwaps(sql, organizationId, filter),
    items: async (window) => withPeople(sql, organizationId, await store.listSwaps(sql, organizationId, { ...window, filter })),
  }
}

async function withPeople(
  sql: Sql,
  organizationId: OrganizationId,
  swaps: readonly ShiftSwap[],
): Promise<readonly PeopledSwap[]> {
  const ids = swaps.flatMap(({ beneficiaryId, benefactorId }) => [
    beneficiaryId,
    ...(benefactorId === null ? [] : [benefactorId]),
  ])
  const people = await peopleByIds(sql, organizationId, ids)
  const person = (id: UserId): User => known(people.get(id), 'users keep their rows')
  return swaps.map((swap) => ({
    swap,
    beneficiary: person(swap.beneficiaryId),
    benefactor: swap.benefactorId === null ? null : person(swap.benefactorId),
  }))
}

/** At most a year of them, or as much as one answer takes. */
async function shiftsOf(sql: Sql, organizationId: OrganizationId, swap: ShiftSwap): Promise<readonly SwappedShift[]> {
  const { scheduleId, startAt, endAt } = swap
  const window = { startAt, endAt: instant(Math.min(endAt, after(startAt, days(365)))) }
  const assembly = await assemble(sql, { organizationId, scheduleIds: [scheduleId], ...window, view: throughHistory })
  const { schedule, seams } = assembly.of(scheduleId)
  return withoutSeams(finalShifts(schedule, answerable(schedule, window)), seams).flatMap((shift) => {
    const person = assembly.people.get(shift.userId)
    return shift.swapId === swap.id && person !== undefined ? [{ ...shift, person }] : []
  })
}

/** Asks that somebody take a person's shifts in a schedule for a while, which has not begun yet. */
export async function createSwap(tx: Tx, actor: Actor, body: Body): Promise<DetailedSwap> {
  const { organizationId } = actor
  const fields = accepted(parseNewSwap(body, tx.now))
  const { scheduleId, beneficiaryId } = fields
  const people = await peopleByIds(tx.sql, organizationId, [beneficiaryId])
  if (people.get(beneficiaryId)?.active !== true) throw invalid(invalidPerson('beneficiary'))
  await lockRoom(tx, organizationId, scheduleId)
  const id = newPublicId('SSR', tx.random.bytes)
  await store.insertSwap(tx, { organizationId, id }, { ...fields, benefactorId: null })
  lookAgain(tx, actor, [scheduleId])
  await audit(tx, actor, {
    action: 'swap created',
    subjectId: id,
    details: { schedule_id: scheduleId, beneficiary_id: beneficiaryId },
  })
  return findSwap(tx.sql, actor, id)
}

/**
 * Changes what is given, from now on; who was on call until now stays on record. Whoever has taken the swap keeps it as long as it asks
 * nothing of them that they have not agreed to; else it is open again.
 */
export async function updateSwap(
  tx: Tx,
  actor: Actor,
  { id, body }: { readonly id: SwapId; readonly body: Body },
): Promise<DetailedSwap> {
  const { organizationId } = actor
  const current = await lockedSwap(tx, actor, id)
  const fields = accepted(parseSwapUpdate(body, { current, now: tx.now }))
  if (fields.scheduleId !== current.scheduleId) await lockRoom(tx, organizationId, fields.scheduleId)
  if (!saysTheSame(current, fields)) {
    const benefactorId = asksForMore(current, fields) ? null : current.benefactorId
    await store.writeSwapVersion(tx, { organizationId, id }, { ...fields, benefactorId })
    lookAgain(tx, actor, [...new Set([current.scheduleId, fields.scheduleId])])
    const details = { schedule_id: fields.scheduleId, benefactor_id: benefactorId }
    await audit(tx, actor, { action: 'swap updated', subjectId: id, details })
  }
  return findSwap(tx.sql, actor, id)
}

/**
 * Gives an open swap to somebody, who is on call instead then. Rejects people who cannot be paged, the one who asks, and a swap that is
 * taken already or has begun.
 */
export async function takeSwap(
  tx: Tx,
  actor: Actor,
  { id, body }: { readonly id: SwapId; readonly body: Body },
): Promise<DetailedSwap> {
  const { organizationId } = actor
  const swap = await lockedSwap(tx, actor, id)
  const benefactorId = accepted(parseBenefactor(body))
  const person = (await peopleByIds(tx.sql, organizationId, [benefactorId])).get(benefactorId)
  if (person === undefined || !mayBeNotified(person)) throw invalid(invalidPerson('benefactor'))
  if (statusOf(swap, tx.now) !== 'open') throw invalid('The shift swap request is not in a state which allows it to be taken')
  if (benefactorId === swap.beneficiaryId) throw invalid('A shift swap request cannot be created and taken by the same user')
  await store.writeSwapVersion(tx, { organizationId, id }, { ...swap, benefactorId })
  lookAgain(tx, actor, [swap.scheduleId])
  await audit(tx, actor, { action: 'swap taken', subjectId: id, details: { benefactor_id: benefactorId } })
  return findSwap(tx.sql, actor, id)
}

/** Removes a swap; one that is under way ends now. */
export async function deleteSwap(tx: Tx, actor: Actor, id: SwapId): Promise<void> {
  const swap = await lockedSwap(tx, actor, id)
  await store.markSwapDeleted(tx, { organizationId: actor.organizationId, id })
  lookAgain(tx, actor, [swap.scheduleId])
  await audit(tx, actor, { action: 'swap deleted', subjectId: id, details: { schedule_id: swap.scheduleId } })
}

async function lockedSwap(tx: Tx, { organizationId }: Actor, id: SwapId): Promise<ShiftSwap> {
  const swap = await store.lockSwap(tx, { organizationId, id })
  if (swap === null) throw notFound()
  return swap
}

/** Rejects a schedule that does not exist or has as many swaps as it can have; nobody else adds one before the commit. */
async function lockRoom(tx: Tx, organizationId: OrganizationId, scheduleId: ScheduleId): Promise<void> {
  if ((await lockSchedule(tx, { organizationId, id: scheduleId })) === null)
    throw invalidField('schedule', 'Object does not exist')
  const count = await store.countSwapsEndingAfter(tx.sql, organizationId, { scheduleId, at: tx.now })
  if (count >= limits.stretchesMax) throw invalid(`A schedule has at most ${limits.stretchesMax} swaps that are not over.`)
}

type Said = Pick<ShiftSwap, 'scheduleId' | 'startAt' | 'endAt' | 'description'>

const saysTheSame = (left: Said, right: Said): boolean =>
  left.scheduleId === right.scheduleId &&
  left.startAt === right.startAt &&
  left.endAt === right.endAt &&
  left.description === right.description

/** Whether a swap gives away time, or shifts of a schedule, that it did not give away before. */
const asksForMore = (earlier: Said, later: Said): boolean =>
  later.scheduleId !== earlier.scheduleId || later.startAt < earlier.startAt || later.endAt > earlier.endAt
