import { isObject } from '../../src/lib/json.ts'
import { type Case, type Checker, dataOf, grouped } from './case.ts'
import type { EventRow } from './facts.ts'
import { newOnCall } from './on-call.ts'
import { type Disturbance, disturbancesOf } from './schedule-edits.ts'
import { minuteMs } from './wall-clock.ts'

/** A shift change as its event tells it. Instants are whole seconds. */
export type Change = {
  readonly event: EventRow
  readonly scheduleId: string
  readonly at: number
  readonly number: number
  readonly isLate: boolean
  readonly isGap: boolean
  readonly previous: ReadonlySet<string>
  readonly current: ReadonlySet<string>
  readonly next: { readonly at: number; readonly users: ReadonlySet<string> } | null
}

/** P5: whenever other people come on call, that is announced once and in order, and nothing else is. */
export const checkShiftChanges: Checker = (known) => {
  const changes = grouped(
    known.facts.events.filter(({ type }) => type === 'schedule.shift_changed').map(changeOf),
    ({ scheduleId }) => scheduleId,
  )
  return [
    ...checkWalk(known, changes),
    ...known.setting.schedules.ids.flatMap((id) => {
      const own = changes.get(id) ?? []
      const disturbances = disturbancesOf(known, id, own)
      const faults = [
        ...checkJoined(own),
        ...checkTimes(known, own),
        ...checkNext(own, { disturbances, endAt: known.watched.endAt }),
        ...checkGaps(known, id, own),
      ]
      return faults.map((words) => `P5: ${words}, in ${id}`)
    }),
  ]
}

export function changeOf(event: EventRow): Change {
  const data = dataOf(event)
  const schedule = data['schedule']
  const next = data['next']
  return {
    event,
    scheduleId: isObject(schedule) ? String(schedule['id']) : '',
    at: Date.parse(String(data['scheduled_at'])),
    number: Number(data['change_number']),
    isLate: data['late'] === true,
    isGap: data['gap'] === true,
    previous: idsOf(data['previous']),
    current: idsOf(data['current']),
    next: isObject(next) ? { at: Date.parse(String(next['at'])), users: idsOf(next['users']) } : null,
  }
}

const idsOf = (people: unknown): ReadonlySet<string> =>
  new Set(Array.isArray(people) ? people.filter(isObject).map(({ id }) => String(id)) : [])

/** Each change follows from the one before, and changes something. */
function checkJoined(changes: readonly Change[]): readonly string[] {
  return changes.flatMap((change, index) => {
    const before = changes[index - 1]
    const words = wordsOf(change)
    const faults: string[] = []
    if (change.number !== index + 1) faults.push(`${words} is number ${change.number} and not ${index + 1}`)
    if (before !== undefined && change.at < before.at) faults.push(`${words} comes after ${wordsOf(before)}`)
    if (!isSame(change.previous, before?.current ?? new Set()))
      faults.push(`${words} is from ${namesOf(change.previous)}, but ${namesOf(before?.current ?? new Set())} were on call`)
    if (isSame(change.previous, change.current)) faults.push(`${words} changes nothing`)
    return faults
  })
}

const lateMs = 5000

/** How long after the last fault all servers are there again and have the work that is theirs. */
const recoveryMs = 180 * minuteMs

/** What is found late says so, and nothing else does; nothing is found before its time. */
function checkTimes({ records }: Case, changes: readonly Change[]): readonly string[] {
  return changes.flatMap((change) => {
    const delay = change.event.at.getTime() - change.at
    const words = `${wordsOf(change)} was found ${delay} ms after it`
    if (delay < 0) return [words]
    // The second in which it happened is known, and no more.
    if (Math.abs(delay - lateMs) > 1000 && change.isLate !== delay > lateMs) return [`${words}, and says otherwise`]
    return change.isLate && change.at > (records.healedAt ?? Infinity) + recoveryMs ? [`${words}, when all was well`] : []
  })
}

type Future = { readonly disturbances: readonly Disturbance[]; readonly endAt: number }

/** What is said to come next does, unless something is edited. */
function checkNext(changes: readonly Change[], { disturbances, endAt }: Future): readonly string[] {
  return changes.flatMap((change, index) => {
    const [said, came] = [change.next, changes[index + 1]]
    const until = Math.max(said?.at ?? 0, came?.at ?? 0) + 1000
    const isEdited = disturbances.some(({ editedAt, knownAt }) => editedAt <= until && knownAt >= change.at)
    const isToCome = came === undefined && (said === null || said.at > endAt - minuteMs)
    if (isEdited || isToCome) return []
    if (came === undefined) return [`after ${wordsOf(change)} nothing came, but ${timeOf(said?.at ?? 0)} was said`]
    const isRight = said !== null && said.at === came.at && isSame(said.users, came.current)
    return isRight ? [] : [`after ${wordsOf(change)} came ${wordsOf(came)}, but ${timeOf(said?.at ?? 0)} was said`]
  })
}

/** A gap begins when nobody is on call any more, and ends when somebody is again. */
function checkGaps({ facts }: Case, scheduleId: string, changes: readonly Change[]): readonly string[] {
  const told = facts.events
    .filter(({ type }) => type === 'schedule.gap_started' || type === 'schedule.gap_ended')
    .map(changeOf)
    .filter((change) => change.scheduleId === scheduleId)
    .map(({ event, number }) => `${event.type} ${number}`)
  const owed = changes.flatMap(({ previous, current, number }) => {
    if (current.size === 0) return [`schedule.gap_started ${number}`]
    return previous.size === 0 && number > 1 ? [`schedule.gap_ended ${number}`] : []
  })
  const wrong = changes.find(({ isGap, current }) => isGap !== (current.size === 0))
  return [
    ...(told.join() === owed.join() ? [] : [`the gaps are ${owed.join()}, and told are ${told.join()}`]),
    ...(wrong === undefined ? [] : [`${wordsOf(wrong)} says that there is ${wrong.isGap ? 'a' : 'no'} gap`]),
  ]
}

/**
 * The minute-by-minute walk: at the last instant of the second before each minute, and of the first of it, those are on call who were
 * announced last. While an edit was made that the servers had not heard of when they looked, either may be true.
 */
function checkWalk(known: Case, changes: ReadonlyMap<string, readonly Change[]>): readonly string[] {
  const { startAt, endAt } = known.watched
  const onCall = newOnCall(known.facts.schedule, known.watched)
  return known.setting.schedules.ids.flatMap((id) => {
    const own = changes.get(id) ?? []
    const unsure = disturbancesOf(known, id, own)
    let last = -1
    for (let minute = Math.ceil(startAt / minuteMs) * minuteMs; minute < endAt - minuteMs; minute += minuteMs) {
      for (const at of [minute - 1, minute + 999]) {
        if (at < startAt || unsure.some(({ editedAt, settledAt }) => editedAt <= at && at < settledAt)) continue
        for (let next = own[last + 1]; next !== undefined && next.at <= at; next = own[last + 1]) last += 1
        const announced = own[last]?.current ?? new Set()
        const truth = onCall(id, at)
        if (isSame(truth, announced)) continue
        return [`P5: at ${timeOf(at)} on call are ${namesOf(truth)}, and announced are ${namesOf(announced)}, in ${id}`]
      }
    }
    return []
  })
}

function isSame(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return left.size === right.size && [...left].every((id) => right.has(id))
}

const timeOf = (at: number): string => new Date(at).toISOString()

const namesOf = (people: ReadonlySet<string>): string => (people.size === 0 ? 'nobody' : [...people].join(' and '))
const wordsOf = ({ event, at }: Change): string => `event ${event.sequence} of ${timeOf(at)}`
