import * as fc from 'fast-check'
// Its module for Node is of the old form, whose default the linter does not see.
// oxlint-disable-next-line import/default
import rrule from 'rrule'
import { describe, expect, test } from 'vitest'
import { days } from '../../lib/time.ts'
import { formatLocalTime, type LocalTime, localTime, parseLocalTime } from '../local-time.ts'
import { occurrencesOf } from './occurrences.ts'
import { type EventRule, ruleOf } from './rule.ts'
import ICAL from 'ical.js'

const reading = (text: string): LocalTime => parseLocalTime(text) ?? localTime(0)

function ruleFrom(text: string): EventRule {
  const rule = ruleOf(ICAL.parse.property(`RRULE:${text}`)[3])
  if (!rule.ok) throw new Error(rule.reason)
  return rule.value
}

/** When a rule happens from the first Monday of 2026 on. */
function happenings(text: string, { until = '' } = {}) {
  const start = reading('2026-01-05T09:00:00')
  const asked = {
    startLocal: start,
    fromLocal: start,
    toLocal: reading('2027-01-01T00:00:00'),
    untilLocal: until === '' ? null : reading(until),
  }
  return occurrencesOf(ruleFrom(text), asked, { steps: 1_000_000 }).map(formatLocalTime)
}

describe('a rule', () => {
  test.each([
    ['FREQ=DAILY;COUNT=3', ['2026-01-05', '2026-01-06', '2026-01-07']],
    ['FREQ=DAILY;INTERVAL=100', ['2026-01-05', '2026-04-15', '2026-07-24', '2026-11-01']],
    ['FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4', ['2026-01-05', '2026-01-07', '2026-01-12', '2026-01-14']],
    ['FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=MO;COUNT=4', ['2026-01-05', '2026-01-11', '2026-01-19', '2026-01-25']],
    ['FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU;COUNT=4', ['2026-01-05', '2026-01-18', '2026-01-19', '2026-02-01']],
    ['FREQ=MONTHLY;BYDAY=-1FR;COUNT=3', ['2026-01-05', '2026-01-30', '2026-02-27']],
    ['FREQ=MONTHLY;BYMONTHDAY=31;COUNT=4', ['2026-01-05', '2026-01-31', '2026-03-31', '2026-05-31']],
    ['FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3', ['2026-01-05', '2026-01-31', '2026-02-28']],
    ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3', ['2026-01-05', '2026-01-30', '2026-02-27']],
    ['FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO', ['2026-01-05', '2026-05-11']],
    ['FREQ=YEARLY;BYYEARDAY=1,100,-1', ['2026-01-05', '2026-04-10', '2026-12-31']],
    ['FREQ=YEARLY;BYDAY=20MO', ['2026-01-05', '2026-05-18']],
    ['FREQ=YEARLY;BYMONTH=11;BYDAY=1SU', ['2026-01-05', '2026-11-01']],
    ['FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30', ['2026-01-05']],
    ['FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30;COUNT=1000000', ['2026-01-05']],
  ])('%s happens on the days that the standard says', (text, expected) => {
    expect(happenings(text).map((local) => local.slice(0, 10))).toEqual(expected)
  })

  test('of hours goes by the hours of the clock', () => {
    expect(happenings('FREQ=HOURLY;INTERVAL=6;COUNT=3')).toEqual([
      '2026-01-05T09:00:00',
      '2026-01-05T15:00:00',
      '2026-01-05T21:00:00',
    ])
    expect(happenings('FREQ=HOURLY;BYHOUR=8,20;BYMINUTE=0,30;COUNT=4').map((local) => local.slice(5, 16))).toEqual([
      '01-05T09:00',
      '01-05T20:00',
      '01-05T20:30',
      '01-06T08:00',
    ])
  })

  test('of days may happen several times on each', () => {
    expect(happenings('FREQ=DAILY;BYHOUR=9,21;BYMINUTE=15;BYSETPOS=-1;COUNT=3').map((local) => local.slice(5, 16))).toEqual([
      '01-05T09:00',
      '01-05T21:15',
      '01-06T21:15',
    ])
  })

  test('happens at its end, and not after it', () => {
    expect(happenings('FREQ=DAILY', { until: '2026-01-07T09:00:00' })).toHaveLength(3)
    expect(happenings('FREQ=DAILY', { until: '2026-01-07T08:59:59' })).toHaveLength(2)
  })

  test('that began long ago costs as little as a new one', () => {
    const budget = { steps: 100_000 }
    const asked = {
      startLocal: reading('0001-01-01T09:00:00'),
      fromLocal: reading('2026-03-01T00:00:00'),
      toLocal: reading('2026-03-02T00:00:00'),
      untilLocal: null,
    }
    for (const text of ['FREQ=HOURLY', 'FREQ=DAILY', 'FREQ=WEEKLY;INTERVAL=3', 'FREQ=MONTHLY', 'FREQ=YEARLY'])
      occurrencesOf(ruleFrom(text), asked, budget)
    expect(budget.steps).toBeGreaterThan(80_000)
  })

  test('ends with the budget', () => {
    const asked = { startLocal: reading('0001-01-01T09:00:00'), fromLocal: reading('2026-03-01T00:00:00') }
    const budget = { steps: 1000 }
    const rule = ruleFrom('FREQ=HOURLY;COUNT=999999999')
    expect(occurrencesOf(rule, { ...asked, toLocal: reading('2027-01-01T00:00:00'), untilLocal: null }, budget)).toEqual([])
    expect(budget.steps).toBeLessThan(0)
  })
})

