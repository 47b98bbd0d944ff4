import { peopleByIds } from '../accounts/commands.ts'
import { mayBeNotified, type User } from '../accounts/user.ts'
import type { OrganizationId, ScheduleId, ShiftId } from '../lib/ids.ts'
import type { Instant } from '../lib/time.ts'
import { isTimeZone } from '../lib/zone-data.ts'
import type { Sql } from '../ports.ts'
import type { Schedule as EngineSchedule, TimeWindow } from './engine/schedule.ts'
import { type Era, type EraReading, erasTogether, layersThrough, type View, viewed } from './history.ts'
import { usersOf } from './shift.ts'
import { isReadable, shiftErasOf } from './shift-store.ts'
import { scheduleErasOf } from './store.ts'

type Question = TimeWindow & {
  readonly organizationId: OrganizationId
  readonly scheduleIds: readonly ScheduleId[]
  readonly view: View
}

/** What is stored of a schedule, as the engine takes it. */
type Assembled = {
  readonly schedule: EngineSchedule
  /** When versions ended: what goes on there is one thing for people. */
  readonly seams: ReadonlySet<Instant>
  /** What people call that which puts somebody on call, by its id; null: it has no name. */
  readonly names: ReadonlyMap<string, string | null>
  /** What this program cannot read: it covers nothing. */
  readonly unreadable: readonly ShiftId[]
}

/** Schedules, and the people whom they name. */
export type Assembly = {
  /** Of the schedule with an id; one that does not exist has no layers. */
  readonly of: (id: ScheduleId) => Assembled
  readonly people: ReadonlyMap<string, User>
}

/**
 * Reads what says who is on call in schedules during a window; the instant of its end counts as inside. Everything that asks the engine
 * about stored schedules asks here first. People who may not be notified, or do not exist any more, are passed over.
 */
export async function assemble(sql: Sql, question: Question): Promise<Assembly> {
  const readings = question.scheduleIds.length === 0 ? [] : await erasOf(sql, question)
  const eras = readings.filter(isReadable).filter(hasKnownZone)
  const unreadable = readings.filter((reading) => !isReadable(reading) || !hasKnownZone(reading))
  const ids = [...new Set(eras.flatMap((era) => usersOf(era.shift)))]
  const people = await peopleByIds(sql, question.organizationId, ids)
  const passedOver = new Set(ids.filter((id) => !isPresent(people.get(id))))
  const erasBySchedule = Map.groupBy(eras, (era) => era.scheduleId)
  const unreadableBySchedule = Map.groupBy(unreadable, (era) => era.scheduleId)
  return {
    people,
    of: (id) => {
      const own = erasBySchedule.get(id) ?? []
      return {
        schedule: { layers: layersThrough(own), overrides: [], swaps: [], passedOver },
        seams: new Set(own.flatMap(({ to }) => to ?? [])),
        names: new Map(own.map(({ shift }) => [shift.id, shift.name])),
        unreadable: [...new Set((unreadableBySchedule.get(id) ?? []).map(({ shiftId }) => shiftId))],
      }
    },
  }
}

const isPresent = (person: User | undefined): boolean => person !== undefined && mayBeNotified(person)

/** A newer version of this program may have stored a schedule in a zone that is unknown here. */
const hasKnownZone = ({ shift, timeZone }: Era): boolean => isTimeZone(shift.timeZone ?? timeZone ?? 'UTC')

async function erasOf(sql: Sql, { view, ...asked }: Question): Promise<readonly EraReading[]> {
  const question = view.kind === 'as-of' ? { ...asked, startAt: view.at, endAt: view.at } : asked
  const schedules = await scheduleErasOf(sql, question)
  const ids = [...new Set(schedules.flatMap((schedule) => schedule.shiftIds))]
  const ownerIds = [...new Set(schedules.flatMap((schedule) => (schedule.countsOwn ? schedule.scheduleId : [])))]
  const shifts = ids.length + ownerIds.length === 0 ? [] : await shiftErasOf(sql, { ...question, ids, ownerIds })
  return erasTogether(
    schedules.map((era) => viewed(era, view)),
    shifts.map((era) => viewed(era, view)),
  )
}
