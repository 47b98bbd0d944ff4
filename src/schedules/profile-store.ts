import { sql } from 'kysely'
import { asId, type OrganizationId, type ScheduleId, type TeamId } from '../lib/ids.ts'
import { fromDate } from '../lib/time.ts'
import type { Sql } from '../ports.ts'
import type { ScheduleProfile } from './hand-overs/shift-change-fact.ts'

type Some = { readonly organizationId: OrganizationId; readonly ids: readonly ScheduleId[] }

/** What events say of schedules, also of those that were deleted. */
export async function profilesOf(db: Sql, { organizationId, ids }: Some): Promise<ReadonlyMap<ScheduleId, ScheduleProfile>> {
  const answer = await sql<ProfileRow>`
    select schedule.id, version.name, version.type, version.time_zone, version.team_id, schedule.created_at,
      coalesce(version.valid_from, schedule.created_at) as updated_at, schedule.deleted_at
    from schedules schedule
    join schedule_versions version
      on version.organization_id = schedule.organization_id and version.schedule_id = schedule.id and version.valid_to is null
    where schedule.organization_id = ${organizationId} and schedule.id = any(${[...ids]}::text[])`.execute(db)
  return new Map(answer.rows.map((row) => [asId<ScheduleId>(row.id), profileOf(row)]))
}

type ProfileRow = {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly time_zone: string | null
  readonly team_id: string | null
  readonly created_at: Date
  readonly updated_at: Date
  readonly deleted_at: Date | null
}

const profileOf = (row: ProfileRow): ScheduleProfile => ({
  id: asId<ScheduleId>(row.id),
  name: row.name,
  type: row.type,
  timeZone: row.time_zone ?? 'UTC',
  teamId: row.team_id === null ? null : asId<TeamId>(row.team_id),
  createdAt: fromDate(row.created_at),
  updatedAt: fromDate(row.updated_at),
  deletedAt: row.deleted_at === null ? null : fromDate(row.deleted_at),
})