test('happens when another program says, whatever the rule', () => {
  fc.assert(
    fc.property(anyRule(), fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 800 }), (text, day, ahead) => {
      const start = reading('2019-01-01T09:30:00') + days(day)
      const [from, to] = [start + days(ahead), start + days(ahead + 400)]
      // Without an end, a rule that never happens keeps the other program busy until the year 9999.
      const ended = `DTSTART:${stamp(start)}\nRRULE:${text};UNTIL=${stamp(to)}`
      const theirs = rrule.rrulestr(ended).between(new Date(from), new Date(to), true)
      const asked = { startLocal: localTime(start), fromLocal: localTime(from), toLocal: localTime(to), untilLocal: null }
      const ours = occurrencesOf(ruleFrom(text), asked, { steps: 100_000_000 })
      // The other program does not count a start that the rule does not name.
      expect(ours.filter((local) => local !== start)).toEqual(theirs.map((date) => date.getTime()).filter((at) => at !== start))
    }),
    { numRuns: 150 },
  )
})

const stamp = (at: number): string => new Date(at).toISOString().replaceAll(/[-:]|\.000/g, '')

/** Rules without a COUNT, which the other program counts differently, in the combinations that the standard allows. */
function anyRule(): fc.Arbitrary<string> {
  const some = (members: readonly (string | number)[]) =>
    fc.subarray([...members], { minLength: 1, maxLength: Math.min(4, members.length) })
  const weekdays = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']
  // The other program cannot do with numbered and plain days in one rule.
  const plainOrNumbered = fc.oneof(some(weekdays), some(weekdays.flatMap((name) => [`1${name}`, `-1${name}`, `2${name}`])))
  const months = Array.from({ length: 12 }, (_, index) => index + 1)
  const monthdays = [1, 2, 15, 28, -1, -2]
  const part = (name: string, list: fc.Arbitrary<readonly (string | number)[]>) =>
    fc.option(list, { nil: null }).map((members) => (members === null ? '' : `;${name}=${members.join(',')}`))
  const join = (...parts: fc.Arbitrary<string>[]) => fc.tuple(...parts).map((texts) => texts.join(''))
  const interval = fc.integer({ min: 1, max: 5 }).map((count) => `;INTERVAL=${count}`)
  const wkst = fc.constantFrom('', ';WKST=SU', ';WKST=MO', ';WKST=TH')
  const clock = join(part('BYHOUR', some([0, 9, 13, 23])), part('BYMINUTE', some([0, 30, 59])))
  const month = part('BYMONTH', some(months))
  return fc.oneof(
    join(fc.constant('FREQ=YEARLY'), interval, wkst, month, part('BYMONTHDAY', some(monthdays)), clock),
    join(fc.constant('FREQ=YEARLY'), interval, wkst, month, part('BYDAY', plainOrNumbered), clock),
    join(fc.constant('FREQ=YEARLY'), interval, wkst, part('BYYEARDAY', some([1, 60, 200, 365, -1, -365])), clock),
    join(fc.constant('FREQ=MONTHLY'), interval, wkst, month, part('BYDAY', plainOrNumbered), clock),
    join(fc.constant('FREQ=MONTHLY'), interval, part('BYMONTHDAY', some([...monthdays, 29, 30, 31, -31])), clock),
    join(fc.constant('FREQ=MONTHLY'), interval, fc.constant(';BYDAY=MO,TU,WE,TH,FR'), part('BYSETPOS', some([1, 2, -1, -3]))),
    join(fc.constant('FREQ=WEEKLY'), interval, wkst, month, part('BYDAY', some(weekdays)), clock),
    join(fc.constant('FREQ=DAILY'), interval, month, part('BYDAY', some(weekdays)), part('BYMONTHDAY', some(monthdays)), clock),
    join(
      // Every 7 hours meets the same hours in each week, and the other program is busy even with an end when these never count.
      fc.constantFrom('FREQ=HOURLY', 'FREQ=HOURLY;INTERVAL=5', 'FREQ=HOURLY;INTERVAL=11'),
      part('BYDAY', some(weekdays)),
      part('BYHOUR', some([0, 9, 13, 23])),
    ),
  )
}
