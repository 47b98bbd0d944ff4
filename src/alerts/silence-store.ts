import { sql } from 'kysely'
import { type AlertGroupId, asId, type OrganizationId } from '../lib/ids.ts'
import { fromDate, type Instant, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'

type Silences = {
  readonly shards: readonly number[]
  /** Groups that are not looked at. */
  readonly except: readonly AlertGroupId[]
}

/** Groups whose silence is over, the longest overdue first. */
export async function endedSilences(
  db: Sql,
  { shards, except, now, limit }: Silences & { readonly now: Instant; readonly limit: number },
): Promise<readonly { readonly organizationId: OrganizationId; readonly id: AlertGroupId }[]> {
  const answer = await sql<{ organization_id: string; id: string }>`
    select organization_id, id from alert_groups
    where shard = any(${[...shards]}::smallint[]) and silenced_until <= ${toDate(now)}
      and id <> all(${[...except]}::text[])
    order by silenced_until, id limit ${limit}`.execute(db)
  return answer.rows.map((row) => ({ organizationId: asId<OrganizationId>(row.organization_id), id: asId<AlertGroupId>(row.id) }))
}

export async function nextSilenceEnd(db: Sql, { shards, except }: Silences): Promise<Instant | null> {
  const answer = await sql<{ until: Date | null }>`
    select min(silenced_until) as until from alert_groups
    where shard = any(${[...shards]}::smallint[]) and silenced_until is not null
      and id <> all(${[...except]}::text[])`.execute(db)
  const until = answer.rows[0]?.until ?? null
  return until === null ? null : fromDate(until)
}

/** Takes the end off the silences of all organizations: they are for ever now. */
export async function clearSilenceEnds(tx: Tx): Promise<void> {
  await tx.sql.updateTable('alert_groups').set({ silenced_until: null }).where('silenced_until', 'is not', null).execute()
}
