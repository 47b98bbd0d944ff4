import type { OrganizationId, ScheduleId, UserId } from '../../lib/ids.ts'
import { after, type Instant, ms } from '../../lib/time.ts'
import type { HandOver, Holder, Progress } from './hand-overs.ts'

/** What is known of a schedule's hand-overs: which were announced, and who was on call then. */
export type Watch = Progress & {
  readonly id: ScheduleId
  /** Of the last one that was announced; they are counted from 1. */
  readonly changeNumber: number
  /** Since when nobody has been on call, where that was announced. */
  readonly gapSince: Instant | null
}

export type WatchKey = { readonly organizationId: OrganizationId; readonly id: ScheduleId }

/** A hand-over, and what follows it as far as is known. */
export type KnownHandOver = HandOver & { readonly next: Upcoming | null }

type Upcoming = { readonly at: Instant; readonly people: readonly Holder[] }

/** How a schedule goes on after it was looked at. */
export type Outlook = {
  /** The next hand-over, ready to be announced; null: there is none before `settledUntil`. */
  readonly nextChange: KnownHandOver | null
  readonly dueAt: Instant
  /** Everybody whom the schedule names. */
  readonly people: readonly UserId[]
}

/** Something about who is on call that is told as events of these types. */
export type Announcement = {
  readonly scheduleId: ScheduleId
  readonly handOver: KnownHandOver
  readonly changeNumber: number
  readonly types: readonly AnnouncedType[]
}

export const announcedTypes = ['schedule.shift_changed', 'schedule.gap_ended', 'schedule.gap_started'] as const
export type AnnouncedType = (typeof announcedTypes)[number]

/** The watch after a hand-over, and what is told of it. A gap is one only after somebody was on call. */
export function announce(watch: Watch, handOver: KnownHandOver): { readonly watch: Watch; readonly announcement: Announcement } {
  const { at, current } = handOver
  const isGap = current.length === 0
  const hasEnded = !isGap && watch.gapSince !== null
  const changeNumber = watch.changeNumber + 1
  return {
    watch: {
      ...watch,
      processedUntil: at,
      onCall: current,
      settledUntil: after(at, ms(1)),
      changeNumber,
      gapSince: isGap ? at : null,
    },
    announcement: {
      scheduleId: watch.id,
      handOver,
      changeNumber,
      types: ['schedule.shift_changed', ...(hasEnded ? gapEnded : []), ...(isGap ? gapStarted : [])],
    },
  }
}

const gapEnded = ['schedule.gap_ended'] as const
const gapStarted = ['schedule.gap_started'] as const

/** The watch of a schedule that was deleted, and what is told of its end: nobody is missing any more where nobody is wanted. */
export function announceEnd(watch: Watch, announcements: readonly Announcement[], at: Instant): readonly Announcement[] {
  if (watch.gapSince === null) return announcements
  const last = announcements.at(-1)
  if (last !== undefined && last.handOver.at === watch.gapSince && watch.gapSince >= at) {
    return [...announcements.slice(0, -1), { ...last, types: last.types.filter((type) => type !== 'schedule.gap_started') }]
  }
  const handOver = { at, previous: [], current: [], cause: 'configuration', next: null } as const
  const ended = { scheduleId: watch.id, handOver, changeNumber: watch.changeNumber, types: gapEnded }
  return [...announcements, ended]
}
