import { sql } from 'kysely'
import * as due from '../db/due-runs.ts'
import * as about from '../db/subject-runs.ts'
import { jsonbText } from '../lib/json.ts'
import { check } from '../lib/check.ts'
import { type AlertGroupId, asId, type OrganizationId, type UserId } from '../lib/ids.ts'
import { shardOf } from '../lib/shard.ts'
import { fromDate, type Instant, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { Plan } from './plan.ts'
import { parseSteps } from './rule.ts'
import type { NotificationRun, NotificationRunId, NotificationRunKey } from './run.ts'
import { blankSubject, parseSubject, type SubjectRef } from './subject.ts'

/** A run as it begins. With nothing next it is finished already, and kept for what becomes of its pages. */
export type NewRun = {
  readonly run: NotificationRun
  readonly next: Plan['next']
}

/** Keeps runs that begin. */
export async function insertRuns(tx: Tx, begun: readonly NewRun[]): Promise<void> {
  if (begun.length === 0) return
  const progress = begun.map(({ run, next }) => progressOf(run, next, tx.now))
  await sql`
    insert into notification_runs (organization_id, id, shard, user_id, subject_id, subject, important, steps, started_at,
      state, next_step, due_at)
    select * from unnest(
      ${begun.map(({ run }) => run.organizationId)}::text[],
      ${begun.map(({ run }) => run.id)}::uuid[],
      ${begun.map(({ run }) => shardOf(run.subject.id))}::smallint[],
      ${begun.map(({ run }) => run.userId)}::text[],
      ${begun.map(({ run }) => run.subject.id)}::text[],
      ${begun.map(({ run }) => jsonbText(run.subject))}::jsonb[],
      ${begun.map(({ run }) => run.important)}::boolean[],
      ${begun.map(({ run }) => jsonbText(run.steps))}::jsonb[],
      ${begun.map(({ run }) => toDate(run.startedAt))}::timestamptz[],
      ${progress.map((each) => each.state)}::text[],
      ${progress.map((each) => each.next_step)}::integer[],
      ${progress.map((each) => each.due_at)}::timestamptz[])`.execute(tx.sql)
}

/** Writes how far a locked run has come; with nothing next it is finished. */
export async function moveOn(tx: Tx, run: NotificationRun, next: Plan['next']): Promise<void> {
  const { numUpdatedRows } = await tx.sql
    .updateTable('notification_runs')
    .set(progressOf(run, next, tx.now))
    .where('organization_id', '=', run.organizationId)
    .where('id', '=', run.id)
    .where('state', '=', 'running')
    .executeTakeFirst()
  check(numUpdatedRows === 1n, 'a locked run is still running')
}

/** Puts a run off, unless it has ended meanwhile, or has moved on by a commit that nobody heard of. */
export function postpone(tx: Tx, key: NotificationRunKey, dueAt: Instant): Promise<void> {
  return due.postponeRun(tx, 'notification_runs', { ...key, dueAt })
}

/** Stops the running runs about a subject. */
export async function stopRunsAbout(tx: Tx, organizationId: OrganizationId, subjectId: AlertGroupId): Promise<void> {
  await tx.sql
    .updateTable('notification_runs')
    .set({ state: 'stopped' })
    .where('organization_id', '=', organizationId)
    .where('subject_id', '=', subjectId)
    .where('state', '=', 'running')
    .execute()
}

/** Stops the running runs of all organizations. */
export function stopAllRuns(tx: Tx): Promise<void> {
  return about.stopAllRuns(tx, 'notification_runs')
}

/** Takes away what the runs about a subject say of it. */
export function blankRunsAbout(tx: Tx, subject: SubjectRef): Promise<void> {
  return about.blankRunsAbout(tx, 'notification_runs', { subject, blanks: blankSubject })
}

/** Deletes the runs about subjects. */
export function deleteRunsAbout(tx: Tx, subjects: readonly SubjectRef[]): Promise<void> {
  return about.deleteRunsAbout(tx, 'notification_runs', subjects)
}

/** All runs that there were about a subject; pages of the finished ones may still wait to leave. */
export async function runIdsAbout(
  tx: Tx,
  organizationId: OrganizationId,
  subjectId: AlertGroupId,
): Promise<readonly NotificationRunId[]> {
  const rows = await tx.sql
    .selectFrom('notification_runs')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('subject_id', '=', subjectId)
    .execute()
  return rows.map((row) => asId<NotificationRunId>(row.id))
}

/** The keys of the runs that are due, the longest waiting first. */
export function dueRuns(
  db: Sql,
  shards: readonly number[],
  { now, limit }: { readonly now: Instant; readonly limit: number },
): Promise<readonly NotificationRunKey[]> {
  return due.dueRuns<NotificationRunId>(db, 'notification_runs', { shards, now, limit })
}

/** When the next run of these shards comes due; null when none is running. */
export function nextDueAt(db: Sql, shards: readonly number[]): Promise<Instant | null> {
  return due.nextDueAt(db, 'notification_runs', shards)
}

/** The run with its row locked, if it is still running and due; null when somebody was faster. */
export async function lockDueRun(tx: Tx, key: NotificationRunKey): Promise<NotificationRun | null> {
  const row = await tx.sql
    .selectFrom('notification_runs')
    .selectAll()
    .where('organization_id', '=', key.organizationId)
    .where('id', '=', key.id)
    .where('state', '=', 'running')
    .where('due_at', '<=', toDate(tx.now))
    .forUpdate()
    .executeTakeFirst()
  return row === undefined ? null : runOf(row)
}

/** The runs with these ids; what belongs to another organization than is said is missing. */
export async function runsByIds(
  db: Sql,
  keys: readonly { readonly organizationId: OrganizationId; readonly id: string }[],
): Promise<readonly NotificationRun[]> {
  const answer = await sql<RunRow>`
    select * from notification_runs
    where (organization_id, id) in (
      select * from unnest(${keys.map((key) => key.organizationId)}::text[], ${keys.map((key) => key.id)}::uuid[]))`.execute(db)
  return answer.rows.map(runOf)
}

/** Keeps when runs first reached their person; later times change nothing. Each run is named at most once. */
export async function markReached(tx: Tx, reached: readonly (NotificationRunKey & { readonly at: Instant })[]): Promise<void> {
  if (reached.length === 0) return
  await sql`
    update notification_runs r set reached_at = reached.at
    from unnest(${reached.map((run) => run.organizationId)}::text[], ${reached.map((run) => run.id)}::uuid[],
      ${reached.map((run) => toDate(run.at))}::timestamptz[]) as reached (organization_id, id, at)
    where r.organization_id = reached.organization_id and r.id = reached.id and r.reached_at is null`.execute(tx.sql)
}

/** The people who were reached about a subject, in the order in which they were. */
export async function reachedPeople(
  db: Sql,
  organizationId: OrganizationId,
  subjectId: AlertGroupId,
): Promise<readonly UserId[]> {
  const answer = await sql<{ readonly user_id: string }>`
    select user_id from notification_runs
    where organization_id = ${organizationId} and subject_id = ${subjectId} and reached_at is not null
    group by user_id order by min(reached_at), user_id`.execute(db)
  return answer.rows.map((row) => asId<UserId>(row.user_id))
}

function progressOf(run: NotificationRun, next: Plan['next'], now: Instant) {
  return next === null
    ? { state: 'finished', next_step: run.steps.length, due_at: toDate(now) }
    : { state: 'running', next_step: next.nextStep, due_at: toDate(next.dueAt) }
}

type RunRow = {
  readonly organization_id: string
  readonly id: string
  readonly user_id: string
  readonly subject: unknown
  readonly important: boolean
  readonly steps: unknown
  readonly next_step: number
  readonly started_at: Date
}

function runOf(row: RunRow): NotificationRun {
  return {
    organizationId: asId<OrganizationId>(row.organization_id),
    id: asId<NotificationRunId>(row.id),
    userId: asId<UserId>(row.user_id),
    subject: parseSubject(row.subject),
    important: row.important,
    steps: parseSteps(row.steps),
    nextStep: row.next_step,
    startedAt: fromDate(row.started_at),
  }
}
