import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { atOnce } from '../../../test/support/at-once.ts'
import { instant, isoZ } from '../../lib/time.ts'
import { stretchesOfCalendar } from './stretches.ts'

/** January of 2026 to February of 2027. */
const window = { startAt: instant(Date.UTC(2026, 0, 1)), endAt: instant(Date.UTC(2027, 1, 1)) }

/** A calendar file with lines inside, as programs write it. */
const calendar = (...lines: readonly string[]): Uint8Array =>
  Buffer.from(['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//x//y', ...lines, 'END:VCALENDAR', ''].join('\r\n'))

const event = (...lines: readonly string[]): readonly string[] => ['BEGIN:VEVENT', 'UID:one', ...lines, 'END:VEVENT']

const workedOut = (bytes: Uint8Array) => atOnce(stretchesOfCalendar(bytes, window))

const read = (bytes: Uint8Array) => {
  const reading = workedOut(bytes)
  if (!reading.ok) throw new Error(reading.reason)
  return reading.value
}

/** The stretches of an event, as texts. */
const times = (...lines: readonly string[]) =>
  read(calendar(...lines)).stretches.map(({ startAt, endAt }) => `${isoZ(startAt)} ${isoZ(endAt)}`)

const refusal = (bytes: Uint8Array) => {
  const reading = workedOut(bytes)
  return reading.ok ? null : reading.reason
}

describe('an event happens', () => {
  test.each([
    ['in UTC', ['DTSTART:20260301T090000Z', 'DTEND:20260301T170000Z'], '2026-03-01T09:00:00Z 2026-03-01T17:00:00Z'],
    [
      'in a zone',
      ['DTSTART;TZID=Europe/Berlin:20260701T090000', 'DTEND;TZID=Europe/Berlin:20260701T170000'],
      '2026-07-01T07:00:00Z 2026-07-01T15:00:00Z',
    ],
    [
      'in a zone with the name that another program gives it',
      ['DTSTART;TZID=/citadel.org/20210210_1/Europe/Berlin:20260701T090000', 'DURATION:PT8H'],
      '2026-07-01T07:00:00Z 2026-07-01T15:00:00Z',
    ],
    [
      'from one zone to another',
      ['DTSTART;TZID=Europe/Berlin:20260701T090000', 'DTEND;TZID=America/New_York:20260701T090000'],
      '2026-07-01T07:00:00Z 2026-07-01T13:00:00Z',
    ],
    ['without a zone in UTC', ['DTSTART:20260701T090000', 'DTEND:20260701T100000'], '2026-07-01T09:00:00Z 2026-07-01T10:00:00Z'],
    ['for a duration', ['DTSTART:20260301T090000Z', 'DURATION:P1DT2H30M'], '2026-03-01T09:00:00Z 2026-03-02T11:30:00Z'],
    [
      'for whole days of UTC',
      ['DTSTART;VALUE=DATE:20260301', 'DTEND;VALUE=DATE:20260303'],
      '2026-03-01T00:00:00Z 2026-03-03T00:00:00Z',
    ],
    ['for a day when it has no end', ['DTSTART;VALUE=DATE:20260301'], '2026-03-01T00:00:00Z 2026-03-02T00:00:00Z'],
    [
      'over a clock change as the clock on the wall shows',
      ['DTSTART;TZID=Europe/Berlin:20260328T200000', 'DTEND;TZID=Europe/Berlin:20260329T080000'],
      '2026-03-28T19:00:00Z 2026-03-29T06:00:00Z',
    ],
  ])('%s', (_name, lines, expected) => {
    expect(times(...event(...lines))).toEqual([expected])
  })

  test.each([
    ['ends when it begins', ['DTSTART:20260301T090000Z', 'DTEND:20260301T090000Z']],
    ['has a start and nothing else', ['DTSTART:20260301T090000Z']],
    ['is cancelled', ['DTSTART:20260301T090000Z', 'DURATION:PT1H', 'STATUS:CANCELLED']],
    ['was over before', ['DTSTART:20251231T090000Z', 'DURATION:PT15H']],
    ['comes later than is looked at', ['DTSTART:20270201T000000Z', 'DURATION:PT15H']],
  ])('never when it %s', (_name, lines) => {
    expect(read(calendar(...event(...lines)))).toEqual({ stretches: [], problems: [] })
  })
})

