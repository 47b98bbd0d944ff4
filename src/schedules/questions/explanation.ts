import type { UserId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'
import { type CoverSource, sourceOf } from '../cover-source.ts'
import { inCreation } from '../engine/covers.ts'
import { explain, type Explanation as Reason } from '../engine/on-call.ts'
import { aboveEveryLevel, type Override, type Schedule } from '../engine/schedule.ts'
import { type StandingLayer, standingsAt } from '../engine/standing.ts'
import { clockTime, fromTo, namesOf, nameOf, peopleAre, type Telling, whyAbsent } from './sentences.ts'

/** Why a schedule has whom it has at an instant, for programs and, in sentences, for people. */
export type Explanation = {
  readonly people: readonly ExplainedPerson[]
  /** What could have put somebody on call: layers, the highest level first, then overrides in the order in which they apply. */
  readonly sources: readonly ExplainedSource[]
  /** The whole of it for somebody who reads it at night: who is on call and why; where nobody is, why not. */
  readonly text: readonly string[]
}

/** Somebody who is on call, and who would be if what puts them there did not exist. */
type ExplainedPerson = { readonly reason: Reason; readonly text: string }

/** A layer or an override, and what it does at the instant. */
export type ExplainedSource = Pick<CoverSource, 'id' | 'name'> & {
  readonly kind: 'layer' | 'override'
  /** Null: above every level. */
  readonly level: number | null
  readonly state: SourceState
  /** Whom it names at that instant, whether they are on call or not. */
  readonly users: readonly UserId[]
  /** When it has somebody again, or for the first time; null also when that is too far away. */
  readonly nextAt: Instant | null
  readonly text: string
}

export const sourceStates = [
  'on_call',
  'beaten',
  'absent',
  'empty',
  'pauses',
  'not_begun',
  'ended',
  'takes_away',
  'no_effect',
] as const
type SourceState = (typeof sourceStates)[number]

/** What is explained. */
export type Explained = Telling & {
  readonly name: string
  /** As it was typed. */
  readonly timeZone: string
  readonly schedule: Schedule
  /** Of layers and overrides, by their ids. */
  readonly names: ReadonlyMap<string, string | null>
  /** Ids of what this program cannot read. */
  readonly unreadable: readonly string[]
}

/** Explains who is on call at an instant. */
export function explanationOf(explained: Explained, at: Instant): Explanation {
  const reasons = explain(explained.schedule, at)
  const night: Night = { ...explained, at, onCall: new Set(reasons.map(({ userId }) => userId)), ...winnerAt(explained, at) }
  const people = reasons.map((reason) => explainedPerson(reason, night))
  const sources = [...night.standings.map((standing) => explainedLayer(standing, night)), ...overridesAt(night)]
  const text = [headline(night), ...people.map((person) => person.text), ...silence(people, sources), ...unread(explained)]
  return { people, sources, text }
}

/** All that a sentence about the instant may need. */
type Night = Explained & {
  readonly at: Instant
  readonly onCall: ReadonlySet<UserId>
  readonly standings: readonly StandingLayer[]
  /** The highest level that has somebody. */
  readonly topLevel: number
  readonly overrides: readonly Override[]
  /** The last one that replaces everybody. */
  readonly replacing: Override | undefined
}

function winnerAt({ schedule }: Explained, at: Instant): Pick<Night, 'standings' | 'topLevel' | 'overrides' | 'replacing'> {
  const standings = standingsAt(schedule, at)
  const levels = standings.filter(({ standing }) => standing.kind === 'covers').map(({ layer }) => layer.level)
  const overrides = schedule.overrides.filter(({ startAt, endAt }) => startAt <= at && at < endAt).toSorted(inCreation)
  const replacing = overrides.findLast((override) => override.kind === 'replace-all' && !isAbsent(override, schedule))
  return { standings, topLevel: Math.max(-Infinity, ...levels), overrides, replacing }
}

const headline = (night: Night): string =>
  `${peopleAre([...night.onCall], night)} on call in "${night.name}" at ${clockTime(night.at, night)}, ${night.timeZone}.`

/** Of a schedule of many layers the first ones have to do. */
const sentencesMax = 20

function silence(people: readonly ExplainedPerson[], sources: readonly ExplainedSource[]): readonly string[] {
  if (people.length > 0) return []
  if (sources.length === 0) return ['The schedule has no layers.']
  const more = sources.length - sentencesMax
  return [...sources.slice(0, sentencesMax).map(({ text }) => text), ...(more > 0 ? [`And ${more} more.`] : [])]
}

const unread = ({ unreadable }: Explained): readonly string[] =>
  unreadable.length === 0 ? [] : [`This version of Watchbell cannot read ${unreadable.join(', ')}: nobody is on call by it.`]

// People -----------------------------------------------------------------------------------------------------------------

function explainedPerson(reason: Reason, night: Night): ExplainedPerson {
  const source = sourceOf(reason, night.names)
  const { userId, cover, insteadOf, swapId, otherwise } = reason
  const by = source.kind === 'swap' ? 'a swap' : called(source, cover.level)
  const instead = insteadOf === null ? '' : `, instead of ${nameOf(insteadOf, night)}`
  const others = otherwise.map((person) => person.userId)
  const without = `Without it ${peopleWould(others, night)} on call.`
  const open =
    swapId !== null && source.kind === 'layer' ? ` ${nameOf(userId, night)} wants to swap, and nobody has taken it.` : ''
  const text = `${nameOf(userId, night)} is on call by ${by}${instead}, ${fromTo(cover, night)}. ${without}${open}`
  return { reason, text }
}

const peopleWould = (userIds: readonly UserId[], telling: Telling): string => `${namesOf(userIds, telling)} would be`

/** `the layer "Weeks", level 2` */
function called({ kind, id, name }: Pick<ExplainedSource, 'kind' | 'id' | 'name'> | CoverSource, level: number): string {
  const title = `the ${kind} ${name === null ? id : `"${name}"`}`
  return kind === 'layer' && level !== aboveEveryLevel ? `${title}, level ${level}` : title
}

// Layers -----------------------------------------------------------------------------------------------------------------

function explainedLayer({ layer, standing }: StandingLayer, night: Night): ExplainedSource {
  const { id, level } = layer
  const isOverride = level === aboveEveryLevel
  const named = { kind: isOverride ? 'override' : 'layer', id, name: night.names.get(id) ?? null } as const
  const told = tellingOf({ layer, standing }, night)
  const text = `The${called(named, level).slice(3)}${isOverride ? '' : ','} ${told.text}.`
  const users = 'users' in standing ? standing.users : []
  return { ...named, level: isOverride ? null : level, state: told.state, users, nextAt: told.nextAt ?? null, text }
}

type Told = { readonly state: SourceState; readonly text: string; readonly nextAt?: Instant | null }

function tellingOf({ layer, standing }: StandingLayer, night: Night): Told {
  switch (standing.kind) {
    case 'covers':
      return coveringOf(layer.level, standing.users, night)
    case 'absent':
      return { state: 'absent', text: `has only people who cannot be paged: ${absences(standing.users, night)}` }
    case 'empty':
      return { state: 'empty', text: 'names nobody' }
    case 'pauses':
      return { state: 'pauses', nextAt: standing.nextAt, text: `has nobody; ${againAt(standing.nextAt, night)}` }
    case 'not-begun':
      return { state: 'not_begun', nextAt: standing.nextAt, text: `has not begun; ${againAt(standing.nextAt, night)}` }
    case 'ended':
      return { state: 'ended', text: `has ended, at ${clockTime(standing.endedAt, night)}` }
  }
}

function coveringOf(level: number, users: readonly UserId[], night: Night): Told {
  const has = `has ${namesOf(users, night)}`
  if (night.replacing !== undefined) return { state: 'beaten', text: `${has}, but an override replaces everybody` }
  if (night.topLevel === aboveEveryLevel && level < night.topLevel)
    return { state: 'beaten', text: `${has}, but an override beats it` }
  if (level < night.topLevel) return { state: 'beaten', text: `${has}, but level ${night.topLevel} beats it` }
  const isThere = users.some((userId) => night.onCall.has(userId))
  return isThere ? { state: 'on_call', text: has } : { state: 'beaten', text: `${has}, but an override takes them off` }
}

const absences = (users: readonly UserId[], telling: Telling): string =>
  users.map((userId) => whyAbsent(userId, telling)).join('; ')

const againAt = (nextAt: Instant | null, telling: Telling): string =>
  nextAt === null ? 'it has nobody in the next 92 days' : `it has somebody from ${clockTime(nextAt, telling)} on`

// Overrides --------------------------------------------------------------------------------------------------------------

const overridesAt = (night: Night): readonly ExplainedSource[] =>
  night.overrides.map((override): ExplainedSource => {
    const { id } = override
    const named = { kind: 'override', id, name: night.names.get(id) ?? null } as const
    const { state, text } = overrideTold(override, night)
    const whole = `The${called(named, aboveEveryLevel).slice(3)}, ${fromTo(override, night)}, ${text}.`
    return { ...named, level: null, state, users: usersOf(override), nextAt: null, text: whole }
  })

function overrideTold(override: Override, night: Night): Told {
  const names = namesOf(usersOf(override), night)
  if (isAbsent(override, night.schedule))
    return { state: 'absent', text: `names only people who cannot be paged: ${absences(usersOf(override), night)}` }
  if (night.replacing !== undefined && inCreation(override, night.replacing) < 0)
    return { state: 'beaten', text: 'is beaten by a later one that replaces everybody' }
  if (override.kind === 'remove') return { state: 'takes_away', text: `takes ${nameOf(override.userId, night)} off call` }
  if (override.kind === 'replace-all' && override.users.length === 0)
    return { state: 'takes_away', text: 'leaves nobody on call' }
  const isThere = usersOf(override).some((userId) => night.onCall.has(userId))
  return isThere
    ? { state: 'on_call', text: `puts ${names} on call` }
    : {
        state: 'no_effect',
        text: `would put ${names} on call, but nobody is there to be replaced, or a later one takes them off`,
      }
}

const isAbsent = (override: Override, { passedOver }: Schedule): boolean =>
  usersOf(override).length > 0 && usersOf(override).every((userId) => passedOver.has(userId))

function usersOf(override: Override): readonly UserId[] {
  if (override.kind === 'replace-all') return override.users
  return override.kind === 'remove' ? [] : [override.userId]
}
