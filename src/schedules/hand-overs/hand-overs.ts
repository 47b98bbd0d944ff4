import { check } from '../../lib/check.ts'
import type { UserId } from '../../lib/ids.ts'
import { type Instant, instant } from '../../lib/time.ts'
import { dayMs } from '../calendar.ts'
import { type CoverSource, sourceOf } from '../cover-source.ts'
import type { Schedule, TimeWindow } from '../engine/schedule.ts'
import { type OnCall, stretchesOf } from '../engine/stretches.ts'
import { type Cause, causeOf } from './cause.ts'

/** From an instant on other people are on call than right before. Either list may be empty. */
export type HandOver = {
  readonly at: Instant
  readonly previous: readonly Holder[]
  readonly current: readonly Holder[]
  readonly cause: Cause
}

/** Somebody who is on call, and what puts them there. */
export type Holder = { readonly userId: UserId; readonly cover: CoverSource }

/** A schedule as it is, phase after phase; the first one also holds before it begins. */
export type Course = {
  readonly phases: readonly Phase[]
  /** What people call that which puts somebody on call. */
  readonly names: ReadonlyMap<string, string | null>
}

/** From an instant on, until the next phase begins. */
export type Phase = { readonly fromAt: Instant; readonly schedule: Schedule }

/** How far hand-overs have been announced, and who was on call then. */
export type Progress = {
  readonly processedUntil: Instant
  readonly onCall: readonly Holder[]
  /** By what was known, nothing was to change before this. */
  readonly settledUntil: Instant
}

type Until = {
  /** After `processedUntil`. */
  readonly now: Instant
  /** Later than now; what comes after it is not looked for. */
  readonly endAt: Instant
  /** Whether the zones' rules are others than when the progress was written down. */
  readonly zonesChanged: boolean
}

/**
 * The hand-overs that follow what has been announced, in order, each instant once; the work grows with how many are asked for. Where the
 * schedule now says other people for the past than were announced, the past stays as it is: that is one hand-over, not before now unless a
 * hand-over was missed.
 */
export function* handOversAfter(
  progress: Progress,
  course: Course,
  { now, endAt, zonesChanged }: Until,
): Generator<HandOver, void> {
  const { processedUntil, settledUntil, onCall } = progress
  check(processedUntil < now, 'hand-overs are looked for after those that were announced')
  if (!zonesChanged && isSame(onCall, onCallAt(course, processedUntil))) {
    return yield* handOversWithin(course, { startAt: processedUntil, endAt })
  }
  const startAt = instant(Math.max(processedUntil + 1, Math.min(now, settledUntil - 1)))
  const current = onCallAt(course, startAt).map((person) => holderOf(person, course))
  if (!isSame(onCall, current)) yield { at: startAt, previous: onCall, current, cause: zonesChanged ? 'tzdata' : 'configuration' }
  yield* handOversWithin(course, { startAt, endAt })
}

/** Whether two lists name the same people. */
function isSame(left: readonly { readonly userId: UserId }[], right: readonly { readonly userId: UserId }[]): boolean {
  const ids = new Set(left.map(({ userId }) => userId))
  return right.length === ids.size && right.every(({ userId }) => ids.has(userId))
}

/** The hand-overs inside a window, in order; without its start, where nobody takes over from anybody. */
export function* handOversWithin(course: Course, window: TimeWindow): Generator<HandOver, void> {
  let before: readonly OnCall[] | null = null
  for (const { startAt: at, onCall, schedule } of stretchesThrough(course, window)) {
    if (before !== null && !isSame(before, onCall)) {
      yield {
        at,
        previous: before.map((person) => holderOf(person, course)),
        current: onCall.map((person) => holderOf(person, course)),
        cause: causeOf({
          at,
          previous: before,
          current: onCall,
          schedule,
          isNewPhase: course.phases.some(({ fromAt }) => fromAt === at),
        }),
      }
    }
    before = onCall
  }
}

/** Looks at a day, then at two, then at four: a change is mostly near, and what lies behind the last one asked for is not computed. */
function* stretchesThrough({ phases }: Course, { startAt, endAt }: TimeWindow) {
  for (const [index, { fromAt, schedule }] of phases.entries()) {
    const phaseEnd = Math.min(phases[index + 1]?.fromAt ?? Infinity, endAt)
    let from = index === 0 ? startAt : Math.max(startAt, fromAt)
    for (let widthMs = dayMs; from < phaseEnd; widthMs *= 2) {
      const window = { startAt: instant(from), endAt: instant(Math.min(from + widthMs, phaseEnd)) }
      for (const stretch of stretchesOf(schedule, window)) yield { ...stretch, schedule }
      from = window.endAt
    }
  }
}

function onCallAt(course: Course, at: Instant): readonly OnCall[] {
  for (const { onCall } of stretchesThrough(course, { startAt: at, endAt: instant(at + 1) })) return onCall
  return []
}

const holderOf = (person: OnCall, { names }: Course): Holder => ({ userId: person.userId, cover: sourceOf(person, names) })

/** Everybody whom a schedule names. */
export const namedIn = ({ phases }: Course): readonly UserId[] => [
  ...new Set(phases.flatMap(({ schedule }) => namedBy(schedule))),
]

const namedBy = ({ layers, overrides, swaps }: Schedule): readonly UserId[] => [
  ...layers.flatMap((layer) => (layer.kind === 'fixed' ? layer.users : layer.groups.flat())),
  ...overrides.flatMap((override) => (override.kind === 'replace-all' ? override.users : override.userId)),
  ...swaps.flatMap(({ beneficiary, benefactor }) => (benefactor === null ? beneficiary : [beneficiary, benefactor])),
]