describe('an event that repeats', () => {
  test('keeps its times on the wall over clock changes', () => {
    const rule = 'RRULE:FREQ=WEEKLY;UNTIL=20260407T000000Z'
    const berlin = ['DTSTART;TZID=Europe/Berlin:20260323T200000', 'DTEND;TZID=Europe/Berlin:20260324T080000']
    expect(times(...event(...berlin, rule))).toEqual([
      '2026-03-23T19:00:00Z 2026-03-24T07:00:00Z',
      '2026-03-30T18:00:00Z 2026-03-31T06:00:00Z',
      '2026-04-06T18:00:00Z 2026-04-07T06:00:00Z',
    ])
  })

  test('leaves out what is excluded, by time or by day, and adds what is added', () => {
    const lines = [
      ...['DTSTART;TZID=Europe/Berlin:20260105T090000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=5'],
      ...['EXDATE;TZID=Europe/Berlin:20260106T090000,20260107T090000', 'EXDATE;VALUE=DATE:20260108'],
      ...['RDATE:20260201T120000Z', 'RDATE;VALUE=PERIOD:20260202T120000Z/PT3H,20260203T120000Z/20260203T140000Z'],
    ]
    expect(times(...event(...lines))).toEqual([
      '2026-01-05T08:00:00Z 2026-01-05T09:00:00Z',
      '2026-01-09T08:00:00Z 2026-01-09T09:00:00Z',
      '2026-02-01T12:00:00Z 2026-02-01T13:00:00Z',
      '2026-02-02T12:00:00Z 2026-02-02T15:00:00Z',
      '2026-02-03T12:00:00Z 2026-02-03T14:00:00Z',
    ])
  })

  test('leaves out what an older program excludes by a rule', () => {
    const lines = [
      'DTSTART:20260105T090000Z',
      'DURATION:PT1H',
      'RRULE:FREQ=DAILY;COUNT=4',
      'EXRULE:FREQ=DAILY;INTERVAL=2;COUNT=9',
    ]
    expect(times(...event(...lines))).toEqual([
      '2026-01-06T09:00:00Z 2026-01-06T10:00:00Z',
      '2026-01-08T09:00:00Z 2026-01-08T10:00:00Z',
    ])
  })

  test('lets an occurrence be moved, given to somebody else, or cancelled; the latest word counts', () => {
    const { stretches } = read(
      calendar(
        ...event('DTSTART:20260105T090000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=4', 'SUMMARY:ada'),
        ...event('RECURRENCE-ID:20260106T090000Z', 'SEQUENCE:2', 'DTSTART:20260301T090000Z', 'DURATION:PT2H', 'SUMMARY:bob'),
        ...event('RECURRENCE-ID:20260106T090000Z', 'SEQUENCE:1', 'DTSTART:20260401T090000Z', 'DURATION:PT2H', 'SUMMARY:eve'),
        ...event('RECURRENCE-ID:20260107T090000Z', 'STATUS:CANCELLED', 'DTSTART:20260107T090000Z', 'DURATION:PT1H'),
        ...event('RECURRENCE-ID;VALUE=DATE:20260108', 'DTSTART:20260108T100000Z', 'DURATION:PT1H', 'SUMMARY:dan'),
      ),
    )
    expect(stretches.map(({ startAt, name }) => `${isoZ(startAt)} ${name}`)).toEqual([
      '2026-01-05T09:00:00Z ada',
      '2026-01-08T10:00:00Z dan',
      '2026-03-01T09:00:00Z bob',
    ])
  })

  test('began long ago and happens still', () => {
    const lines = ['DTSTART;TZID=Europe/Berlin:19700101T090000', 'DURATION:P7D', 'RRULE:FREQ=WEEKLY;INTERVAL=4;BYDAY=MO']
    const found = times(...event(...lines))
    expect(found[0]).toBe('2026-01-12T08:00:00Z 2026-01-19T08:00:00Z')
    expect(found.at(-1)).toBe('2027-01-11T08:00:00Z 2027-01-18T08:00:00Z')
  })
})

