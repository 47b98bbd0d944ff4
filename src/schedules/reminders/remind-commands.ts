import { publish } from '../../events/commands.ts'
import { known } from '../../lib/check.ts'
import type { OrganizationId, ScheduleId, UserId } from '../../lib/ids.ts'
import { instant, isoZ } from '../../lib/time.ts'
import { type AddressedLetter, sendLetters } from '../../notifications/mail-commands.ts'
import type { Tx } from '../../ports.ts'
import { coursesFrom } from '../course-commands.ts'
import { profilesOf } from '../profile-store.ts'
import { type Reminder, remindersAfter } from './reminders.ts'
import type { ScheduleSettings } from '../settings.ts'
import { reminderLetter } from './shift-letter.ts'
import type { ScheduleProfile } from '../hand-overs/shift-change-fact.ts'
import * as store from './telling-store.ts'

type Some = { readonly organizationId: OrganizationId; readonly ids: readonly ScheduleId[] }

/**
 * Reminds people of their shifts to come in schedules where a reminder is due, by e-mail and with an event: once for each person, shift and
 * time before it, because the row moves on in this transaction. Answers how many were skipped, because the shift has begun.
 */
export async function remindOfShifts(tx: Tx, settings: ScheduleSettings, some: Some): Promise<{ readonly skippedCount: number }> {
  const { organizationId } = some
  const watches = await store.lockDueReminders(tx, some)
  if (watches.length === 0) return { skippedCount: 0 }
  const ids = watches.map(({ id }) => id)
  const startAt = instant(Math.min(...watches.map(({ remindedUntil }) => remindedUntil)))
  const { of, people } = await coursesFrom(tx, organizationId, { ids, startAt })
  const profiles = await profilesOf(tx.sql, { organizationId, ids })
  const leadsOf = (userId: UserId) => people.get(userId)?.shiftReminders ?? []
  const letters: AddressedLetter[] = []
  const read = watches.map(({ id, remindedUntil }) => {
    const found = remindersAfter(of(id), { remindedUntil, now: tx.now, leadsOf })
    const profile = known(profiles.get(id), 'a watch is of a schedule')
    for (const reminder of found.due) {
      const person = known(people.get(reminder.userId), 'who comes on call is there')
      const timeZone = person.timeZone ?? profile.timeZone
      const letter = reminderLetter(reminder, { scheduleName: profile.name, timeZone, now: tx.now })
      letters.push({ organizationId, to: person.email, subjectId: id, letter, expiresAt: reminder.startAt })
      tellReminder(tx, { organizationId, profile, reminder, username: person.username })
    }
    return { ...found, id, remindedUntil: instant(Math.max(remindedUntil, tx.now)) }
  })
  await sendLetters(tx, settings.notifications, letters)
  await store.moveReminders(
    tx,
    organizationId,
    read.map(({ id, remindedUntil, nextAt }) => ({ id, remindedUntil, remindAt: nextAt })),
  )
  return { skippedCount: read.reduce((sum, { skippedCount }) => sum + skippedCount, 0) }
}

type Telling = {
  readonly organizationId: OrganizationId
  readonly profile: ScheduleProfile
  readonly reminder: Reminder
  readonly username: string
}

function tellReminder(tx: Tx, { organizationId, profile: { id, name }, reminder, username }: Telling): void {
  const { userId, startAt, endAt, leads } = reminder
  publish(tx, {
    type: 'schedule.upcoming',
    actor: { kind: 'system', organizationId },
    schedule: { id, scheduledAt: startAt },
    data: {
      schedule: { id, name },
      user: { id: userId, username },
      shift: { start: isoZ(startAt), end: endAt === null ? null : isoZ(endAt) },
      lead_seconds: leads.map((lead) => lead / 1000),
    },
  })
}
