import type { Actor } from '../accounts/actor.ts'
import { publish } from '../events/commands.ts'
import type { JsonWithRaw } from '../lib/json.ts'
import type { OrganizationId, PartId, ScheduleId, UserId } from '../lib/ids.ts'
import { type Page, pageAll } from '../notifications/commands.ts'
import type { OwedNews } from '../notifications/news.ts'
import { oweNews } from '../notifications/news-commands.ts'
import type { NotificationSettings } from '../notifications/settings.ts'
import type { Tx } from '../ports.ts'
import { type Staff, staffAt } from '../schedules/on-call-commands.ts'
import { findWebhook } from '../webhooks/commands.ts'
import { type Action, levelOf, plan } from './plan.ts'
import { insertRequest } from './request-store.ts'
import type { Asked, EscalationRun, EscalationRunKey } from './run.ts'
import * as store from './store.ts'

/** What the steps met that somebody should look at. */
export type Report = { readonly unreadableShifts: readonly PartId[] }

/** Takes the steps that are due in these runs. Runs that somebody else was faster with are left alone. */
export async function takeSteps(tx: Tx, settings: NotificationSettings, keys: readonly EscalationRunKey[]): Promise<Report> {
  const runs = await store.lockDueRuns(tx, keys)
  if (runs.length === 0) return { unreadableShifts: [] }
  const planned = runs.map((run) => ({ run, ...plan(run, tx.now) }))
  const onCall = await peopleOnCall(tx, planned)
  const steps = planned.flatMap(({ run, actions }) => actions.map((action) => ({ run, action, ...peopleOf(action, onCall) })))
  const reached = await reachPeople(tx, settings, steps)
  for (const [index, step] of steps.entries()) await take(tx, { ...step, reachableCount: reached[index] ?? 0 })
  const reachedSteps = (run: EscalationRun) => steps.filter((step, index) => step.run === run && (reached[index] ?? 0) > 0)
  await oweNews(
    tx,
    runs.flatMap((run) => nextLevel(run, reachedSteps(run))),
  )
  await store.saveProgress(
    tx,
    planned.map(({ run, next }) => ({ organizationId: run.organizationId, id: run.id, next })),
  )
  for (const { run, next } of planned) {
    if (next === null) tell(tx, run, { type: 'escalation.finished', data: { repeat_count: run.repeatCount } })
  }
  return { unreadableShifts: [...new Set(steps.flatMap(({ unreadable }) => unreadable))] }
}

type Step = {
  readonly run: EscalationRun
  readonly action: Action
  readonly people: readonly UserId[]
  readonly unreadable: readonly PartId[]
}
type Planned = { readonly run: EscalationRun; readonly actions: readonly Action[] }
type OnCall = ReadonlyMap<ScheduleId, Staff>

/** One question per organization. */
async function peopleOnCall(tx: Tx, planned: readonly Planned[]): Promise<OnCall> {
  const wanted = new Map<OrganizationId, Set<ScheduleId>>()
  for (const { run, actions } of planned) {
    for (const action of actions) {
      if (action.type !== 'notify_on_call_from_schedule' || action.scheduleId === null) continue
      const own = wanted.get(run.organizationId) ?? new Set()
      wanted.set(run.organizationId, own.add(action.scheduleId))
    }
  }
  const found = new Map<ScheduleId, Staff>()
  for (const [organizationId, scheduleIds] of wanted) {
    const onCall = await staffAt(tx.sql, organizationId, { scheduleIds: [...scheduleIds], at: tx.now })
    for (const [scheduleId, staff] of onCall) found.set(scheduleId, staff)
  }
  return found
}

/** The news that the steps of a run have paged people who were not the first; the first are told with the beginning. */
function nextLevel(run: EscalationRun, steps: readonly Step[]): readonly OwedNews[] {
  const userIds = [...new Set(steps.flatMap(({ people }) => people))]
  const level = levelOf(run)
  if (level === 1 || userIds.length === 0) return []
  const { organizationId, subject, escalationChainId } = run
  return [{ organizationId, subjectId: subject.id, news: { kind: 'next level', level, escalationChainId, userIds } }]
}

function peopleOf(action: Action, onCall: OnCall): Pick<Step, 'people' | 'unreadable'> {
  if (action.type === 'notify_persons') return { people: action.userIds, unreadable: [] }
  const scheduleId = action.type === 'notify_on_call_from_schedule' ? action.scheduleId : null
  const staff = scheduleId === null ? undefined : onCall.get(scheduleId)
  return { people: staff?.onCall ?? [], unreadable: staff?.unreadable ?? [] }
}

