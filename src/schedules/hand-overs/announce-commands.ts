import { peopleByIds } from '../../accounts/commands.ts'
import { pendingPresence } from '../../accounts/presence-commands.ts'
import { teamNames } from '../../accounts/team-commands.ts'
import type { User } from '../../accounts/user.ts'
import { publish } from '../../events/commands.ts'
import type { OrganizationId, ScheduleId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'
import { shardOf } from '../../lib/shard.ts'
import type { Tx } from '../../ports.ts'
import type { Holder } from './hand-overs.ts'
import { profilesOf } from '../profile-store.ts'
import type { ScheduleSettings } from '../settings.ts'
import { factsOf, type ScheduleProfile } from './shift-change-fact.ts'
import { announce, type Announcement, type KnownHandOver } from './watch.ts'
import * as store from './watch-store.ts'

type Some = { readonly organizationId: OrganizationId; readonly ids: readonly ScheduleId[] }

/**
 * Announces the prepared hand-overs of schedules that are due: each is written once, because its row moves on in this transaction. While
 * the schedules have not heard of somebody who came or left, nothing prepared may hold, and they are to be looked at instead. Answers when
 * the hand-overs were to happen.
 */
export async function announcePrepared(tx: Tx, settings: ScheduleSettings, some: Some): Promise<readonly Instant[]> {
  const watches = await store.lockDueChanges(tx, some)
  if (watches.length === 0) return []
  const { organizationId } = some
  const unheard = await pendingPresence(tx.sql, { shards: [shardOf(organizationId)], limit: 1 })
  if (unheard.length > 0) {
    await store.dropPrepared(tx, { organizationId, ids: watches.map(({ id }) => id) })
    return []
  }
  const people = await peopleOf(
    tx,
    organizationId,
    watches.map(({ nextChange }) => nextChange),
  )
  const announced = watches.map((watch) => announce(watch, watch.nextChange))
  const announcements = announced.map(({ announcement }) => announcement)
  const profiles = await profilesOf(tx.sql, { organizationId, ids: announcements.map(({ scheduleId }) => scheduleId) })
  await publishAll(tx, settings, { organizationId, announcements, profiles, people })
  await store.moveOn(
    tx,
    organizationId,
    announced.map(({ watch }) => watch),
  )
  return announcements.map(({ handOver }) => handOver.at)
}

/**
 * Leaves hand-overs that were missed to the next look at the schedules. It finds the same ones and all that followed them, of all schedules
 * together, so that those of one instant are told together, which were prepared in one schedule and not in another.
 */
export async function leaveToLook(tx: Tx, some: Some): Promise<void> {
  const watches = await store.lockDueChanges(tx, some)
  await store.dropPrepared(tx, { ...some, ids: watches.map(({ id }) => id) })
}

type Told = {
  readonly organizationId: OrganizationId
  readonly announcements: readonly Announcement[]
  readonly profiles: ReadonlyMap<ScheduleId, ScheduleProfile>
  /** At least those whom the announcements name. */
  readonly people: ReadonlyMap<string, User>
}

/** Writes the events of announcements. */
export async function publishAll(tx: Tx, settings: ScheduleSettings, told: Told): Promise<void> {
  const { organizationId, announcements, profiles, people } = told
  if (announcements.length === 0) return
  const teamIds = [...profiles.values()].flatMap(({ teamId }) => teamId ?? [])
  const scheduleIds = [...new Set(announcements.map(({ scheduleId }) => scheduleId))]
  const facts = factsOf(announcements, {
    organizationId,
    now: tx.now,
    profiles,
    people,
    teamNames: await teamNames(tx.sql, organizationId, [...new Set(teamIds)]),
    chains: await settings.chainsOfSchedules(tx.sql, organizationId, scheduleIds),
  })
  for (const fact of facts) publish(tx, fact)
}

/** The people whom hand-overs name. */
export function peopleOf(
  tx: Tx,
  organizationId: OrganizationId,
  handOvers: readonly KnownHandOver[],
): Promise<ReadonlyMap<string, User>> {
  const holders = handOvers.flatMap(({ previous, current, next }): readonly Holder[] => [
    ...previous,
    ...current,
    ...(next === null ? [] : next.people),
  ])
  return peopleByIds(tx.sql, organizationId, [...new Set(holders.map(({ userId }) => userId))])
}
