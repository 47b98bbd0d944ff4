import { sql } from 'kysely'
import type { User } from '../../accounts/user.ts'
import { asId, type OrganizationId, type ScheduleId } from '../../lib/ids.ts'
import { type Instant, toDate } from '../../lib/time.ts'
import type { Sql } from '../../ports.ts'
import type { NamedSchedule } from './calendar.ts'

type Naming = {
  readonly user: Pick<User, 'id' | 'username' | 'email'>
  readonly since: Instant
  readonly limit: number
}

/**
 * The schedules that could have put somebody on call since an instant, or ever will: their parts or calendars name the person, or the person
 * has taken a swap there. Oldest first.
 */
export async function schedulesNaming(
  db: Sql,
  organizationId: OrganizationId,
  { user: { id: userId, username, email }, since, limit }: Naming,
): Promise<readonly NamedSchedule[]> {
  const answer = await sql<{ readonly id: string; readonly name: string }>`
    with naming as materialized (
      select shift_id, schedule_id from shift_versions
      where organization_id = ${organizationId} and definition @@ ${`$.** == ${JSON.stringify(userId)}`}::jsonpath
        and (valid_to is null or valid_to > ${toDate(since)})
    ), found as (
      select schedule_id from naming
      union
      select schedule_id from schedule_versions
      where organization_id = ${organizationId} and shift_ids && array(select shift_id from naming)
        and (valid_to is null or valid_to > ${toDate(since)})
      union
      select schedule_id from shift_swap_versions
      where organization_id = ${organizationId} and benefactor_id = ${userId} and ends_at > ${toDate(since)}
      union
      select schedule_id from calendar_stretches
      where organization_id = ${organizationId} and end_at > ${toDate(since)}
        and exists (select from unnest(candidates) as candidate where candidate = ${username} or lower(candidate) = lower(${email}))
    )
    select schedule.id, version.name
    from found
    join schedules schedule
      on schedule.organization_id = ${organizationId} and schedule.id = found.schedule_id and schedule.deleted_at is null
    join schedule_versions version
      on version.organization_id = ${organizationId} and version.schedule_id = schedule.id and version.valid_to is null
    order by schedule.created_at, schedule.id
    limit ${limit}`.execute(db)
  return answer.rows.map((row) => ({ id: asId<ScheduleId>(row.id), name: row.name }))
}
