import type { User } from '../../accounts/user.ts'
import type { ScheduleFact } from '../../events/event.ts'
import { known } from '../../lib/check.ts'
import type { EscalationChainId, OrganizationId, ScheduleId, TeamId } from '../../lib/ids.ts'
import { between, type Instant, isoZ, seconds, wholeSecond } from '../../lib/time.ts'
import { personDocument } from '../../webhooks/person.ts'
import type { PersonOnCall, ShiftChange } from '../../webhooks/shift-change.ts'
import type { Holder } from './hand-overs.ts'
import { type AnnouncedType, type Announcement, announcedTypes } from './watch.ts'

/** What events say of a schedule beside who is on call. */
export type ScheduleProfile = {
  readonly id: ScheduleId
  readonly name: string
  readonly type: string
  readonly timeZone: string
  readonly teamId: TeamId | null
  readonly createdAt: Instant
  readonly updatedAt: Instant
  readonly deletedAt: Instant | null
}

/** All that announcements name, as it is now. */
export type Surroundings = {
  readonly organizationId: OrganizationId
  readonly now: Instant
  readonly profiles: ReadonlyMap<ScheduleId, ScheduleProfile>
  readonly teamNames: ReadonlyMap<TeamId, string>
  readonly people: ReadonlyMap<string, User>
  readonly chains: ReadonlyMap<ScheduleId, readonly { readonly id: EscalationChainId; readonly name: string }[]>
}

/** Found later than this, a change is told as late. */
const lateMs = seconds(5)

/** The events of announcements, those of one instant and one type next to each other: a webhook may tell them together. */
export function factsOf(announcements: readonly Announcement[], around: Surroundings): readonly ScheduleFact[] {
  const facts = announcements.flatMap((announcement) => {
    const data = shiftChangeOf(announcement, around)
    return announcement.types.map((type) => ({ type, announcement, data }))
  })
  return facts
    .toSorted((left, right) => inOrder(left, right))
    .map(({ type, announcement: { scheduleId, handOver }, data }) => ({
      type,
      actor: { kind: 'system', organizationId: around.organizationId },
      schedule: { id: scheduleId, scheduledAt: handOver.at },
      data,
    }))
}

type Placed = { readonly type: AnnouncedType; readonly announcement: Announcement }

const inOrder = (left: Placed, right: Placed): number =>
  left.announcement.handOver.at - right.announcement.handOver.at ||
  announcedTypes.indexOf(left.type) - announcedTypes.indexOf(right.type) ||
  (left.announcement.scheduleId < right.announcement.scheduleId ? -1 : 1)

function shiftChangeOf({ scheduleId, handOver, changeNumber }: Announcement, around: Surroundings): ShiftChange {
  const { at, previous, current, next, cause } = handOver
  const profile = known(around.profiles.get(scheduleId), 'what is announced is of a schedule')
  const { teamId } = profile
  return {
    scheduled_at: toSecond(at),
    detected_at: toSecond(around.now),
    late: between(at, around.now) > lateMs,
    change_number: changeNumber,
    cause,
    schedule: {
      id: scheduleId,
      name: profile.name,
      type: profile.type,
      time_zone: profile.timeZone,
      team: teamId === null ? null : { id: teamId, name: around.teamNames.get(teamId) ?? '' },
      created_at: toSecond(profile.createdAt),
      updated_at: toSecond(profile.updatedAt),
    },
    previous: previous.map((holder) => personOf(holder, around)),
    current: current.map((holder) => personOf(holder, around)),
    next: next === null ? null : { at: toSecond(next.at), users: next.people.map((holder) => personOf(holder, around)) },
    gap: current.length === 0,
    escalation_chains: (around.chains.get(scheduleId) ?? []).map(({ id, name }) => ({ id, name })),
  }
}

function personOf({ userId, cover }: Holder, { people }: Surroundings): PersonOnCall {
  const person = known(people.get(userId), 'who was on call is kept')
  return { ...personDocument(person), cover: { kind: cover.kind, id: cover.id, name: cover.name } }
}

const toSecond = (at: Instant): string => isoZ(wholeSecond(at))
