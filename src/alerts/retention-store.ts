import { sql } from 'kysely'
import { type AlertGroupId, asId, type OrganizationId } from '../lib/ids.ts'
import { type Instant, toDate } from '../lib/time.ts'
import type { SubjectRef } from '../notifications/subject.ts'
import type { Tx } from '../ports.ts'

type Wanted = { readonly shards: readonly number[]; readonly resolvedBefore: Instant; readonly limit: number }

/** Groups of the shards that were resolved before an instant, their rows locked; what somebody else holds is left to the next time. */
export async function lockGroupsResolvedBefore(tx: Tx, wanted: Wanted): Promise<readonly SubjectRef[]> {
  const resolvedBefore = toDate(wanted.resolvedBefore)
  const answer = await sql<{ readonly organization_id: string; readonly id: string }>`
    with old as (
      select oldest.organization_id, oldest.id
      from unnest(${[...wanted.shards]}::smallint[]) as owned (shard)
      cross join lateral (
        select organization_id, id from alert_groups
        where shard = owned.shard and state = 'resolved' and resolved_at < ${resolvedBefore}::timestamptz
        order by resolved_at limit ${wanted.limit}::int) oldest
      limit ${wanted.limit}::int
    )
    select g.organization_id, g.id from old
    cross join lateral (
      select organization_id, id from alert_groups
      where organization_id = old.organization_id and id = old.id
        and state = 'resolved' and resolved_at < ${resolvedBefore}::timestamptz
      for update skip locked) g`.execute(tx.sql)
  return answer.rows.map((row) => ({ organizationId: asId<OrganizationId>(row.organization_id), id: asId<AlertGroupId>(row.id) }))
}

/** Deletes groups that have no alerts left but their newest, and that one. */
export async function deleteGroups(tx: Tx, groups: readonly SubjectRef[]): Promise<void> {
  const keys = sql`unnest(${groups.map((group) => group.organizationId)}::text[], ${groups.map((group) => group.id)}::text[])
    as gone (organization_id, id)`
  await sql`
    delete from latest_alerts l using ${keys}
    where l.organization_id = gone.organization_id and l.alert_group_id = gone.id`.execute(tx.sql)
  await sql`
    delete from alert_groups g using ${keys}
    where g.organization_id = gone.organization_id and g.id = gone.id`.execute(tx.sql)
}
