import type { User } from '../../accounts/user.ts'
import type { ScheduleId, UserId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'
import { aboveEveryLevel, type Fixed, type TimeWindow } from '../engine/schedule.ts'
import { overlap } from '../history.ts'
import type { CalendarRole } from './calendar.ts'

/** An event's stretch of time while its calendar said so; null: from the first instant, or until further notice. */
export type StretchEra = TimeWindow & {
  readonly scheduleId: ScheduleId
  readonly role: CalendarRole
  readonly uid: string
  readonly level: number
  readonly name: string
  readonly candidates: readonly string[]
  readonly from: Instant | null
  readonly to: Instant | null
}

/** While a schedule took its people from these calendars. */
export type ScheduleEra = Pick<StretchEra, 'scheduleId' | 'from' | 'to'> & { readonly calendars: readonly CalendarRole[] }

/** A layer of a calendar, and what people call it. */
type NamedLayer = { readonly scheduleId: ScheduleId; readonly layer: Fixed; readonly name: string }

/** What calendars say of their schedules, as the engine takes it. The calendar of overrides is above every level. */
export function calendarLayers(
  schedules: readonly ScheduleEra[],
  stretches: readonly StretchEra[],
  people: readonly User[],
): readonly NamedLayer[] {
  const usersNamed = matcherOf(people)
  const bySchedule = Map.groupBy(stretches, (era) => era.scheduleId)
  return schedules.flatMap(({ scheduleId, calendars, ...era }) =>
    (bySchedule.get(scheduleId) ?? [])
      .filter(({ role }) => calendars.includes(role))
      .map((stretch) => {
        const { role, uid, name, startAt, endAt } = stretch
        const { from, to } = overlap(era, stretch)
        const level = role === 'overrides' ? aboveEveryLevel : stretch.level
        const users = usersNamed(stretch.candidates)
        const layer = { kind: 'fixed', id: `${role}:${uid}`, level, fromAt: from, toAt: to, startAt, endAt, users } as const
        return { scheduleId, layer, name }
      }),
  )
}

/** Who is meant by texts: the person whose username is one of them, or whose e-mail address is, in any letter case. */
export function matcherOf(people: readonly User[]): (candidates: readonly string[]) => readonly UserId[] {
  const byUsername = new Map(people.map((person) => [person.username, person.id]))
  const byEmail = new Map(people.map((person) => [person.email.toLowerCase(), person.id]))
  return (candidates) => [
    ...new Set(candidates.flatMap((text) => [byUsername.get(text) ?? [], byEmail.get(text.toLowerCase()) ?? []].flat())),
  ]
}
