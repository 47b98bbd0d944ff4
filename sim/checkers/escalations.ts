import { type Case, type Checker, dataOf, endsPaging, grouped, turnOf } from './case.ts'
import type { EventRow, Run, Step } from './facts.ts'
import { partsOf } from './alerts.ts'

/** How often a chain with a repeat step starts over. */
const repeatsMax = 5

/** P2, first half: whenever an alert group begins to page, its chain is taken step by step until somebody takes over. */
export const checkEscalations: Checker = (known) => [...checkStarts(known), ...checkSteps(known), ...checkCalls(known)]

/** Each time a group opens, an escalation begins, or the log says that nobody is paged. */
function checkStarts({ facts, records }: Case): readonly string[] {
  const events = grouped(facts.events, (event) => event.alert_group_id)
  const runs = grouped(facts.runs, (run) => run.subject_id)
  const first = new Map(facts.alerts.flatMap((row) => (row.number === 1 ? [[row.alert_group_id, partsOf(row).mark]] : [])))
  const over = new Set(records.alerts.flatMap(({ mark, resolves }) => (resolves ? [mark] : [])))
  return facts.groups.flatMap(({ id }) => {
    const own = events.get(id) ?? []
    const count = (type: string): number => own.filter((event) => event.type === type).length
    // What its source called over at once pages nobody.
    const isOver = over.has(first.get(id) ?? '')
    // Who hands a group over that was taken or silenced wakes it up, and the new one is paged once.
    const awakenings = own.filter(
      (event, index) =>
        ['alert_group.unacknowledged', 'alert_group.unsilenced'].includes(event.type) &&
        own[index + 1]?.type === 'alert_group.reassigned' &&
        own[index + 1]?.at.getTime() === event.at.getTime(),
    ).length
    const openings = own.filter((event) => turnOf(event.type) === 'opens').length - awakenings - (isOver ? 1 : 0)
    const begun = count('escalation.started') + count('alert_group.pages_nobody')
    const faults: string[] = []
    if (count('alert_group.created') !== 1) faults.push(`P2: ${id} was created ${count('alert_group.created')} times`)
    if (begun !== openings)
      faults.push(`P2: ${id} opened ${openings} times, and ${begun} times paging began or the log said why not`)
    const runCount = runs.get(id)?.length ?? 0
    if (runCount !== count('escalation.started')) faults.push(`P2: ${id} has ${runCount} runs`)
    return faults
  })
}

function checkSteps({ facts, faults }: Case): readonly string[] {
  const taken = grouped(facts.events.filter(isStep), (event) => dataOf(event)['escalation_run_id'])
  const finished = new Set(
    facts.events.flatMap((event) => (event.type === 'escalation.finished' ? [dataOf(event)['escalation_run_id']] : [])),
  )
  const tolerance = Math.abs(faults.skewsMs[0] - faults.skewsMs[1]) + 10
  return facts.runs.flatMap((run) => {
    const expected = actionsOf(run.steps)
    const actual = taken.get(run.id) ?? []
    const words = `P2: run ${run.id} of ${run.subject_id}`
    if (actual.some((event, index) => dataOf(event)['escalation_policy_id'] !== expected[index]?.policyId))
      return [`${words} took other steps than its chain has`]
    const early = actual.findIndex((event, index) =>
      tooEarly({ event, before: actual[index - 1], waitMs: expected[index]?.waitMs ?? 0, tolerance }),
    )
    if (early !== -1) return [`${words} took step ${early + 1} before its time`]
    const isComplete = actual.length === expected.length
    if (finished.has(run.id) !== (run.state === 'finished')) return [`${words} is ${run.state}, and the log does not say so`]
    if (run.state === 'finished' && !isComplete) return [`${words} finished after ${actual.length} of ${expected.length} steps`]
    if (run.state === 'stopped' && !wasStopped(run, facts.events)) return [`${words} was stopped, and nobody took over`]
    return []
  })
}

/** The levels after the first that the runs of an alert group reached somebody at: steps without a wait between them are one. */
export function levelsTaken({ facts }: Case, groupId: string): readonly number[] {
  const steps = facts.events.filter((event) => event.alert_group_id === groupId && isStep(event))
  return facts.runs
    .filter((run) => run.subject_id === groupId)
    .flatMap((run) => {
      const own = steps.filter((event) => dataOf(event)['escalation_run_id'] === run.id)
      const taken = new Set<number>()
      let level = 0
      let isNew = true
      for (const [index, { type, waitMs }] of actionsOf(run.steps).entries()) {
        if (waitMs > 0) isNew = true
        if (!type.startsWith('notify_')) continue
        if (isNew) level += 1
        isNew = false
        if (own[index]?.type === 'escalation.step_taken') taken.add(level)
      }
      return [...taken].filter((one) => one > 1)
    })
}

type Timing = {
  readonly event: EventRow
  readonly before: EventRow | undefined
  readonly waitMs: number
  readonly tolerance: number
}

const tooEarly = ({ event, before, waitMs, tolerance }: Timing): boolean =>
  before !== undefined && event.at.getTime() - before.at.getTime() < waitMs - tolerance

const isStep = ({ type }: EventRow): boolean => type === 'escalation.step_taken' || type === 'escalation.step_failed'

type Action = Step & { readonly waitMs: number }

/** All that a chain does when nobody takes over, written out. */
function actionsOf(steps: readonly Step[]): readonly Action[] {
  const actions: Action[] = []
  let waitMs = 0
  for (let round = 0; round <= repeatsMax; round += 1) {
    for (const step of steps) {
      if (step.type === 'wait') waitMs += step.durationMs ?? 0
      else if (step.type !== 'repeat_escalation') {
        actions.push({ ...step, waitMs })
        waitMs = 0
        if (step.type === 'resolve') return actions
      } else if (round < repeatsMax) break
    }
    if (!steps.some((step) => step.type === 'repeat_escalation')) return actions
  }
  return actions
}

/** Whether something closed the group after the run began. */
function wasStopped(run: Run, events: readonly EventRow[]): boolean {
  const start = events.find(
    (event) =>
      event.type === 'escalation.started' &&
      event.alert_group_id === run.subject_id &&
      event.at.getTime() === run.started_at.getTime(),
  )
  if (start === undefined) return false
  return events.some(
    (event) => event.sequence > start.sequence && event.alert_group_id === run.subject_id && endsPaging(event.type),
  )
}

/** Each step that calls a webhook is one event for that webhook, or the log says that the call was taken back. */
function checkCalls({ facts }: Case): readonly string[] {
  const events = grouped(facts.events, (event) => event.alert_group_id)
  return facts.groups.flatMap(({ id }) => {
    const own = events.get(id) ?? []
    const count = (type: string): number =>
      own.filter((event) => event.type === type && dataOf(event)['step'] === 'trigger_webhook').length
    const asked = count('escalation.step_taken')
    const withdrawn = count('escalation.step_withdrawn')
    const told = own.filter(({ type }) => type === 'alert_group.escalated').length
    if (told === asked - withdrawn) return []
    return [`P2: the steps of ${id} called webhooks ${asked} times, took back ${withdrawn}, and ${told} calls were made`]
  })
}
