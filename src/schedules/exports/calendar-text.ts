import type { TimeWindow } from '../engine/schedule.ts'
import { type Instant, isoZ } from '../../lib/time.ts'

/** A calendar as programs for calendars subscribe to it. */
export type Calendar = { readonly name: string; readonly events: readonly CalendarEvent[] }

/** One entry of a calendar; no two have the same uid. Fractions of seconds are cut off. */
export type CalendarEvent = TimeWindow & { readonly uid: string; readonly summary: string; readonly description: string }

/**
 * Writes a calendar as iCalendar text (RFC 5545). Times are UTC, so that no reader needs rules of time zones; nothing shows as busy,
 * since whoever is on call may still be invited. Readers are asked to come again in an hour.
 */
export function calendarText({ name, events }: Calendar, now: Instant): string {
  const stamp = `DTSTAMP:${utc(now)}`
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Watchbell//Schedules//EN',
    'CALSCALE:GREGORIAN',
    `NAME:${escaped(name)}`,
    `X-WR-CALNAME:${escaped(name)}`,
    'X-WR-TIMEZONE:UTC',
    'REFRESH-INTERVAL;VALUE=DURATION:PT1H',
    'X-PUBLISHED-TTL:PT1H',
    ...events.flatMap((event) => eventLines(event, stamp)),
    'END:VCALENDAR',
  ]
  return `${lines.map(folded).join('\r\n')}\r\n`
}

const eventLines = ({ uid, startAt, endAt, summary, description }: CalendarEvent, stamp: string): readonly string[] => [
  'BEGIN:VEVENT',
  `UID:${uid}`,
  stamp,
  `DTSTART:${utc(startAt)}`,
  `DTEND:${utc(endAt)}`,
  `SUMMARY:${escaped(summary)}`,
  `DESCRIPTION:${escaped(description)}`,
  'TRANSP:TRANSPARENT',
  'END:VEVENT',
]

/** `20240105T100000Z`. */
const utc = (at: Instant): string => `${isoZ(at).slice(0, 19).replaceAll(/[-:]/g, '')}Z`

/** A text as a value: a line break is written as two characters, and what controls a terminal is left out. */
function escaped(text: string): string {
  if (!/[\\;,\p{Cc}\p{Cs}\u2028\u2029]/u.test(text)) return text
  return text
    .replaceAll(/[\\;,]/g, (character) => `\\${character}`)
    .replaceAll(/\r\n|[\r\n\u0085\u2028\u2029]/g, '\\n')
    .replaceAll(/(?!\t)\p{Cc}|\p{Cs}/gu, '')
}

const lineOctetsMax = 75

/** No line is longer than 75 octets, and none begins or ends inside a character. */
function folded(line: string): string {
  // No character of a line's length takes more than three octets.
  if (line.length * 3 <= lineOctetsMax || Buffer.byteLength(line) <= lineOctetsMax) return line
  const lines: string[] = []
  let [part, octets] = ['', 0]
  for (const character of line) {
    const more = Buffer.byteLength(character)
    if (octets + more > lineOctetsMax) {
      lines.push(part)
      ;[part, octets] = [' ', 1]
    }
    part += character
    octets += more
  }
  return [...lines, part].join('\r\n')
}
