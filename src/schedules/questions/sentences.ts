import { mayBeNotified, type User } from '../../accounts/user.ts'
import type { UserId } from '../../lib/ids.ts'
import { type Instant, instant, toDate } from '../../lib/time.ts'
import type { TimeWindow } from '../engine/schedule.ts'
import { yearTenThousand } from '../window-input.ts'
import { localAt, type Zone } from '../zone.ts'

/** What sentences about a schedule need to know: whose clock they are told by, and how people are called. */
export type Telling = { readonly zone: Zone; readonly people: ReadonlyMap<string, User> }

/** How people call somebody. */
export function nameOf(userId: UserId, { people }: Telling): string {
  const user = people.get(userId)
  return user?.name ?? user?.username ?? userId
}

/** `Ana, Ben and Cai`; for nobody, `nobody`. */
export function namesOf(userIds: readonly UserId[], telling: Telling): string {
  const names = userIds.map((userId) => nameOf(userId, telling))
  const last = names.at(-1) ?? 'nobody'
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`
}

/** `Nobody is`, `Ana is` or `Ana and Ben are`, to begin a sentence with; how people write their names stays. */
export function peopleAre(userIds: readonly UserId[], telling: Telling): string {
  if (userIds.length === 0) return 'Nobody is'
  return `${namesOf(userIds, telling)} ${userIds.length > 1 ? 'are' : 'is'}`
}

/** `2026-03-29 03:00`, on the schedule's clock; with seconds where there are some. A clock may be in the year 10000 before UTC is. */
export function clockTime(at: Instant, { zone }: Telling): string {
  const written = toDate(instant(localAt(zone, at))).toISOString()
  const text = written.replace(/^\+0/, '').replace('T', ' ').slice(0, -'.000Z'.length)
  return text.endsWith(':00') ? text.slice(0, -3) : text
}

/** `from 2026-03-29 03:00 to 2026-03-29 11:00`. */
export const fromTo = ({ startAt, endAt }: TimeWindow, telling: Telling): string =>
  `from ${clockTime(startAt, telling)} ${endAt < yearTenThousand ? `to ${clockTime(endAt, telling)}` : 'on'}`

/** Why somebody is passed over. */
export function whyAbsent(userId: UserId, telling: Telling): string {
  const user = telling.people.get(userId)
  if (user === undefined) return `${userId} does not exist any more`
  const name = nameOf(userId, telling)
  if (!user.active) return `the account of ${name} has ended`
  return mayBeNotified(user) ? `${name} can be paged` : `the role of ${name} is ${user.role}, which is not paged`
}
