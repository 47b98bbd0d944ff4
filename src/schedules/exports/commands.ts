import type { User } from '../../accounts/user.ts'
import type { OrganizationId, ScheduleId } from '../../lib/ids.ts'
import { forbidden, tooMany } from '../../lib/rejection.ts'
import type { Instant } from '../../lib/time.ts'
import type { Sql } from '../../ports.ts'
import { assemble, type Assembly } from '../assembly-commands.ts'
import type { Calendar, CalendarEvent } from './calendar-text.ts'
import { personalEvents, scheduleCalendar } from './calendar.ts'
import { couldCall, exportedMax, exportWindow, reachOf, shiftsWithin } from './shifts.ts'
import { schedulesNaming } from './store.ts'
import { admitExport, type ExportSubject } from './token-commands.ts'
import type { ExportTurns } from './turns.ts'
import { throughHistory } from '../history.ts'
import { findSchedule } from '../store.ts'

type Asked = { readonly subject: ExportSubject; readonly token: string; readonly now: Instant }

/**
 * The calendar of a schedule or of a user's shifts, for whoever has a good token of it. Rejected as too many while it has been asked for so
 * often that making it would load the server.
 */
export async function exportCalendar(sql: Sql, turns: ExportTurns, { subject, token, now }: Asked): Promise<Calendar> {
  const owner = await admitExport(sql, token, subject)
  const name = JSON.stringify([subject.kind, subject.id, owner.id])
  const waitMs = turns.waitOf(name)
  if (waitMs > 0) throw tooMany(waitMs)
  return turns.take(name, () =>
    subject.kind === 'schedule'
      ? scheduleExport(sql, owner.organizationId, { id: subject.id, now })
      : userExport(sql, owner, now),
  )
}

async function scheduleExport(
  sql: Sql,
  organizationId: OrganizationId,
  { id, now }: { readonly id: ScheduleId; readonly now: Instant },
): Promise<Calendar> {
  const schedule = await findSchedule(sql, { organizationId, id })
  if (schedule === null) throw forbidden('Invalid token.')
  const assembly = await assembleAround(sql, organizationId, { scheduleIds: [id], now })
  return scheduleCalendar(schedule, shiftsWithin(assembly.of(id), exportWindow(now)), assembly.people)
}

/** Nobody takes turns in so many, and each of them takes its time. */
const schedulesMax = 500

const schedulesAtOnce = 20

/** Of 500 schedules, and the first 10,000 shifts, at most. */
async function userExport(sql: Sql, user: User, now: Instant): Promise<Calendar> {
  const { organizationId } = user
  const since = exportWindow(now).startAt
  const schedules = [...(await schedulesNaming(sql, organizationId, { user, since, limit: schedulesMax }))]
  const events: CalendarEvent[] = []
  while (schedules.length > 0) {
    const some = schedules.splice(0, schedulesAtOnce)
    const assembly = await assembleAround(sql, organizationId, { scheduleIds: some.map((schedule) => schedule.id), now })
    for (const schedule of some)
      events.push(...personalEvents(schedule, shiftsOf(assembly, { user, scheduleId: schedule.id, now }), user))
  }
  const ordered = events.toSorted((left, right) => left.startAt - right.startAt || (left.uid < right.uid ? -1 : 1))
  return { name: `On-call: ${user.username}`, events: ordered.slice(0, exportedMax) }
}

/** The past as it was configured then. */
function assembleAround(
  sql: Sql,
  organizationId: OrganizationId,
  { scheduleIds, now }: { readonly scheduleIds: readonly ScheduleId[]; readonly now: Instant },
): Promise<Assembly> {
  return assemble(sql, { organizationId, scheduleIds, ...reachOf(exportWindow(now)), view: throughHistory })
}

/** What does not name a user need not be computed. */
function shiftsOf(
  assembly: Assembly,
  { user, scheduleId, now }: { readonly user: User; readonly scheduleId: ScheduleId; readonly now: Instant },
) {
  const said = assembly.of(scheduleId)
  if (!couldCall(said.schedule, user.id)) return []
  return shiftsWithin(said, exportWindow(now)).filter(({ userId }) => userId === user.id)
}
