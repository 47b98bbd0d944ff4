import { sql } from 'kysely'
import * as due from '../db/due-runs.ts'
import { countRows } from '../db/listing.ts'
import * as about from '../db/subject-runs.ts'
import type { Step } from '../escalation-chains/step.ts'
import { jsonbText } from '../lib/json.ts'
import { type AlertGroupId, asId, type EscalationChainId, type OrganizationId } from '../lib/ids.ts'
import { fromDate, type Instant, toDate } from '../lib/time.ts'
import { blankSubject, parseSubject, type SubjectRef } from '../notifications/subject.ts'
import type { Sql, Tx } from '../ports.ts'
import type { Plan } from './plan.ts'
import type { EscalationRun, EscalationRunId, EscalationRunKey } from './run.ts'

type Next = Plan['next']

export async function insertRuns(tx: Tx, runs: readonly EscalationRun[]): Promise<void> {
  await sql`
    insert into escalation_runs (organization_id, id, shard, subject_id, subject, escalation_chain_id, steps, next_step,
      repeat_count, due_at, started_at, state)
    select *, 'running' from unnest(
      ${runs.map((run) => run.organizationId)}::text[],
      ${runs.map((run) => run.id)}::uuid[],
      ${runs.map((run) => run.shard)}::smallint[],
      ${runs.map((run) => run.subject.id)}::text[],
      ${runs.map((run) => jsonbText(run.subject))}::jsonb[],
      ${runs.map((run) => run.escalationChainId)}::text[],
      ${runs.map((run) => jsonbText(run.steps))}::jsonb[],
      ${runs.map((run) => run.nextStep)}::integer[],
      ${runs.map((run) => run.repeatCount)}::integer[],
      ${runs.map((run) => toDate(run.dueAt))}::timestamptz[],
      ${runs.map((run) => toDate(run.startedAt))}::timestamptz[])`.execute(tx.sql)
}

/** The keys of the runs that are due, the longest waiting first. */
export function dueRuns(
  db: Sql,
  shards: readonly number[],
  { now, limit }: { readonly now: Instant; readonly limit: number },
): Promise<readonly EscalationRunKey[]> {
  return due.dueRuns<EscalationRunId>(db, 'escalation_runs', { shards, now, limit })
}

/** When the next run of these shards comes due; null when none is running. */
export function nextDueAt(db: Sql, shards: readonly number[]): Promise<Instant | null> {
  return due.nextDueAt(db, 'escalation_runs', shards)
}

/**
 * The runs with their rows locked, in the order of their subjects, as whoever ends many subjects at once goes through them.
 * Those that somebody else was faster with are missing.
 */
export async function lockDueRuns(tx: Tx, keys: readonly EscalationRunKey[]): Promise<readonly EscalationRun[]> {
  const answer = await sql<RunRow>`
    select r.* from escalation_runs r
    where (r.organization_id, r.id) in (select * from unnest(
        ${keys.map((key) => key.organizationId)}::text[], ${keys.map((key) => key.id)}::uuid[]))
      and r.state = 'running' and r.due_at <= ${toDate(tx.now)}
    order by r.subject_id collate "C"
    for update of r`.execute(tx.sql)
  return answer.rows.map(runOf)
}

/** Where runs go on from; a run that has come to its end is finished. */
export async function saveProgress(tx: Tx, progress: readonly (EscalationRunKey & { readonly next: Next })[]): Promise<void> {
  await sql`
    update escalation_runs r
    set state = p.state, next_step = coalesce(p.next_step, jsonb_array_length(r.steps)),
      repeat_count = coalesce(p.repeat_count, r.repeat_count), due_at = coalesce(p.due_at, r.due_at)
    from unnest(
      ${progress.map((run) => run.organizationId)}::text[],
      ${progress.map((run) => run.id)}::uuid[],
      ${progress.map(({ next }) => (next === null ? 'finished' : 'running'))}::text[],
      ${progress.map(({ next }) => next?.nextStep ?? null)}::integer[],
      ${progress.map(({ next }) => next?.repeatCount ?? null)}::integer[],
      ${progress.map(({ next }) => (next === null ? null : toDate(next.dueAt)))}::timestamptz[]
    ) as p (organization_id, id, state, next_step, repeat_count, due_at)
    where r.organization_id = p.organization_id and r.id = p.id`.execute(tx.sql)
}

/** Puts a run off, unless it has ended meanwhile, or has moved on by a commit that nobody heard of. */
export function postpone(tx: Tx, key: EscalationRunKey, dueAt: Instant): Promise<void> {
  return due.postponeRun(tx, 'escalation_runs', { ...key, dueAt })
}

/** Stops the running run of each subject. */
export async function stopRuns(tx: Tx, organizationId: OrganizationId, subjectIds: readonly AlertGroupId[]): Promise<void> {
  await tx.sql
    .updateTable('escalation_runs')
    .set({ state: 'stopped' })
    .where('organization_id', '=', organizationId)
    .where(sql<boolean>`subject_id = any(${[...subjectIds]}::text[])`)
    .where('state', '=', 'running')
    .execute()
}

export function countRunning(db: Sql): Promise<number> {
  return countRows(db.selectFrom('escalation_runs').where('state', '=', 'running'))
}

/** Stops every run of all organizations, and takes back what any has asked for. */
export async function stopAllRuns(tx: Tx): Promise<void> {
  await about.stopAllRuns(tx, 'escalation_runs')
  await tx.sql.deleteFrom('escalation_requests').execute()
}

/** Takes away what the runs about a subject say of it. */
export function blankRunsAbout(tx: Tx, subject: SubjectRef): Promise<void> {
  return about.blankRunsAbout(tx, 'escalation_runs', { subject, blanks: blankSubject })
}

/** Deletes the runs about subjects. */
export function deleteRunsAbout(tx: Tx, subjects: readonly SubjectRef[]): Promise<void> {
  return about.deleteRunsAbout(tx, 'escalation_runs', subjects)
}

/** The steps of the latest run of each subject. */
export async function latestSteps(
  db: Sql,
  organizationId: OrganizationId,
  subjectIds: readonly AlertGroupId[],
): Promise<ReadonlyMap<AlertGroupId, readonly Step[]>> {
  const answer = await sql<{ subject_id: string; steps: unknown }>`
    select distinct on (subject_id) subject_id, steps from escalation_runs
    where organization_id = ${organizationId} and subject_id = any(${[...subjectIds]}::text[])
    order by subject_id, state = 'running' desc, started_at desc`.execute(db)
  return new Map(answer.rows.map((row) => [asId<AlertGroupId>(row.subject_id), row.steps as readonly Step[]]))
}

type RunRow = {
  readonly organization_id: string
  readonly id: string
  readonly shard: number
  readonly subject: unknown
  readonly escalation_chain_id: string | null
  readonly steps: unknown
  readonly next_step: number
  readonly repeat_count: number
  readonly due_at: Date
  readonly started_at: Date
}

function runOf(row: RunRow): EscalationRun {
  return {
    organizationId: asId<OrganizationId>(row.organization_id),
    id: asId<EscalationRunId>(row.id),
    shard: row.shard,
    subject: parseSubject(row.subject),
    escalationChainId: row.escalation_chain_id === null ? null : asId<EscalationChainId>(row.escalation_chain_id),
    steps: row.steps as readonly Step[],
    nextStep: row.next_step,
    repeatCount: row.repeat_count,
    dueAt: fromDate(row.due_at),
    startedAt: fromDate(row.started_at),
  }
}