describe('a zone that only the file knows', () => {
  const zone = (...parts: readonly string[]) => ['BEGIN:VTIMEZONE', 'TZID:Office', ...parts, 'END:VTIMEZONE']
  const standard = (...lines: readonly string[]) => [
    ...['BEGIN:STANDARD', 'TZOFFSETFROM:+0200', 'TZOFFSETTO:+0100', ...lines, 'END:STANDARD'],
  ]
  const daylight = (...lines: readonly string[]) => [
    ...['BEGIN:DAYLIGHT', 'TZOFFSETFROM:+0100', 'TZOFFSETTO:+0200', ...lines, 'END:DAYLIGHT'],
  ]
  const nightly = event('DTSTART;TZID=Office:20260328T200000', 'DTEND;TZID=Office:20260329T080000', 'RRULE:FREQ=DAILY;COUNT=2')

  test('follows its rules, which began in 1601', () => {
    const rules = zone(
      ...standard('DTSTART:16010101T030000', 'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10'),
      ...daylight('DTSTART:16010101T020000', 'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3'),
    )
    expect(times(...rules, ...nightly)).toEqual([
      '2026-03-28T19:00:00Z 2026-03-29T06:00:00Z',
      '2026-03-29T18:00:00Z 2026-03-30T06:00:00Z',
    ])
  })

  test('keeps the offset of its last change, however long ago', () => {
    const rules = zone(
      ...daylight('DTSTART:19700329T020000', 'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3;UNTIL=20100328T010000Z'),
      ...standard('DTSTART:19701025T030000', 'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10;UNTIL=20091025T010000Z'),
    )
    expect(times(...rules, ...nightly)[1]).toBe('2026-03-29T18:00:00Z 2026-03-30T06:00:00Z')
  })

  test('has one offset for ever when it says so', () => {
    expect(times(...zone(...standard('DTSTART:19700101T000000')), ...nightly)[1]).toBe(
      '2026-03-29T19:00:00Z 2026-03-30T07:00:00Z',
    )
  })

  test('is not asked where this server knows the name', () => {
    const wrong = ['BEGIN:VTIMEZONE', 'TZID:Europe/Berlin', ...standard('DTSTART:19700101T000000'), 'END:VTIMEZONE']
    const lines = event('DTSTART;TZID=Europe/Berlin:20260701T090000', 'DURATION:PT1H')
    expect(times(...wrong, ...lines)).toEqual(['2026-07-01T07:00:00Z 2026-07-01T08:00:00Z'])
  })

  test('makes an event unreadable that nobody can place, and only that one', () => {
    const lost = event('DTSTART;TZID=Atlantis:20260328T200000', 'DURATION:PT1H', 'SUMMARY:ada')
    const found = event('DTSTART:20260328T200000Z', 'DURATION:PT1H', 'SUMMARY:bob')
    const { stretches, problems } = read(calendar(...lost, ...found))
    expect(stretches.map(({ name }) => name)).toEqual(['bob'])
    expect(problems).toEqual(['The event "ada" is in the time zone "Atlantis", which neither this server nor the file knows.'])
  })
})

test('times without a zone are of the zone that the calendar says of itself', () => {
  const lines = event('DTSTART:20260701T090000', 'DURATION:PT1H')
  expect(times('X-WR-TIMEZONE:Europe/Paris', ...lines)).toEqual(['2026-07-01T07:00:00Z 2026-07-01T08:00:00Z'])
})

