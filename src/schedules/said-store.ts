import { sql } from 'kysely'
import { known } from '../lib/check.ts'
import { asId, type OrganizationId, type ScheduleId, type ShiftId, type SwapId, type UserId } from '../lib/ids.ts'
import { fromJsonDate, type Instant, toDate } from '../lib/time.ts'
import type { Sql } from '../ports.ts'
import type { TimeWindow } from './engine/schedule.ts'
import { type CalendarRole, calendarRoles } from './calendars/calendar.ts'
import type { PartReading } from './part.ts'
import { partReadingOf, type PartRow } from './part-store.ts'
import type { ShiftSwap } from './swaps/swap.ts'

/** What schedules, their parts and their swaps said: each version that held. */
export type Said = {
  readonly schedules: readonly ScheduleEra[]
  readonly parts: readonly PartEra[]
  readonly swaps: readonly SwapEra[]
}

/** While a version held; null: from the first instant, or until further notice. */
type Held = { readonly createdAt: Instant; readonly from: Instant | null; readonly to: Instant | null }

type ScheduleEra = Held & {
  readonly scheduleId: ScheduleId
  readonly timeZone: string | null
  readonly shiftIds: readonly ShiftId[]
  /** Whether the shifts that belong to the schedule without being named by it count. */
  readonly countsOwn: boolean
  readonly calendars: readonly CalendarRole[]
}

type PartEra = Held & PartReading

type SwapEra = Held & Omit<ShiftSwap, 'updatedAt' | 'description'>

type Question = {
  readonly organizationId: OrganizationId
  readonly scheduleIds: readonly ScheduleId[]
  /** While the versions held; the instant of its end counts as inside, as in the other windows. */
  readonly held: TimeWindow
  /** Parts that say nothing of who is on call then are left out. */
  readonly window: TimeWindow
  /** Swaps of another time are left out. */
  readonly swapWindow: TimeWindow
}

/** Reads what schedules said. One statement sees one state of all the tables, and is one way to the database instead of three. */
export async function whatWasSaid(db: Sql, question: Question): Promise<Said> {
  const answer = await sql<SaidRow>`
    with asked as (select ${[...question.scheduleIds]}::text[] as schedule_ids),
      schedule as (${scheduleVersions(question)}), part as (${partVersions(question)}), swap as (${swapVersions(question)})
    select
      (select json_agg(schedule order by schedule_id, valid_from nulls first) from schedule) as schedules,
      (select json_agg(part order by id, valid_from nulls first) from part) as parts,
      (select json_agg(swap order by id, valid_from) from swap) as swaps`.execute(db)
  const { schedules, parts, swaps } = known(answer.rows[0], 'it is one row')
  return {
    schedules: (schedules ?? []).map(scheduleEraOf),
    parts: (parts ?? []).map((row) => ({ ...partReadingOf(row), ...heldOf(row) })),
    swaps: (swaps ?? []).map(swapEraOf),
  }
}

/** Null: there are none. */
type SaidRow = {
  readonly schedules: readonly ScheduleEraRow[] | null
  readonly parts: readonly (PartRow & HeldRow)[] | null
  readonly swaps: readonly SwapEraRow[] | null
}

/** Instants in JSON are texts. */
type HeldRow = { readonly created_at: string; readonly valid_from: string | null; readonly valid_to: string | null }

const heldOf = (row: HeldRow): Held => ({
  createdAt: fromJsonDate(row.created_at),
  from: row.valid_from === null ? null : fromJsonDate(row.valid_from),
  to: row.valid_to === null ? null : fromJsonDate(row.valid_to),
})

/**
 * Read from a row of its own, the ids are as unknown to the planner as in a plan that it makes for all questions. So that plan costs no more
 * than one for this question, and is kept: to make a new one each time takes longer than to read.
 */
const askedIds = sql`(select schedule_ids from asked)::text[]`

const heldDuring = ({ startAt, endAt }: TimeWindow) => sql`
  (version.valid_from is null or version.valid_from <= ${toDate(endAt)})
  and (version.valid_to is null or version.valid_to > ${toDate(startAt)})`

