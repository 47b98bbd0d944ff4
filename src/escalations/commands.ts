import type { Actor } from '../accounts/actor.ts'
import { stepsOf } from '../escalation-chains/commands.ts'
import type { Step } from '../escalation-chains/step.ts'
import { publish } from '../events/commands.ts'
import type { Fact } from '../events/event.ts'
import {
  type AlertGroupId,
  type EscalationChainId,
  newUuid,
  type OrganizationId,
  type ScheduleId,
  type UserId,
} from '../lib/ids.ts'
import { shardOf } from '../lib/shard.ts'
import { forgetNotifications, removeNotifications, stopAllNotifications, stopNotifications } from '../notifications/commands.ts'
import type { Subject, SubjectRef } from '../notifications/subject.ts'
import type { Sql, Tx } from '../ports.ts'
import { whoIsOnCall } from '../schedules/on-call-commands.ts'
import * as requests from './request-store.ts'
import type { EscalationRequest, EscalationRun, EscalationRunId } from './run.ts'
import * as store from './store.ts'

/** Something that wants people, and whom. */
export type Start = { readonly actor: Actor; readonly subject: Subject; readonly target: Target }

/** A chain, where null is none; or people, who are paged at once. */
export type Target = { readonly chainId: EscalationChainId | null } | { readonly userIds: readonly UserId[] }

/**
 * Begins to escalate: each run keeps the chain's steps as they are now and is due at once. Returns what the timelines are
 * to say of it, after what the caller has to say: that it began, or that nobody is paged, and why.
 */
export async function startEscalations(tx: Tx, starts: readonly Start[]): Promise<readonly Fact[]> {
  if (starts.length === 0) return []
  const chains = await stepsOfChains(tx.sql, starts)
  const begun = starts.map((start) => begin(tx, start, stepsFor(start.target, chains)))
  const runs = begun.flatMap(({ run }) => run ?? [])
  if (runs.length > 0) {
    await store.insertRuns(tx, runs)
    tx.wake('escalations')
  }
  return begun.map(({ fact }) => fact)
}

type Chains = ReadonlyMap<EscalationChainId, readonly Step[]>

function stepsFor(target: Target, chains: Chains): readonly Step[] {
  if ('chainId' in target) return target.chainId === null ? [] : (chains.get(target.chainId) ?? [])
  if (target.userIds.length === 0) return []
  return [{ policyId: null, type: 'notify_persons', userIds: target.userIds, important: false }]
}

function begin(tx: Tx, { actor, subject, target }: Start, steps: readonly Step[]): { run: EscalationRun | null; fact: Fact } {
  const chainId = chainOf(target)
  const told = { actor, alertGroup: { id: subject.id, integrationId: subject.integrationId }, webhookId: null }
  if (steps.length === 0) {
    const reason = whyNobody(target)
    return { run: null, fact: { ...told, type: 'alert_group.pages_nobody', data: { reason, escalation_chain_id: chainId } } }
  }
  const run = {
    organizationId: actor.organizationId,
    id: newUuid<EscalationRunId>(tx.now, tx.random.bytes),
    shard: shardOf(subject.id),
    subject,
    escalationChainId: chainId,
    steps,
    nextStep: 0,
    repeatCount: 0,
    dueAt: tx.now,
    startedAt: tx.now,
  }
  return { run, fact: { ...told, type: 'escalation.started', data: { escalation_chain_id: chainId, steps_count: steps.length } } }
}

const chainOf = (target: Target): EscalationChainId | null => ('chainId' in target ? target.chainId : null)

function whyNobody(target: Target): string {
  if ('userIds' in target) return 'The team has neither an escalation chain nor members'
  return target.chainId === null ? 'Neither the route nor the team has an escalation chain' : 'The escalation chain has no steps'
}

