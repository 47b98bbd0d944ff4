import * as fc from 'fast-check'
import ical from 'ical.js'
import { describe, expect, test } from 'vitest'
import { type Instant, instant } from '../../lib/time.ts'
import { type CalendarEvent, calendarText } from './calendar-text.ts'

const at = (text: string): Instant => instant(Date.parse(text))
const now = at('2026-04-01T12:00:00Z')

const night: CalendarEvent = {
  uid: 'one',
  startAt: at('2026-03-28T21:00:00Z'),
  endAt: at('2026-03-29T07:00:00Z'),
  summary: 'ada',
  description: 'ada@example.com',
}

test('a calendar is written in UTC, with lines that end as the standard wants', () => {
  expect(calendarText({ name: 'Primary', events: [night] }, now)).toBe(
    [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//Watchbell//Schedules//EN',
      'CALSCALE:GREGORIAN',
      'NAME:Primary',
      'X-WR-CALNAME:Primary',
      'X-WR-TIMEZONE:UTC',
      'REFRESH-INTERVAL;VALUE=DURATION:PT1H',
      'X-PUBLISHED-TTL:PT1H',
      'BEGIN:VEVENT',
      'UID:one',
      'DTSTAMP:20260401T120000Z',
      'DTSTART:20260328T210000Z',
      'DTEND:20260329T070000Z',
      'SUMMARY:ada',
      'DESCRIPTION:ada@example.com',
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ].join('\r\n'),
  )
})

describe('a hostile name', () => {
  test.each<[string, string]>([
    ['a\nEND:VEVENT\r\nBEGIN:VALARM\rx', 'a\\nEND:VEVENT\\nBEGIN:VALARM\\nx'],
    ['comma, semicolon; back\\slash: "quotes"', 'comma\\, semicolon\\; back\\\\slash: "quotes"'],
    ['written \\n like a line break', 'written \\\\n like a line break'],
    ['\u0000nul \u001b[31mred\u007f \u0085\u2028lines', 'nul [31mred \\n\\nlines'],
    ['half a bell \ud83d', 'half a bell '],
  ])('stays in its line: %j', (summary, written) => {
    const lines = calendarText({ name: 'x', events: [{ ...night, summary }] }, now).split('\r\n')
    expect(lines).toHaveLength(20)
    expect(lines[14]).toBe(`SUMMARY:${written}`)
  })

  test('of 300 bells is folded at whole bells', () => {
    const summary = '🔔'.repeat(300)
    const text = calendarText({ name: summary, events: [{ ...night, summary }] }, now)
    const lines = text.split('\r\n')
    expect(longest(lines)).toBe(73)
    expect(lines.filter((line) => !/^(?:[A-Z-]+[:;]| (?:🔔)+$|$)/u.test(line))).toEqual([])
    expect(read(text)).toEqual({ name: summary, events: [{ ...night, summary }] })
  })
})

test('no line is longer than 75 octets', () => {
  const text = calendarText({ name: 'x', events: [{ ...night, summary: 'x'.repeat(300) }] }, now)
  expect(longest(text.split('\r\n'))).toBe(75)
})

test('any calendar is read back by another program as it was, but for what no line can hold', () => {
  const text = fc.string({ unit: 'binary', maxLength: 200 }).map((any) => any.replaceAll('\uFFFD', ''))
  const second = fc.integer({ min: 0, max: 4e9 }).map((seconds) => instant(seconds * 1000))
  const event = fc.record({ uid: fc.uuid(), startAt: second, endAt: second, summary: text, description: text })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 5 }), (events) => {
      const readable = events.map((one) => ({ ...one, summary: kept(one.summary), description: kept(one.description) }))
      expect(read(calendarText({ name: 'x', events }, now)).events).toEqual(readable)
    }),
    { numRuns: 300 },
  )
})

/** A text without characters that control, and with one kind of line break. */
const kept = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/\r\n|[\r\u0085\u2028\u2029]/g, '\n')
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\uFFFD]/g, '')

const longest = (lines: readonly string[]): number => Math.max(...lines.map((line) => Buffer.byteLength(line)))

function read(text: string) {
  const calendar = new ical.Component(ical.parse(text))
  return {
    name: calendar.getFirstPropertyValue('x-wr-calname'),
    events: calendar.getAllSubcomponents('vevent').map((component) => {
      const { uid, startDate, endDate, summary, description } = new ical.Event(component)
      return { uid, startAt: startDate.toUnixTime() * 1000, endAt: endDate.toUnixTime() * 1000, summary, description }
    }),
  }
}
