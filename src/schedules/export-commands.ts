import type { User } from '../accounts/user.ts'
import type { OrganizationId, ScheduleId } from '../lib/ids.ts'
import { forbidden } from '../lib/rejection.ts'
import type { Instant } from '../lib/time.ts'
import type { Sql } from '../ports.ts'
import { assemble, type Assembly } from './assembly-commands.ts'
import type { Calendar, CalendarEvent } from './calendar-text.ts'
import { personalEvents, scheduleCalendar } from './export-calendar.ts'
import { couldCall, exportedMax, exportWindow, reachOf, shiftsWithin } from './export-shifts.ts'
import { admitExport } from './export-token-commands.ts'
import { throughHistory } from './history.ts'
import { findSchedule, listSchedules } from './store.ts'

/** The calendar of a schedule, for whoever has a good token of it. */
export async function exportSchedule(
  sql: Sql,
  { id, token, now }: { readonly id: ScheduleId; readonly token: string; readonly now: Instant },
): Promise<Calendar> {
  const { organizationId } = await admitExport(sql, token, { kind: 'schedule', id })
  const schedule = await findSchedule(sql, { organizationId, id })
  if (schedule === null) throw forbidden('Invalid token.')
  const assembly = await assembleAround(sql, organizationId, { scheduleIds: [id], now })
  return scheduleCalendar(schedule, shiftsWithin(assembly.of(id), exportWindow(now)), assembly.people)
}

const schedulesAtOnce = 100

/** The calendar of all shifts of a user, for whoever has a good token of it. At most ten thousand, the earliest. */
export async function exportUserShifts(
  sql: Sql,
  { id, token, now }: { readonly id: string; readonly token: string; readonly now: Instant },
): Promise<Calendar> {
  const user = await admitExport(sql, token, { kind: 'user', id })
  const events: CalendarEvent[] = []
  for (let offset = 0, isLast = false; !isLast; offset += schedulesAtOnce) {
    const window = { limit: schedulesAtOnce, offset, filter: {} }
    const schedules = await listSchedules(sql, user.organizationId, window)
    const scheduleIds = schedules.map((schedule) => schedule.id)
    const assembly = await assembleAround(sql, user.organizationId, { scheduleIds, now })
    for (const schedule of schedules)
      events.push(...personalEvents(schedule, shiftsOf(assembly, { user, scheduleId: schedule.id, now }), user))
    isLast = schedules.length < schedulesAtOnce
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
