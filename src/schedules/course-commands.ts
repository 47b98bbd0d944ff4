import { presenceChangesAfter } from '../accounts/presence-commands.ts'
import type { User } from '../accounts/user.ts'
import { asId, type OrganizationId, type PartId, type ScheduleId, type UserId } from '../lib/ids.ts'
import { after, type Instant } from '../lib/time.ts'
import type { Tx } from '../ports.ts'
import { assemble } from './assembly-commands.ts'
import type { Course } from './hand-overs/hand-overs.ts'
import { phasesOf } from './presence-phases.ts'
import { aheadMs } from './hand-overs/watch-step.ts'

/** How schedules go on, and the people whom they name. */
type Courses = {
  readonly of: (id: ScheduleId) => Course
  readonly people: ReadonlyMap<string, User>
  /** What this program cannot read of a schedule: it covers nothing. */
  readonly unreadableOf: (id: ScheduleId) => readonly PartId[]
}

/** Reads how schedules went on from an instant, and will. As it was known at each instant: what is made today changes nothing of yesterday. */
export async function coursesFrom(
  tx: Tx,
  organizationId: OrganizationId,
  { ids, startAt }: { readonly ids: readonly ScheduleId[]; readonly startAt: Instant },
): Promise<Courses> {
  const window = { startAt, endAt: after(tx.now, aheadMs) }
  const { people, of } = await assemble(tx.sql, { organizationId, scheduleIds: ids, ...window, view: { kind: 'recorded' } })
  const userIds = [...people.keys()].map((id) => asId<UserId>(id))
  const presence = await presenceChangesAfter(tx.sql, organizationId, { userIds, after: startAt })
  return {
    people,
    of: (id) => {
      const { schedule, names } = of(id)
      return { phases: phasesOf(schedule, presence), names }
    },
    unreadableOf: (id) => of(id).unreadable,
  }
}