describe('an event names', () => {
  const one = (...lines: readonly string[]) => {
    const [stretch] = read(calendar(...event('DTSTART:20260301T090000Z', 'DURATION:PT1H', ...lines))).stretches
    return stretch === undefined ? null : { level: stretch.level, name: stretch.name, candidates: stretch.candidates }
  }

  test.each([
    ['a person in the summary', ['SUMMARY:ada'], { level: 0, name: 'ada', candidates: ['ada'] }],
    ['a level before the person', ['SUMMARY:[L2] ada '], { level: 2, name: 'ada', candidates: ['ada'] }],
    ['a level above nine', ['SUMMARY:[L12]ada'], { level: 12, name: 'ada', candidates: ['ada'] }],
    ['one level only', ['SUMMARY:[L1] [L2] ada'], { level: 1, name: '[L2] ada', candidates: ['[L2] ada'] }],
    [
      'people in the description',
      ['SUMMARY:Night', 'DESCRIPTION:ada@x.example'],
      { level: 0, name: 'Night', candidates: ['Night', 'ada@x.example'] },
    ],
    ['its only attendee', ['ATTENDEE;CN="Ada; L":mailto:ada@x.example'], { level: 0, name: '', candidates: ['ada@x.example'] }],
    [
      'none of several attendees',
      ['SUMMARY:x', 'ATTENDEE:mailto:a@x.example', 'ATTENDEE:mailto:b@x.example'],
      { level: 0, name: 'x', candidates: ['x'] },
    ],
    ['texts with escapes', ['SUMMARY:Lovelace\\, Ada'], { level: 0, name: 'Lovelace, Ada', candidates: ['Lovelace, Ada'] }],
    [
      'texts in several lines',
      ['SUMMARY:ada@x', ' .example'],
      { level: 0, name: 'ada@x.example', candidates: ['ada@x.example'] },
    ],
    ['nobody in a text that is too long', [`DESCRIPTION:${'x'.repeat(255)}`], { level: 0, name: '', candidates: [] }],
  ])('%s', (_name, lines, expected) => {
    expect(one(...lines)).toEqual(expected)
  })

  test('people also when a line breaks inside a letter', () => {
    const text = Buffer.from(calendar(...event('DTSTART:20260301T090000Z', 'DURATION:PT1H', 'SUMMARY:René')))
    const broken = text.indexOf('é') + 1
    const bytes = Buffer.concat([text.subarray(0, broken), Buffer.from('\r\n '), text.subarray(broken)])
    expect(read(bytes).stretches.map(({ name }) => name)).toEqual(['René'])
  })
})

describe('a file is read', () => {
  const lines = event('DTSTART:20260301T090000Z', 'DURATION:PT1H')
  const text = Buffer.from(calendar(...lines)).toString()

  test.each([
    ['with a byte order mark', `\uFEFF${text}`],
    ['with other ends of lines', text.replaceAll('\r\n', '\n')],
    ['with the ends of lines of old Macs', text.replaceAll('\r\n', '\r')],
    ['in small letters', text.toLowerCase().replaceAll('00z', '00Z').replaceAll('1t', '1T').replace('pt1h', 'PT1H')],
    ['with lines that are none', text.replace('UID:one', 'UID:one\r\nand so on\r\n')],
    ['with other components in it', text.replace('END:VEVENT', 'BEGIN:VALARM\r\nDTSTART:x\r\nEND:VALARM\r\nEND:VEVENT')],
  ])('%s', (_name, given) => {
    expect(read(Buffer.from(given)).stretches).toHaveLength(1)
  })

  test.each([
    ['that is empty', '', 'It is no iCalendar file: it has no BEGIN:VCALENDAR.'],
    ['that is a web page', '<!doctype html><html>Sign in</html>', 'It is no iCalendar file: it has no BEGIN:VCALENDAR.'],
    ['that was cut off', text.slice(0, -'END:VCALENDAR\r\n'.length), 'It is cut off: a component in it does not end.'],
    ['that ends what it did not begin', `END:VEVENT\n${text}`, 'A component in it ends that has not begun.'],
    ['that is nested too deep', 'BEGIN:A\n'.repeat(100_000), 'It has components nested more than 20 deep.'],
  ])('but not one %s', (_name, given, reason) => {
    expect(refusal(Buffer.from(given))).toBe(reason)
  })
})

