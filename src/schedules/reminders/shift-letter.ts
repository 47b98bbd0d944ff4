import { check } from '../../lib/check.ts'
import { between, type Instant, isoZ, instant, type Ms } from '../../lib/time.ts'
import type { Letter } from '../../notifications/letter.ts'
import { weekdayOf } from '../calendar.ts'
import type { TimeWindow } from '../engine/schedule.ts'
import { dayOf } from '../local-time.ts'
import type { Move } from '../hand-overs/moves.ts'
import type { Reminder } from './reminders.ts'
import { findZone, localAt, type Zone } from '../zone.ts'

type Addressee = {
  readonly scheduleName: string
  /** The person's own zone, else the schedule's. */
  readonly timeZone: string
}

/** Tells somebody of a shift to come. */
export function reminderLetter(
  { startAt, endAt }: Reminder,
  { scheduleName, timeZone, now }: Addressee & { readonly now: Instant },
): Letter {
  const zone = zoneOf(timeZone)
  const ahead = durationText(between(now, startAt))
  const end = endAt === null ? [] : [`Ends: ${localText(zone, endAt)}`]
  return {
    title: `On call in ${ahead}: ${scheduleName}`,
    blocks: [`Your shift in ${scheduleName} begins in ${ahead}.`, [`Begins: ${localText(zone, startAt)}`, ...end].join('\n')],
    note: `Times are those of ${timeZone}. Watchbell reminds you of your shifts; when, is the setting shift_reminders of your user.`,
  }
}

const movesShownMax = 50

/** Tells somebody how an edit changes their shifts. */
export function movesLetter(
  moves: readonly Move[],
  {
    scheduleName,
    isDeleted,
    timeZone,
    editors,
  }: Addressee & { readonly isDeleted: boolean; readonly editors: readonly string[] },
): Letter {
  const what = isDeleted
    ? `${scheduleName} was deleted, and with it your shifts:`
    : `An edit changes your shifts in ${scheduleName}:`
  const zone = zoneOf(timeZone)
  const shown = moves.slice(0, movesShownMax).map((move) => moveText(zone, move))
  const rest = moves.length - shown.length
  const by = editors.length === 0 ? [] : [`Edited by ${editors.join(', ')}.`]
  return {
    title: `Your shifts have changed: ${scheduleName}`,
    blocks: [what, ...shown, ...(rest > 0 ? [`and ${rest} more.`] : []), ...by],
    note: `Times are those of ${timeZone}. Watchbell tells you when an edit changes your shifts of the next 30 days.`,
  }
}

function moveText(zone: Zone, { kind, before, after }: Move): string {
  const had = before.map((shift) => windowText(zone, shift)).join('\n')
  const has = after.map((shift) => windowText(zone, shift)).join('\n')
  if (kind === 'added') return `New:\n${has}`
  return kind === 'removed' ? `Not yours any more:\n${had}` : `Before:\n${had}\nNow:\n${has}`
}

const windowText = (zone: Zone, { startAt, endAt }: TimeWindow): string =>
  `${localText(zone, startAt)} - ${localText(zone, endAt)}`

/** `Sun 2026-03-29 03:00` */
function localText(zone: Zone, at: Instant): string {
  const local = localAt(zone, at)
  const weekday = weekdayNames[weekdayOf(dayOf(local))]
  return `${weekday} ${isoZ(instant(local)).slice(0, 16).replace('T', ' ')}`
}

const weekdayNames = { MO: 'Mon', TU: 'Tue', WE: 'Wed', TH: 'Thu', FR: 'Fri', SA: 'Sat', SU: 'Sun' } as const

/** A newer version of this program may have stored a zone that is unknown here. */
const zoneOf = (timeZone: string): Zone => {
  const zone = findZone(timeZone) ?? findZone('UTC')
  check(zone !== null, 'UTC is a zone')
  return zone
}

/** `1 hour`, `24 hours`, `3 days`: as far as people care. */
function durationText(duration: Ms): string {
  const minutes = Math.max(1, Math.round(duration / 60_000))
  if (minutes < 60) return counted(minutes, 'minute')
  const hours = Math.round(minutes / 60)
  return hours < 48 ? counted(hours, 'hour') : counted(Math.round(hours / 24), 'day')
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
