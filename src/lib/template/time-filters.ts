import { required, withParameters } from '../jinja/arguments.ts'
import { spend } from '../jinja/budget.ts'
import { runtimeFault } from '../jinja/fault.ts'
import { roundedTo } from '../jinja/number-text.ts'
import { faultOf } from '../jinja/order.ts'
import { quoted } from '../jinja/python-text.ts'
import { numberOf } from '../jinja/truth.ts'
import { type Function, isUndefined, markedOf, textOf, textOfMarked } from '../jinja/value.ts'
import { civilOf } from './civil.ts'
import { duration } from './duration.ts'
import { isMoment, moment, momentText, utcMicros } from './moment.ts'
import { readIsoTime, readTime } from './time-reader.ts'
import { zoneAt } from './zone.ts'

const usualFormat = '%H:%M / %d-%m-%Y'

const dateTimeFormat = withParameters(
  { title: 'datetimeformat', parameters: { value: required, format: usualFormat } },
  (ask) => {
    const value = ask('value')
    if (isUndefined(value)) throw faultOf(value)
    const format = markedOf(ask('format'))
    return isMoment(value) && format !== null ? textOfMarked(momentText(value, format)) : null
  },
)

const dateTimeFormatInZone = withParameters(
  { title: 'datetimeformat_as_timezone', parameters: { value: required, format: usualFormat, tz: 'UTC' } },
  (ask, { budget }) => {
    spend(budget, 20)
    const value = ask('value')
    if (isUndefined(value)) throw faultOf(value)
    const format = markedOf(ask('format'))
    if (!isMoment(value) || format === null) return null
    // A time that does not say where it is, is taken for one of the server, whose zone is UTC.
    const utc = value.zone === null ? value.readingMicros : utcMicros(value.readingMicros, value.zone)
    const name = textOf(ask('tz'))
    const zone = name === null ? null : zoneAt(name, utc)
    if (zone === null) throw runtimeFault(`unknown time zone ${name === null ? 'None' : quoted(name)}`)
    return textOfMarked(momentText(moment(utc + BigInt(zone.offsetSeconds) * 1_000_000n, zone), format))
  },
)

const dateTimeParse = withParameters({ title: 'datetimeparse', parameters: { value: required, format: usualFormat } }, (ask) => {
  const [text, format] = [textOf(ask('value')), textOf(ask('format'))]
  const read = text === null || format === null || text.length > timeMax ? null : readTime(text, format)
  return read === null || civilOf(read.micros) === null ? null : moment(read.micros, read.zone)
})

/** Longer than any text that is a time. */
const timeMax = 1000

const timestampToDateTime = withParameters({ title: 'timestamp_to_datetime', parameters: { value: required } }, (ask) => {
  const seconds = numberOf(ask('value'))
  if (seconds === null || !Number.isFinite(Number(seconds)) || Math.abs(Number(seconds)) > 1e12) return null
  const micros = typeof seconds === 'bigint' ? seconds * 1_000_000n : roundedTo(seconds, 6)
  return civilOf(micros) === null ? null : moment(micros, null)
})

const isoToTime = withParameters({ title: 'iso8601_to_time', parameters: { value: required } }, (ask) => {
  const text = textOf(ask('value'))
  const read = text === null || text.length > timeMax ? null : readIsoTime(text)
  return read === null ? null : moment(read.micros, read.zone)
})

const unitMicros: ReadonlyMap<string, bigint> = new Map([
  ['s', 1_000_000n],
  ['m', 60_000_000n],
  ['h', 3_600_000_000n],
  ['d', 86_400_000_000n],
  ['w', 604_800_000_000n],
])

const timeDeltaParse = withParameters({ title: 'timedeltaparse', parameters: { value: required } }, (ask) => {
  const found = /^([-+]?)(\d{1,12})([smhdw])$/.exec(textOf(ask('value')) ?? '')
  const unit = unitMicros.get(found?.[3] ?? '')
  if (found === null || unit === undefined) return null
  const length = BigInt(found[2] ?? 0) * unit
  return length >= 999_999_999n * 86_400_000_000n ? null : duration(found[1] === '-' ? -length : length)
})

export const timeFilters: ReadonlyMap<string, Function> = new Map<string, Function>([
  ['datetimeformat', dateTimeFormat],
  ['datetimeformat_as_timezone', dateTimeFormatInZone],
  ['datetimeparse', dateTimeParse],
  ['timestamp_to_datetime', timestampToDateTime],
  ['iso8601_to_time', isoToTime],
  ['timedeltaparse', timeDeltaParse],
])