describe('an event covers nothing, and a sentence says why, when it', () => {
  test.each([
    ['has no start', ['SUMMARY:ada'], 'has no start'],
    ['has a start that is none', ['DTSTART:soon', 'SUMMARY:ada'], 'has a time that cannot be read'],
    ['starts on a day that no calendar has', ['DTSTART:20260230T090000Z', 'SUMMARY:ada'], 'has a time that cannot be read'],
    ['ends before it begins', ['DTSTART:20260301T090000Z', 'DTEND:20260301T080000Z', 'SUMMARY:ada'], 'ends before it begins'],
    [
      'lasts less than nothing',
      ['DTSTART:20260301T090000Z', 'DURATION:-PT1H', 'SUMMARY:ada'],
      'has a duration that cannot be read',
    ],
    [
      'has a rule that is none',
      ['DTSTART:20260301T090000Z', 'RRULE:FREQ=OFTEN', 'SUMMARY:ada'],
      'repeats by a rule that cannot be read',
    ],
    [
      'repeats every second',
      ['DTSTART:20260301T090000Z', 'RRULE:FREQ=SECONDLY', 'SUMMARY:ada'],
      'repeats every second or minute',
    ],
    [
      'repeats every minute',
      ['DTSTART:20260301T090000Z', 'RRULE:FREQ=MINUTELY;COUNT=5', 'SUMMARY:ada'],
      'repeats every second or minute',
    ],
    [
      'follows another calendar',
      ['DTSTART:20260301T090000Z', 'RRULE:FREQ=DAILY;RSCALE=HEBREW', 'SUMMARY:ada'],
      'repeats by a rule with RSCALE, which is unknown here',
    ],
    [
      'excludes what is no time',
      ['DTSTART:20260301T090000Z', 'RRULE:FREQ=DAILY', 'EXDATE:never', 'SUMMARY:ada'],
      'has a time that cannot be read',
    ],
    [
      'changes all that follows',
      ['RECURRENCE-ID;RANGE=THISANDFUTURE:20260301T090000Z', 'DTSTART:20260301T090000Z', 'DURATION:PT1H', 'SUMMARY:ada'],
      'changes all later occurrences at once (RANGE=THISANDFUTURE), which is not supported',
    ],
  ])('%s', (_name, lines, reason) => {
    const other = event('DTSTART:20200101T000000Z')
    expect(read(calendar(...event(...lines), ...other))).toEqual({ stretches: [], problems: [`The event "ada" ${reason}.`] })
    expect(refusal(calendar(...event(...lines)))).toBe(`None of its events can be read. The event "ada" ${reason}.`)
  })
})

describe('a file is refused in little time', () => {
  const start = ['DTSTART:20260101T000000Z', 'DURATION:PT1H']

  test.each([
    ['that is too large', Buffer.alloc(5 * 1024 * 1024 + 1, 'x'), 'It is larger than 5 MiB.'],
    [
      'whose events happen too often',
      calendar(...Array.from({ length: 60 }, () => event(...start, 'RRULE:FREQ=DAILY')).flat()),
      'Its events happen more than 20000 times in the next 400 days.',
    ],
    [
      'whose rule happens every second in another way',
      calendar(...event(...start, `RRULE:FREQ=DAILY;BYHOUR=${upTo(24)};BYMINUTE=${upTo(60)};BYSECOND=${upTo(60)}`)),
      'It takes too much work to see when its events happen, the event "one" among them.',
    ],
    [
      'that counts from the beginning of time',
      calendar(...event('DTSTART:00010101T000000Z', 'DURATION:PT1H', 'RRULE:FREQ=HOURLY;COUNT=2000000000')),
      'It takes too much work to see when its events happen, the event "one" among them.',
    ],
    [
      'with many rules that never happen',
      calendar(...Array.from({ length: 2000 }, () => event(...start, 'RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30')).flat()),
      'It takes too much work to see when its events happen, the event "one" among them.',
    ],
    [
      'in which everything is at once',
      calendar(...Array.from({ length: 501 }, () => event(...start)).flat()),
      'More than 500 of its events are under way at the same time.',
    ],
    [
      'whose zone changes its clock every hour',
      calendar(
        ...['BEGIN:VTIMEZONE', 'TZID:Mad', 'BEGIN:STANDARD', 'TZOFFSETFROM:+0000', 'TZOFFSETTO:+0100', 'DTSTART:00010101T000000'],
        ...['RRULE:FREQ=HOURLY;COUNT=1000000000', 'END:STANDARD', 'END:VTIMEZONE'],
        ...event('DTSTART;TZID=Mad:20260101T000000', 'DURATION:PT1H'),
      ),
      'It takes too much work to see when its events happen, the event "one" among them.',
    ],
  ])('%s', (_name, bytes, reason) => {
    expect(refusal(bytes)).toBe(reason)
  })

  test('and one of too many lines is refused', () => {
    expect(refusal(calendar('A:\r\n'.repeat(300_000)))).toBe('It has more than 300000 lines.')
  })

  test('and one in which each event has a zone of its own is read, as fast as any', () => {
    const names = Array.from({ length: 8000 }, (_, index) => `Zone ${index}`)
    const zones = names.flatMap((name) => ['BEGIN:VTIMEZONE', `TZID:${name}`, 'END:VTIMEZONE'])
    const events = names.flatMap((name) => event(`DTSTART;TZID=Not ${name}:20260301T090000`))
    const reading = workedOut(calendar(...zones, ...events, ...event('DTSTART:20260301T090000Z', 'DURATION:PT1H')))
    expect(reading.ok && reading.value.stretches.length).toBe(1)
  })

  test('and an event with more dates than anybody lists is told, and covers nothing', () => {
    const dates = Array.from({ length: 15_000 }, () => 'RDATE:20260101T000000Z').join('\r\n')
    const { stretches, problems } = read(calendar(...event(...start, dates), ...event(...start, 'SUMMARY:ada')))
    expect(problems).toEqual(['The event "one" has a time that cannot be read.'])
    expect(stretches.map(({ name }) => name)).toEqual(['ada'])
  })

  test('and one of a megabyte is read, whatever fills it', () => {
    const fillings = [
      'RDATE:20260101T000000Z\r\n',
      'EXDATE:20260101T000000Z\r\n',
      `RDATE:${'20260101T000000Z,'.repeat(3000)}20260101T000000Z\r\n`,
      `ATTENDEE${';A=b'.repeat(10_000)}:x\r\n`,
      'x\r\n ',
      ' \r\n ',
      'END:VEVENT\r\nBEGIN:VEVENT\r\nUID:one\r\nRECURRENCE-ID:20260101T000000Z\r\nDTSTART:20260101T000000Z\r\n',
      'END:VEVENT\r\nBEGIN:VEVENT\r\nUID:one\r\nDTSTART;TZID=Nowhere:20260101T000000\r\nRRULE:FREQ=DAILY\r\n',
    ]
    for (const filling of fillings) {
      const begun = `BEGIN:VEVENT\r\n${start.join('\r\n')}\r\nSUMMARY:ada\r\n`
      const head = `BEGIN:VCALENDAR\r\n${begun}END:VEVENT\r\n${begun}`
      const tail = '\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n'
      const text = head + filling.repeat((1024 * 1024) / filling.length) + tail
      expect(workedOut(Buffer.from(text)).ok).toBe(true)
    }
  })
})

