import type { Actor } from '../../accounts/actor.ts'
import { type EgressPolicy, judgeUrl } from '../../deliveries/egress/egress.ts'
import type { Body } from '../../lib/fields.ts'
import type { ScheduleId } from '../../lib/ids.ts'
import type { Queues } from '../../lib/queues.ts'
import { Rejection } from '../../lib/rejection.ts'
import { no, ok, type Result } from '../../lib/result.ts'
import { inSlices } from '../../lib/slices.ts'
import type { Clock, Ports } from '../../ports.ts'
import { type CalendarRole, calendarsOf, calendarWindow } from './calendar.ts'
import type { ReadCalendar, ReadCalendars } from './commands.ts'
import { credentialsRefused, fetchCalendar, namesSomebody, nothingKnown } from './fetch-commands.ts'
import { readingOf } from './reading.ts'
import type { ScheduleFields } from '../schedule.ts'
import { parseNewSchedule, parseScheduleUpdate } from '../schedule-input.ts'
import { findSchedule } from '../store.ts'

/** What it takes to read a calendar that somebody names. */
export type CalendarSurroundings = Pick<Ports, 'send' | 'clock' | 'db'> & {
  readonly egress: EgressPolicy
  readonly readings: Queues
}

/** A schedule that somebody wants to make, or to change. */
type Wish = { readonly id: ScheduleId | null; readonly body: Body }

const fieldOf = { primary: 'ical_url_primary', overrides: 'ical_url_overrides' } as const

/**
 * Reads the calendars that a schedule shall follow and does not follow yet, before the transaction that makes it do so. Rejects what cannot
 * be fetched or read (contract grafana-oncall 4.7); the overrides of a calendar schedule are not fetched here. A body that the
 * command will reject is left to it.
 */
export async function readNewCalendars(ports: CalendarSurroundings, actor: Actor, wish: Wish): Promise<ReadCalendars> {
  const { organizationId } = actor
  const current = wish.id === null ? null : await findSchedule(ports.db.sql, { organizationId, id: wish.id })
  const fields = fieldsOf(wish, current)
  if (fields === null) return new Map()
  const known = current === null ? null : calendarsOf(current)
  const asked = [...calendarsOf(fields)].filter(([role, url]) => url !== null && known?.get(role) !== url)
  const read = await Promise.all(
    asked.map(async ([role, url]) => ({ role, outcome: await readCalendar(ports, { url: url ?? '', fields }) })),
  )
  const faults = read.flatMap(({ role, outcome }) => (outcome.ok ? [] : [[fieldOf[role], outcome.reason] as const]))
  if (faults.length > 0) throw new Rejection({ kind: 'invalid-fields', fields: Object.fromEntries(faults) })
  return new Map(
    read.flatMap(({ role, outcome }): [CalendarRole, ReadCalendar][] =>
      outcome.ok && outcome.value !== null ? [[role, outcome.value]] : [],
    ),
  )
}

function fieldsOf({ id, body }: Wish, current: ScheduleFields | null): ScheduleFields | null {
  if (id !== null && current === null) return null
  const read = current === null ? parseNewSchedule(body) : parseScheduleUpdate(body, current)
  return read.ok ? read.value : null
}

type Asked = { readonly url: string; readonly fields: ScheduleFields }

/** Null: its address may be called, and it is left to the loop to do so. The reason begins with the contract's words. */
async function readCalendar(
  ports: CalendarSurroundings,
  { url, fields }: Asked,
): Promise<Result<ReadCalendar | null, readonly string[]>> {
  const target = url.replace(/^webcals?:/i, 'https:')
  if (leadsHere(target, ports.egress)) return no(['Potential self-reference'])
  if (namesSomebody(target)) return no([downloadFailed, credentialsRefused])
  const judged = judgeUrl(target, ports.egress)
  if (!judged.ok) return no([downloadFailed, judged.reason])
  if (fields.type !== 'ical') return ok(null)
  const fetched = await fetchCalendar(ports, { url, validators: nothingKnown })
  if (fetched.kind !== 'content') return no([downloadFailed, fetched.kind === 'failed' ? fetched.reason : 'It was not sent.'])
  const read = await ports.readings.take('', () => readContent(ports.clock, fetched.content))
  return read.ok ? ok({ ...read.value, validators: fetched.validators }) : read
}

const downloadFailed = 'Ical download failed'

/** A file that somebody wants a calendar to have, and what it comes to. */
export async function readContent(clock: Clock, content: Uint8Array): Promise<Result<ReadCalendar, readonly string[]>> {
  const reading = await inSlices(clock, readingOf(content, calendarWindow(clock.now())))
  if (!reading.ok) return no(['Ical parse failed', reading.reason])
  return ok({ content, reading: reading.value, validators: nothingKnown })
}

/** A schedule that follows what this server exports may follow itself. */
function leadsHere(target: string, { own }: EgressPolicy): boolean {
  const url = URL.parse(target)
  if (url === null) return false
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  return url.hostname === own.host && port === own.port && url.pathname.startsWith(`${own.pathPrefix}/`)
}
