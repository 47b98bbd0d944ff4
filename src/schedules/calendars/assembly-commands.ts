import { peopleNamed } from '../../accounts/commands.ts'
import type { User } from '../../accounts/user.ts'
import type { OrganizationId, ScheduleId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'
import type { Sql } from '../../ports.ts'
import type { Fixed, TimeWindow } from '../engine/schedule.ts'
import { type View, viewed } from '../history.ts'
import { calendarLayers, type ScheduleEra } from './layers.ts'
import { stretchErasOf } from './stretch-store.ts'

type Question = TimeWindow & { readonly organizationId: OrganizationId; readonly view: View }

/** What the calendars of schedules say, as the engine takes it, and everybody whom they name. */
type Calendars = {
  readonly of: (id: ScheduleId) => readonly CalendarEra[]
  readonly people: readonly User[]
}

/** An event's stretch of time while its calendar said so. */
type CalendarEra = { readonly id: string; readonly name: string; readonly to: Instant | null; readonly layer: Fixed }

/** Reads what the calendars of schedules say about a window. Who is meant is decided now: usernames and addresses change. */
export async function calendarsThrough(
  sql: Sql,
  { view, ...question }: Question,
  schedules: readonly ScheduleEra[],
): Promise<Calendars> {
  const ids = new Set(schedules.flatMap(({ scheduleId, calendars }) => (calendars.length === 0 ? [] : scheduleId)))
  if (ids.size === 0) return { of: () => [], people: [] }
  const heldAt = view.kind === 'as-of' ? view.at : null
  const stored = await stretchErasOf(sql, { ...question, scheduleIds: [...ids], heldAt })
  const stretches = stored.map((era) => viewed(era, view))
  const names = new Set(stretches.flatMap((era) => era.candidates))
  const people = await peopleNamed(sql, question.organizationId, [...names])
  const layers = Map.groupBy(calendarLayers(schedules, stretches, people), (one) => one.scheduleId)
  const of = (id: ScheduleId): readonly CalendarEra[] =>
    (layers.get(id) ?? []).map(({ layer, name }) => ({ id: layer.id, name, to: layer.toAt, layer }))
  return { of, people }
}
