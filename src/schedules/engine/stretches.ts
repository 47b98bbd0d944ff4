import type { UserId } from '../../lib/ids.ts'
import { check } from '../../lib/check.ts'
import { type Instant, instant } from '../../lib/time.ts'
import { type Cover, named, overlaps, type Person } from './cover.ts'
import { coversOf, inCreation } from './covers.ts'
import { aboveEveryLevel, type Override, type Schedule, type TimeWindow } from './schedule.ts'

/** Somebody who is on call, and what puts them there. */
export type OnCall = Person & { readonly cover: Cover }

/** A stretch of time in which nothing begins or ends, and who is on call in it; each person once, in order of their covers. */
export type Stretch = TimeWindow & { readonly onCall: readonly OnCall[] }

/** Cuts a window wherever a cover begins or ends. The stretches fill it without holes, those with nobody included. */
export function* stretchesOf(schedule: Schedule, window: TimeWindow): Generator<Stretch> {
  const covers = coversOf(schedule, window)
  const overridesAt = inForce(overridesWithin(schedule, window))
  let active: readonly Cover[] = []
  let next = 0
  let startAt = window.startAt
  while (startAt < window.endAt) {
    const begun: Cover[] = active.filter((cover) => cover.endAt > startAt)
    for (let cover = covers[next]; cover !== undefined && cover.startAt <= startAt; cover = covers[(next += 1)]) begun.push(cover)
    active = begun
    const overrides = overridesAt(startAt)
    const endAt = firstOf(active, Math.min(window.endAt, covers[next]?.startAt ?? Infinity, overrides.untilAt))
    check(endAt > startAt, 'time goes on')
    yield { startAt, endAt, onCall: overrides.during.reduce(overridden, onCallAmong(active)) }
    startAt = endAt
  }
}

function firstOf(covers: readonly Cover[], latest: number): Instant {
  let first = latest
  for (const cover of covers) if (cover.endAt < first) first = cover.endAt
  return instant(first)
}

/** The people of the highest level among covers that come in order. Whom several name is credited to the one that began first. */
function onCallAmong(active: readonly Cover[]): readonly OnCall[] {
  let level = -Infinity
  for (const cover of active) if (cover.level > level) level = cover.level
  const found: OnCall[] = []
  const seen = new Set<UserId>()
  for (const cover of active) {
    if (cover.level !== level) continue
    for (const person of cover.people) {
      if (seen.has(person.userId)) continue
      seen.add(person.userId)
      found.push({ userId: person.userId, insteadOf: person.insteadOf, swapId: person.swapId, cover })
    }
  }
  return found
}

type AppliedOverride = { readonly override: Override; readonly cover: Cover }

/** The overrides that touch a window, the earlier created first, without those that name only people who are passed over. */
function overridesWithin({ overrides, passedOver }: Schedule, window: TimeWindow): readonly AppliedOverride[] {
  return overrides
    .filter((override) => overlaps(override, window))
    .toSorted(inCreation)
    .flatMap((override) => {
      const users = usersOf(override)
      const people = [...new Set(users)].filter((id) => !passedOver.has(id)).map(named)
      if (people.length === 0 && users.length > 0) return []
      const { startAt, endAt, id } = override
      const source = { kind: 'override', id } as const
      return [{ override, cover: { startAt, endAt, source, level: aboveEveryLevel, people } }]
    })
}

/** Overrides that hold for a while, the earlier created first. */
type InForce = { readonly during: readonly AppliedOverride[]; readonly untilAt: number }

/** Which of overrides in order of their creation hold at an instant; asked for rising instants, each override is looked at a few times only. */
function inForce(overrides: readonly AppliedOverride[]): (at: Instant) => InForce {
  const coming = overrides
    .map((applied, rank) => ({ applied, rank, ...applied.cover }))
    .toSorted((left, right) => left.startAt - right.startAt)
  let held: typeof coming = []
  let next = 0
  let found: InForce = { during: [], untilAt: -Infinity }
  return (at) => {
    if (at < found.untilAt) return found
    held = held.filter(({ endAt }) => endAt > at)
    for (let one = coming[next]; one !== undefined && one.startAt <= at; one = coming[(next += 1)])
      if (one.endAt > at) held.push(one)
    held = held.toSorted((left, right) => left.rank - right.rank)
    const untilAt = held.reduce((first, { endAt }) => Math.min(first, endAt), coming[next]?.startAt ?? Infinity)
    found = { during: held.map(({ applied }) => applied), untilAt }
    return found
  }
}

/** Whom an override puts on call. */
export function usersOf(override: Override): readonly UserId[] {
  if (override.kind === 'replace-all') return override.users
  return override.kind === 'remove' ? [] : [override.userId]
}

function overridden(onCall: readonly OnCall[], { override, cover }: AppliedOverride): readonly OnCall[] {
  const added = cover.people.map((person) => ({ ...person, cover }))
  switch (override.kind) {
    case 'replace-all':
      return added
    case 'remove':
      return onCall.filter(({ userId }) => userId !== override.userId)
    case 'add':
      return [...onCall, ...withoutThose(added, onCall)]
    case 'replace-user':
      if (!onCall.some(({ userId }) => userId === override.replaced)) return onCall
      return replaced(onCall, override.replaced, added)
  }
}

function replaced(onCall: readonly OnCall[], leaving: UserId, added: readonly OnCall[]): readonly OnCall[] {
  const staying = onCall.filter(({ userId }) => userId !== leaving)
  const arriving = withoutThose(added, staying).map((person) => ({ ...person, insteadOf: leaving }))
  return [...staying, ...arriving]
}

const withoutThose = (people: readonly OnCall[], there: readonly OnCall[]): readonly OnCall[] =>
  people.filter(({ userId }) => !there.some((person) => person.userId === userId))