test('whatever a file says, it is read or refused, and what is read lies in the window', () => {
  const word = fc.constantFrom(
    ...['BEGIN:VCALENDAR', 'END:VCALENDAR', 'BEGIN:VEVENT', 'END:VEVENT', 'BEGIN:VTIMEZONE', 'END:VTIMEZONE', 'BEGIN:STANDARD'],
    ...['END:STANDARD', 'TZID:X', 'TZOFFSETFROM:+0100', 'TZOFFSETTO:-9959', 'DTSTART;TZID=X:20260301T090000', 'UID:a'],
    ...['DTSTART:20260301T090000Z', 'DTEND;VALUE=DATE:20260401', 'DURATION:P999999W', 'RRULE:FREQ=YEARLY;INTERVAL=999999999'],
    ...['RRULE:FREQ=MONTHLY;BYDAY=5MO,-5TU;BYSETPOS=-366', 'RRULE:FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU', 'RRULE:;;=;', 'RDATE:,,,'],
    ...[
      'EXDATE;VALUE=DATE:20260301',
      'RECURRENCE-ID:20260301T090000Z',
      'SUMMARY:[L999999999] x',
      'DTSTART;VALUE=PERIOD:/',
      ':',
      ';',
    ],
    ...['DTSTART;TZID=__proto__:20260301T090000', 'RRULE:FREQ=DAILY;__proto__=1', 'DTSTART;VALUE=__proto__:x', 'X'],
  )
  const line = fc.oneof(
    { weight: 5, arbitrary: word },
    fc.string(),
    word.map((text) => text.slice(0, -2)),
  )
  const body = fc.array(line, { maxLength: 30 }).map((lines) => calendar('BEGIN:VEVENT', ...lines, 'END:VEVENT'))
  fc.assert(
    fc.property(fc.oneof(body, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      const reading = workedOut(bytes)
      if (!reading.ok) expect(reading.reason).toMatch(/^[A-Z].*\.$/s)
      for (const { startAt, endAt } of reading.ok ? reading.value.stretches : []) {
        expect(startAt < endAt && startAt < window.endAt && endAt > window.startAt).toBe(true)
        expect(startAt % 1000 === 0 && endAt % 1000 === 0).toBe(true)
      }
    }),
    { numRuns: 3000 },
  )
})

function upTo(count: number): string {
  return Array.from({ length: count }, (_, index) => index).join(',')
}