/** Pages all people of all steps, and says for each step how many of them can be reached. */
async function reachPeople(tx: Tx, settings: NotificationSettings, steps: readonly Step[]): Promise<readonly number[]> {
  const pages: Page[] = steps.flatMap(({ run, action, people }) =>
    people.map((userId) => ({
      actor: systemOf(run),
      userId,
      subject: run.subject,
      important: 'important' in action && action.important,
    })),
  )
  const answers = pages.length === 0 ? [] : await pageAll(tx, settings, pages)
  let next = 0
  return steps.map(({ people }) => {
    const own = answers.slice(next, next + people.length)
    next += people.length
    return own.filter(Boolean).length
  })
}

/** What a step does beside paging, and what the timeline says of it. A step that reached nobody is an event, and the chain goes on. */
async function take(tx: Tx, step: Step & { readonly reachableCount: number }): Promise<void> {
  const { run, action, people, unreadable, reachableCount } = step
  switch (action.type) {
    case 'notify_persons':
    case 'notify_on_call_from_schedule': {
      const nobody = whyNobody(step)
      if (nobody !== null) return fail(tx, step, nobody)
      if (reachableCount === 0) return fail(tx, step, 'None of these people can be reached')
      return tell(tx, run, {
        type: 'escalation.step_taken',
        data: { ...described(action), user_ids: people, ...passedOver(unreadable) },
      })
    }
    case 'trigger_webhook': {
      const webhook = action.webhookId === null ? null : await findWebhook(tx.sql, run.organizationId, action.webhookId)
      if (webhook === null) return fail(tx, step, 'The step has no webhook: it was never set, or the webhook was deleted')
      if (!webhook.enabled) return fail(tx, step, `The webhook "${webhook.name}" is disabled`)
      await ask(tx, step, { kind: 'trigger_webhook', webhookId: webhook.id })
      return tell(tx, run, { type: 'escalation.step_taken', data: { ...described(action), webhook_name: webhook.name } })
    }
    case 'resolve':
      await ask(tx, step, { kind: 'resolve' })
      return tell(tx, run, { type: 'escalation.step_taken', data: described(action) })
  }
}

function whyNobody({ action, people, unreadable }: Step): string | null {
  if (people.length > 0) return null
  if (action.type === 'notify_persons') return 'The step names nobody'
  const hasSchedule = action.type === 'notify_on_call_from_schedule' && action.scheduleId !== null
  if (!hasSchedule) return 'The step has no schedule: it was never set, or the schedule was deleted'
  if (unreadable.length === 0) return 'Nobody is on call in the schedule'
  return `Nobody is on call in the schedule, but this version of Watchbell cannot read all of it; unreadable shifts: ${unreadable.length}`
}

async function ask(tx: Tx, { run, action: { policyId } }: Step, asked: Asked): Promise<void> {
  const { organizationId, subject, shard } = run
  const request = { ...asked, askedBy: { runId: run.id, policyId, integrationId: subject.integrationId } }
  await insertRequest(tx, { organizationId, subjectId: subject.id, request }, shard)
  tx.wake('alerts')
}

function fail(tx: Tx, { run, action, people, unreadable }: Step, reason: string): void {
  const data = { ...described(action), reason, user_ids: people, ...passedOver(unreadable) }
  tell(tx, run, { type: 'escalation.step_failed', data })
}

/** The first of them: a schedule can have thousands. */
const passedOver = (unreadable: readonly PartId[]) =>
  unreadable.length === 0 ? {} : { unreadable_shift_ids: unreadable.slice(0, 20) }

const described = (action: Action) => ({ step: action.type, escalation_policy_id: action.policyId })

type Telling = {
  readonly type: 'escalation.step_taken' | 'escalation.step_failed' | 'escalation.finished'
  readonly data: Readonly<Record<string, JsonWithRaw>>
}

function tell(tx: Tx, run: EscalationRun, { type, data }: Telling): void {
  const alertGroup = { id: run.subject.id, integrationId: run.subject.integrationId }
  publish(tx, { type, actor: systemOf(run), alertGroup, data: { ...data, escalation_run_id: run.id }, webhookId: null })
}

const systemOf = (run: EscalationRun): Actor => ({ kind: 'system', organizationId: run.organizationId })