/** One select per organization. */
async function stepsOfChains(db: Sql, starts: readonly Start[]): Promise<Chains> {
  const found = new Map<EscalationChainId, readonly Step[]>()
  for (const organizationId of new Set(starts.map(({ actor }) => actor.organizationId))) {
    const own = starts.filter(({ actor }) => actor.organizationId === organizationId)
    const chainIds = [...new Set(own.flatMap(({ target }) => chainOf(target) ?? []))]
    if (chainIds.length === 0) continue
    for (const [chainId, steps] of await stepsOf(db, organizationId, chainIds)) found.set(chainId, steps)
  }
  return found
}

/** Stops the escalation of these subjects, and takes back the pages that have not left yet and what nobody has done yet. */
export async function stopEscalations(
  tx: Tx,
  organizationId: OrganizationId,
  subjectIds: readonly AlertGroupId[],
): Promise<void> {
  await store.stopRuns(tx, organizationId, subjectIds)
  for (const request of await requests.withdrawRequests(tx, organizationId, subjectIds)) {
    tellWithdrawn(tx, request, 'The alert group was taken over before this was done')
  }
  for (const subjectId of subjectIds) await stopNotifications(tx, organizationId, subjectId)
}

/** Tells that what a step asked for was not done after all; the reason is a sentence for people. */
export function tellWithdrawn(tx: Tx, { organizationId, subjectId, request }: EscalationRequest, reason: string): void {
  const { kind, askedBy } = request
  publish(tx, {
    type: 'escalation.step_withdrawn',
    actor: { kind: 'system', organizationId },
    alertGroup: { id: subjectId, integrationId: askedBy.integrationId },
    data: { step: kind, escalation_policy_id: askedBy.policyId, reason, escalation_run_id: askedBy.runId },
    webhookId: null,
  })
}

/** How many subjects are being escalated, in all organizations. */
export const countRunningEscalations = store.countRunning

/** Stops every escalation and every paging of a person, in all organizations; what waits to be sent is not touched. */
export async function stopAllEscalations(tx: Tx): Promise<void> {
  await store.stopAllRuns(tx)
  await stopAllNotifications(tx)
}

/** Takes away what is kept of a subject for escalating and paging; nothing of it runs any more. */
export async function forgetEscalations(tx: Tx, organizationId: OrganizationId, subjectId: AlertGroupId): Promise<void> {
  await store.blankRunsAbout(tx, { organizationId, id: subjectId })
  await forgetNotifications(tx, organizationId, subjectId)
}

/** Deletes all that was done to escalate subjects and to page about them. None of it may still be running. */
export async function removeEscalations(tx: Tx, subjects: readonly SubjectRef[]): Promise<void> {
  await store.deleteRunsAbout(tx, subjects)
  await removeNotifications(tx, subjects)
}

/** Whom the latest escalation of each subject pages or would page now, in the order of its steps, each person once. */
export async function peopleToPage(
  db: Sql,
  organizationId: OrganizationId,
  { subjectIds, at }: { subjectIds: readonly AlertGroupId[]; at: Tx['now'] },
): Promise<ReadonlyMap<AlertGroupId, readonly UserId[]>> {
  const steps = await store.latestSteps(db, organizationId, subjectIds)
  const scheduleIds = [...steps.values()].flat().flatMap((step) => scheduleOf(step) ?? [])
  const onCall =
    scheduleIds.length === 0 ? nobody : await whoIsOnCall(db, organizationId, { scheduleIds: [...new Set(scheduleIds)], at })
  const people = (step: Step): readonly UserId[] => {
    if (step.type === 'notify_persons') return step.userIds
    const scheduleId = scheduleOf(step)
    return scheduleId === null ? [] : (onCall.get(scheduleId) ?? [])
  }
  return new Map([...steps].map(([subjectId, own]) => [subjectId, [...new Set(own.flatMap(people))]]))
}

const nobody: ReadonlyMap<ScheduleId, readonly UserId[]> = new Map()

const scheduleOf = (step: Step): ScheduleId | null => (step.type === 'notify_on_call_from_schedule' ? step.scheduleId : null)

/** What runs ask of their subjects; the alert groups' loop does it, and takes the row away in the same transaction. */
export const dueRequests = requests.dueRequests
export const nextRequestAt = requests.nextRequestAt
export const takeRequest = requests.takeRequest
export const postponeRequest = requests.postponeRequest