// Schedules --------------------------------------------------------------------------------------------------------------

type ScheduleEraRow = HeldRow & {
  readonly schedule_id: string
  readonly type: string
  readonly time_zone: string | null
  readonly shift_ids: readonly string[]
  readonly enable_web_overrides: boolean
}

/** A schedule that was deleted said what it said until then. */
const scheduleVersions = ({ organizationId, held }: Question) => sql`
  select version.schedule_id, version.type, version.time_zone, version.shift_ids, version.enable_web_overrides,
    schedules.created_at, version.valid_from, least(version.valid_to, schedules.deleted_at) as valid_to
  from schedule_versions version
  join schedules on schedules.organization_id = version.organization_id and schedules.id = version.schedule_id
  where version.organization_id = ${organizationId} and version.schedule_id = any(${askedIds}) and ${heldDuring(held)}
    and (schedules.deleted_at is null or schedules.deleted_at > ${toDate(held.startAt)})`

const scheduleEraOf = (row: ScheduleEraRow): ScheduleEra => ({
  ...heldOf(row),
  scheduleId: asId<ScheduleId>(row.schedule_id),
  timeZone: row.time_zone,
  shiftIds: row.shift_ids.map((id) => asId<ShiftId>(id)),
  countsOwn: row.enable_web_overrides,
  calendars: calendarRolesOf(row),
})

/** The calendars that count: overrides of the web page take the place of the calendar of overrides. */
function calendarRolesOf({ type, enable_web_overrides: hasWebOverrides }: ScheduleEraRow): readonly CalendarRole[] {
  if (type === 'ical') return calendarRoles
  return type === 'calendar' && !hasWebOverrides ? ['overrides'] : []
}

// Parts ------------------------------------------------------------------------------------------------------------------

/** Those that the schedules name, and those that belong to them. */
const partVersions = ({ organizationId, held, window }: Question) => sql`
  select version.shift_id as id, shifts.kind, version.name, version.team_id, version.schedule_id, version.definition,
    shifts.created_at, version.valid_from, version.valid_to
  from shift_versions version
  join shifts on shifts.organization_id = version.organization_id and shifts.id = version.shift_id
  where version.organization_id = ${organizationId}
    and (version.shift_id = any(array(select unnest(shift_ids) from schedule)) or version.schedule_id = any(${askedIds}))
    and version.ends_at > ${toDate(window.startAt)} and version.begins_at <= ${toDate(window.endAt)}
    and ${heldDuring(held)}`

// Swaps ------------------------------------------------------------------------------------------------------------------

type SwapEraRow = HeldRow & {
  readonly id: string
  readonly schedule_id: string
  readonly beneficiary_id: string
  readonly benefactor_id: string | null
  readonly starts_at: string
  readonly ends_at: string
}

const swapVersions = ({ organizationId, held, swapWindow }: Question) => sql`
  select version.swap_id as id, version.schedule_id, shift_swaps.beneficiary_id, version.benefactor_id, version.starts_at, version.ends_at,
    shift_swaps.created_at, version.valid_from, version.valid_to
  from shift_swap_versions version
  join shift_swaps on shift_swaps.organization_id = version.organization_id and shift_swaps.id = version.swap_id
  where version.organization_id = ${organizationId} and version.schedule_id = any(${askedIds})
    and version.ends_at > ${toDate(swapWindow.startAt)} and version.starts_at <= ${toDate(swapWindow.endAt)}
    and ${heldDuring(held)}`

const swapEraOf = (row: SwapEraRow): SwapEra => ({
  ...heldOf(row),
  id: asId<SwapId>(row.id),
  scheduleId: asId<ScheduleId>(row.schedule_id),
  beneficiaryId: asId<UserId>(row.beneficiary_id),
  benefactorId: row.benefactor_id === null ? null : asId<UserId>(row.benefactor_id),
  startAt: fromJsonDate(row.starts_at),
  endAt: fromJsonDate(row.ends_at),
})
