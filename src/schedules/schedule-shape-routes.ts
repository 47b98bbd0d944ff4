import { type Static, Type } from 'typebox'
import { choice, nullable } from '../http/schema.ts'
import { isoZ } from '../lib/time.ts'
import type { ScheduleDetail, StaffedSchedule } from './commands.ts'
import { calendarsOf } from './calendars/calendar.ts'

const CalendarStatusShape = Type.Object({
  refreshed_at: nullable(Type.String({ format: 'date-time', description: 'When it was last looked at and all was well.' })),
  failed_at: nullable(Type.String({ format: 'date-time', description: 'The last failure, if nothing went well since.' })),
  error: nullable(Type.String({ description: 'Why; the last good copy holds.' })),
  problems: Type.Array(Type.String(), { description: 'Events that cover nothing, because they cannot be read.' }),
})

/** A schedule as the API shows it (contract grafana-oncall 4.7). */
export const ScheduleShape = Type.Object({
  id: Type.String(),
  team_id: nullable(Type.String()),
  name: Type.String(),
  type: choice(['web', 'calendar', 'ical']),
  time_zone: Type.Optional(Type.String({ description: '`web`, `calendar`.' })),
  slack: Type.Object({ channel_id: Type.Null(), user_group_id: Type.Null() }),
  on_call_now: Type.Array(Type.String(), { description: 'Ids of users.' }),
  shifts: Type.Optional(Type.Array(Type.String(), { description: '`web`, `calendar`: ids of on-call shifts.' })),
  unreadable_shifts: Type.Optional(
    Type.Array(Type.String(), {
      description:
        'Only when there are any: shifts, layers and overrides that count for nothing now, since this version cannot read them.',
    }),
  ),
  ical_url_primary: Type.Optional(nullable(Type.String({ description: '`ical`; null: the calendar is uploaded.' }))),
  ical_url_overrides: Type.Optional(nullable(Type.String({ description: '`calendar`, `ical`.' }))),
  enable_web_overrides: Type.Optional(Type.Boolean()),
  ical_status: Type.Optional(
    Type.Object(
      {
        primary: Type.Optional(CalendarStatusShape),
        overrides: Type.Optional(CalendarStatusShape),
        unmatched_names: Type.Optional(
          Type.Array(Type.String(), {
            description: 'Not in lists: events, now or to come, that name nobody; the next 20 of them.',
          }),
        ),
      },
      { description: 'Only with calendars: how it went with each of them.' },
    ),
  ),
})

export function scheduleShape(staffed: StaffedSchedule & Partial<ScheduleDetail>): Static<typeof ScheduleShape> {
  const { schedule, staff } = staffed
  const { unreadable } = staff
  const common = {
    id: schedule.id,
    team_id: schedule.teamId,
    name: schedule.name,
    type: schedule.type,
    ...(schedule.timeZone === null ? {} : { time_zone: schedule.timeZone }),
    slack: { channel_id: null, user_group_id: null },
    on_call_now: [...staff.onCall],
    ...(schedule.type === 'ical' ? {} : { shifts: [...schedule.shiftIds] }),
    ...(unreadable.length === 0 ? {} : { unreadable_shifts: [...unreadable] }),
  }
  if (schedule.type === 'web') return common
  const status = calendarsOf(schedule).size === 0 ? {} : { ical_status: statusShape(staffed) }
  const { icalUrlOverrides } = schedule
  if (schedule.type === 'ical')
    return { ...common, ical_url_primary: schedule.icalUrlPrimary, ical_url_overrides: icalUrlOverrides, ...status }
  return { ...common, ical_url_overrides: icalUrlOverrides, enable_web_overrides: schedule.enableWebOverrides, ...status }
}

function statusShape({ calendars, unmatched }: StaffedSchedule & Partial<ScheduleDetail>) {
  const shapes = [...calendars].map(([role, { refreshedAt, failure, problems }]) => {
    const refreshed = refreshedAt === null ? null : isoZ(refreshedAt)
    const failed = failure === null ? { failed_at: null, error: null } : { failed_at: isoZ(failure.at), error: failure.error }
    return [role, { refreshed_at: refreshed, ...failed, problems: [...problems] }] as const
  })
  return { ...Object.fromEntries(shapes), ...(unmatched === undefined ? {} : { unmatched_names: [...unmatched] }) }
}
