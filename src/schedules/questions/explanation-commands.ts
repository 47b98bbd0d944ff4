import type { Actor } from '../../accounts/actor.ts'
import type { User } from '../../accounts/user.ts'
import { known } from '../../lib/check.ts'
import type { ScheduleId, UserId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'
import type { Sql } from '../../ports.ts'
import { assemble } from '../assembly-commands.ts'
import { type ExplainedSource, explanationOf } from './explanation.ts'
import { throughHistory } from '../history.ts'
import { existing, type OnCallPerson, onCallPersonOf } from './commands.ts'
import type { Schedule } from '../schedule.ts'
import { findZone } from '../zone.ts'

/** Why a schedule has whom it has at an instant. */
export type ExplainedAnswer = {
  readonly schedule: Schedule
  readonly onCall: readonly (OnCallPerson & { readonly otherwise: readonly User[]; readonly text: string })[]
  readonly sources: readonly (Omit<ExplainedSource, 'users'> & { readonly users: readonly User[] })[]
  /** What this program cannot read, and so cannot explain. */
  readonly unreadable: readonly string[]
  /** Sentences for people, with times on the schedule's clock. */
  readonly text: readonly string[]
}

/** Who is on call in a schedule at an instant and why; where nobody is, why not. The past is what was configured then. */
export async function explainOnCall(
  sql: Sql,
  actor: Actor,
  { id, at }: { readonly id: ScheduleId; readonly at: Instant },
): Promise<ExplainedAnswer> {
  const { organizationId } = actor
  const found = await existing(sql, actor, id)
  const assembly = await assemble(sql, { organizationId, scheduleIds: [id], startAt: at, endAt: at, view: throughHistory })
  const { schedule, names, unreadable } = assembly.of(id)
  const { people } = assembly
  // A newer version of this program may have stored a zone that is unknown here.
  const named = found.timeZone ?? 'UTC'
  const timeZone = findZone(named) === null ? 'UTC' : named
  const zone = known(findZone(timeZone), 'UTC is a zone')
  const explanation = explanationOf({ name: found.name, schedule, names, people, timeZone, zone, unreadable }, at)
  const usersOf = (ids: readonly UserId[]): readonly User[] => ids.flatMap((userId) => people.get(userId) ?? [])
  return {
    schedule: found,
    onCall: explanation.people.map(({ reason, text }) => ({
      ...onCallPersonOf(reason, { names, people }),
      otherwise: usersOf(reason.otherwise.map(({ userId }) => userId)),
      text,
    })),
    sources: explanation.sources.map((source) => ({ ...source, users: usersOf(source.users) })),
    unreadable,
    text: explanation.text,
  }
}
