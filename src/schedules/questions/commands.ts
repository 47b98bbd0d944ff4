import type { Actor } from '../../accounts/actor.ts'
import type { User } from '../../accounts/user.ts'
import { accepted } from '../../lib/fields.ts'
import { known } from '../../lib/check.ts'
import type { ScheduleId } from '../../lib/ids.ts'
import type { Listing, NamedFilter } from '../../lib/listing.ts'
import { notFound } from '../../lib/rejection.ts'
import { after, before, days, type Instant, instant, type Ms, seconds } from '../../lib/time.ts'
import type { Sql } from '../../ports.ts'
import { answeredWhole } from '../answer.ts'
import { assemble, type Assembly } from '../assembly-commands.ts'
import { type CoverSource, sourceOf } from '../cover-source.ts'
import { common } from '../engine/cover.ts'
import { finalShifts, gaps, nextChange, onCallAt } from '../engine/on-call.ts'
import type { TimeWindow } from '../engine/schedule.ts'
import type { OnCall } from '../engine/stretches.ts'
import { throughHistory } from '../history.ts'
import type { Schedule } from '../schedule.ts'
import * as store from '../store.ts'
import { yearTenThousand } from '../window-input.ts'

/** Somebody who is on call, and what puts them there. */
export type OnCallPerson = {
  readonly person: User
  /** How far it reaches, however little of it was asked for. */
  readonly cover: CoverSource & TimeWindow & { readonly level: number }
  readonly insteadOf: User | null
}

/** Who is on call in a schedule at an instant. */
export type OnCallAnswer = { readonly schedule: Schedule; readonly onCall: readonly OnCallPerson[] }

/** Who is on call from the next change on; nobody is a change too. */
export type NextChange = { readonly at: Instant; readonly people: readonly User[] }

/** How far ahead the next change is looked for: mostly it is in the same week, and what comes later need not be read. */
const nearMs = days(8)
const farMs = days(92)

/** Who is on call in a schedule at an instant, why, and what comes next; null: the same people for the next 92 days. */
export async function whoIsOnCallIn(
  sql: Sql,
  actor: Actor,
  { id, at }: { readonly id: ScheduleId; readonly at: Instant },
): Promise<OnCallAnswer & { readonly next: NextChange | null }> {
  const schedule = await existing(sql, actor, id)
  const near = await lookAhead(sql, actor, { id, at, aheadMs: nearMs })
  return { schedule, ...(near.next === null ? await lookAhead(sql, actor, { id, at, aheadMs: farMs }) : near) }
}

type Outlook = { readonly id: ScheduleId; readonly at: Instant; readonly aheadMs: Ms }

async function lookAhead(sql: Sql, { organizationId }: Actor, { id, at, aheadMs }: Outlook) {
  const window = { startAt: at, endAt: instant(Math.min(after(at, aheadMs), yearTenThousand)) }
  const assembly = await assemble(sql, { organizationId, scheduleIds: [id], ...window, view: throughHistory })
  const nextAt = nextChange(assembly.of(id).schedule, window)
  const next = nextAt === null ? null : { at: nextAt, people: peopleAt(assembly, id, nextAt).map(({ person }) => person) }
  return { onCall: peopleAt(assembly, id, at), next }
}

/** Who is on call everywhere: the schedules of the actor's organization, oldest first. */
export function listOnCall(
  sql: Sql,
  { organizationId }: Actor,
  { filter, at }: { readonly filter: NamedFilter; readonly at: Instant },
): Listing<OnCallAnswer> {
  return {
    count: () => store.countSchedules(sql, organizationId, filter),
    items: async (window) => {
      const schedules = await store.listSchedules(sql, organizationId, { ...window, filter })
      const scheduleIds = schedules.map((schedule) => schedule.id)
      const assembly = await assemble(sql, { organizationId, scheduleIds, startAt: at, endAt: at, view: throughHistory })
      return schedules.map((schedule) => ({ schedule, onCall: peopleAt(assembly, schedule.id, at) }))
    },
  }
}

function peopleAt({ of, people }: Assembly, id: ScheduleId, at: Instant): readonly OnCallPerson[] {
  const { schedule, names } = of(id)
  return onCallAt(schedule, at).map((onCall) => onCallPersonOf(onCall, { names, people }))
}

type Known = { readonly names: ReadonlyMap<string, string | null>; readonly people: ReadonlyMap<string, User> }

/** Puts names to what the engine says of somebody on call. */
export function onCallPersonOf(onCall: OnCall, { names, people }: Known): OnCallPerson {
  const { startAt, endAt, level } = onCall.cover
  return {
    person: known(people.get(onCall.userId), 'whoever is on call is a user'),
    cover: { ...sourceOf(onCall, names), startAt, endAt, level },
    insteadOf: onCall.insteadOf === null ? null : (people.get(onCall.insteadOf) ?? null),
  }
}

/** A stretch of time without anybody, and who is on call up to it and from its end on; nobody: the window is over there. */
export type Gap = TimeWindow & { readonly before: readonly User[]; readonly after: readonly User[] }

/** When nobody is on call in a schedule, in order; the past as it was configured then. */
export async function gapsOf(
  sql: Sql,
  actor: Actor,
  { id, window }: { readonly id: ScheduleId; readonly window: TimeWindow },
): Promise<readonly Gap[]> {
  const { organizationId } = actor
  await existing(sql, actor, id)
  // A second more on both sides tells who is on call there.
  const wider = { startAt: before(window.startAt, seconds(1)), endAt: after(window.endAt, seconds(1)) }
  const assembly = await assemble(sql, { organizationId, scheduleIds: [id], ...wider, view: throughHistory })
  const { schedule } = assembly.of(id)
  accepted(answeredWhole(schedule, window))
  const rows = finalShifts(schedule, wider)
  const leaving = Map.groupBy(rows, (row) => row.endAt)
  const coming = Map.groupBy(rows, (row) => row.startAt)
  const people = (found: typeof rows = []): readonly User[] => found.flatMap(({ userId }) => assembly.people.get(userId) ?? [])
  return gaps(schedule, wider).flatMap((gap) => {
    const shown = common(gap, window)
    return shown === null ? [] : [{ ...shown, before: people(leaving.get(gap.startAt)), after: people(coming.get(gap.endAt)) }]
  })
}

/** A schedule of the actor's organization. */
export async function existing(sql: Sql, { organizationId }: Actor, id: ScheduleId): Promise<Schedule> {
  const schedule = await store.findSchedule(sql, { organizationId, id })
  if (schedule === null) throw notFound()
  return schedule
}
