import { peopleByIds } from '../accounts/commands.ts'
import { mayBeNotified, type User } from '../accounts/user.ts'
import { known } from '../lib/check.ts'
import type { OrganizationId, PartId, ScheduleId } from '../lib/ids.ts'
import { after, before, days, type Instant, instant } from '../lib/time.ts'
import { isTimeZone } from '../lib/zone-data.ts'
import type { Sql } from '../ports.ts'
import type { Schedule as EngineSchedule, TimeWindow } from './engine/schedule.ts'
import {
  type Era,
  type EraReading,
  erasTogether,
  layersThrough,
  overridesThrough,
  swapsThrough,
  type View,
  viewed,
} from './history.ts'
import { calendarsThrough } from './calendars/assembly-commands.ts'
import { contentOf, usersOf, zoneOf } from './part.ts'
import { type Said, whatWasSaid } from './said-store.ts'
import { yearTenThousand } from './window-input.ts'

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
  readonly unreadable: readonly PartId[]
}

/** Schedules, and the people whom they name. */
export type Assembly = {
  /** Of one of the schedules that were asked about; one that does not exist has no layers. */
  readonly of: (id: ScheduleId) => Assembled
  readonly people: ReadonlyMap<string, User>
}

/**
 * Reads what says who is on call in schedules during a window; the instant of its end counts as inside. Everything that asks the engine
 * about stored schedules asks here first. People who may not be notified, or do not exist any more, are passed over.
 */
export async function assemble(sql: Sql, question: Question): Promise<Assembly> {
  const { schedules, parts, swaps } = await said(sql, question)
  const readings = erasTogether(schedules, parts)
  const calendars = await calendarsThrough(sql, question, schedules)
  const eras = readings.filter(isReadable).filter(hasKnownZone)
  const unreadable = readings.filter((reading) => !isReadable(reading) || !hasKnownZone(reading))
  const swappers = swaps.flatMap(({ beneficiaryId, benefactorId }) => [
    beneficiaryId,
    ...(benefactorId === null ? [] : [benefactorId]),
  ])
  const ids = [...new Set([...eras.flatMap((era) => usersOf(era.part)), ...swappers])]
  const named = await peopleByIds(sql, question.organizationId, ids)
  const people = new Map([...named, ...calendars.people.map((person) => [person.id, person] as const)])
  const passedOver = new Set([...ids, ...calendars.people.map(({ id }) => id)].filter((id) => !isPresent(people.get(id))))
  const erasBySchedule = Map.groupBy(eras, (era) => era.scheduleId)
  const swapsBySchedule = Map.groupBy(swaps, (swap) => swap.scheduleId)
  const unreadableBySchedule = Map.groupBy(unreadable, (era) => era.scheduleId)
  const assembled = (id: ScheduleId): Assembled => {
    const own = erasBySchedule.get(id) ?? []
    const events = calendars.of(id)
    const ownSwaps = swapsBySchedule.get(id) ?? []
    return {
      schedule: {
        layers: [...layersThrough(own), ...events.map(({ layer }) => layer)],
        overrides: overridesThrough(own),
        swaps: swapsThrough(ownSwaps),
        passedOver,
      },
      seams: new Set([...own, ...ownSwaps, ...events].flatMap(({ to }) => to ?? [])),
      names: new Map([...own.map(({ part }) => contentOf(part)), ...events].map(({ id: source, name }) => [source, name])),
      unreadable: [...new Set((unreadableBySchedule.get(id) ?? []).map(({ partId }) => partId))],
    }
  }
  const byId = new Map(question.scheduleIds.map((id) => [id, assembled(id)]))
  return { people, of: (id) => known(byId.get(id), 'only schedules that were asked about are looked at') }
}

const isPresent = (person: User | undefined): boolean => person !== undefined && mayBeNotified(person)

const isReadable = <Reading extends EraReading>(reading: Reading): reading is Reading & Era => reading.part !== null

/** A newer version of this program may have stored a schedule in a zone that is unknown here. */
const hasKnownZone = ({ part, timeZone }: Era): boolean => isTimeZone(zoneOf(part) ?? timeZone ?? 'UTC')

/** What was said, as the question looks at it. */
async function said(sql: Sql, question: Question): Promise<Said> {
  const { organizationId, scheduleIds, startAt, endAt, view } = question
  if (scheduleIds.length === 0) return { schedules: [], parts: [], swaps: [] }
  const window = { startAt, endAt }
  // While what is asked for was configured.
  const held = view.kind === 'as-of' ? { startAt: view.at, endAt: view.at } : window
  // A swap cuts a shift that reaches into the window, so those around it are read too: how far a shift reaches is told.
  const swapWindow = { startAt: before(startAt, days(92)), endAt: instant(Math.min(after(endAt, days(92)), yearTenThousand)) }
  const { schedules, parts, swaps } = await whatWasSaid(sql, { organizationId, scheduleIds, held, window, swapWindow })
  return {
    schedules: schedules.map((era) => viewed(era, view)),
    // First versions have no start, but what was made later was not configured then.
    parts: parts.filter(({ createdAt }) => view.kind !== 'as-of' || createdAt <= view.at).map((era) => viewed(era, view)),
    swaps: swaps.map((era) => viewed(era, view)),
  }
}
