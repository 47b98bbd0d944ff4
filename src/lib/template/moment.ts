import { asCount, asMarked, required, withParameters } from '../jinja/arguments.ts'
import { known } from '../check.ts'
import { runtimeFault, typeFault, valueFault } from '../jinja/fault.ts'
import { functionValue } from '../jinja/member.ts'
import { type Function, type Instance, isInstance, type Operator, textOf, textOfMarked, type Value } from '../jinja/value.ts'
import { type Civil, civilOf, isoWeekOf, microsOf, weekdayOf } from './civil.ts'
import { type Duration, duration, isDuration } from './duration.ts'
import { formatTime, offsetText, type Zone } from './time-format.ts'

/** A date with a time of day, which Python calls a datetime: naive without a zone, aware with one. */
export type Moment = Instance & { readonly readingMicros: bigint; readonly zone: Zone | null }

export const isMoment = (value: Value): value is Moment => isInstance(value) && 'readingMicros' in value

/** The moment at which a clock in a zone shows so many microseconds since 1970-01-01 00:00. */
export function moment(readingMicros: bigint, zone: Zone | null): Moment {
  const civil = civilOf(readingMicros)
  if (civil === null) throw runtimeFault('date value out of range')
  const members = membersOf({ readingMicros, zone, civil })
  return {
    kind: 'instance',
    typeName: 'datetime',
    module: 'datetime',
    operandName: 'datetime.datetime',
    readingMicros,
    zone,
    text: () => isoText({ civil, zone }, ' '),
    repr: () => reprText(civil, zone),
    key: zone === null ? `naive ${readingMicros}` : utcMicros(readingMicros, zone).toString(),
    member: (name) => members.get(name)?.(),
    compare: (other) => (isMoment(other) ? Number(difference({ readingMicros, zone }, other, "can't compare")) : null),
    calculate: (operator, other, isLeft) => calculated({ readingMicros, zone }, operator, { other, isLeft }),
  }
}

type Reading = { readonly readingMicros: bigint; readonly zone: Zone | null }
type Shown = Reading & { readonly civil: Civil }

export const utcMicros = (readingMicros: bigint, zone: Zone): bigint => readingMicros - BigInt(zone.offsetSeconds) * 1_000_000n

/** The time in the words of a format, which may be marked. */
export const momentText = ({ readingMicros, zone }: Reading, format: string): string =>
  formatTime(format, {
    civil: known(civilOf(readingMicros), 'a moment lies in the calendar'),
    zone,
    epochSeconds: utcMicros(readingMicros, zone ?? utc) / 1_000_000n,
  })

const utc: Zone = { offsetSeconds: 0, name: 'UTC' }

function membersOf(shown: Shown): ReadonlyMap<string, () => Value> {
  const { civil, zone, readingMicros } = shown
  const method = (name: string, work: Function) =>
    [name, () => functionValue({ text: `<built-in method ${name} of datetime.datetime object>`, work })] as const
  const parts = ['year', 'month', 'day', 'hour', 'minute', 'second', 'microsecond'] as const
  return new Map<string, () => Value>([
    ...parts.map((part) => [part, () => BigInt(civil[part])] as const),
    ['tzinfo', () => zone?.name ?? null],
    method(
      'strftime',
      withParameters({ title: 'strftime', parameters: { format: required } }, (ask) =>
        textOfMarked(momentText(shown, asMarked(ask('format'), 'strftime() argument 1'))),
      ),
    ),
    method(
      'isoformat',
      withParameters({ title: 'isoformat', parameters: { sep: 'T', timespec: 'auto' } }, (ask) =>
        isoOf(shown, ask('sep'), ask('timespec')),
      ),
    ),
    method('timestamp', () => Number(utcMicros(readingMicros, zone ?? utc)) / 1e6),
    method('weekday', () => BigInt(weekdayOf(civil))),
    method('isoweekday', () => BigInt(weekdayOf(civil) + 1)),
    method('isocalendar', () => ({
      kind: 'tuple',
      items: [BigInt(isoWeekOf(civil).year), BigInt(isoWeekOf(civil).week), BigInt(weekdayOf(civil) + 1)],
      names: ['year', 'week', 'weekday'],
    })),
    method('ctime', () => momentText(shown, '%a %b %e %H:%M:%S %Y')),
    method('utcoffset', () => (zone === null ? null : duration(BigInt(zone.offsetSeconds) * 1_000_000n))),
    method('tzname', () => zone?.name ?? null),
    method('date', () => momentText(shown, '%Y-%m-%d')),
    method('time', () => isoText({ civil, zone: null }, ' ').slice(11)),
    method('replace', (given) => replaced(shown, given.named)),
  ])
}

/** With other parts than it has. */
function replaced({ civil, zone }: Shown, named: ReadonlyMap<string, Value>): Moment {
  const parts = new Map<string, number>(Object.entries(civil))
  let isNaive = zone === null
  for (const [name, value] of named) {
    if (name === 'tzinfo' && value === null) isNaive = true
    else if (parts.has(name)) parts.set(name, asCount(value))
    else throw typeFault(`'${name}' is an invalid keyword argument for replace()`)
  }
  const part = (name: keyof Civil): number => parts.get(name) ?? 0
  const micros = microsOf({
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
    microsecond: part('microsecond'),
  })
  if (micros === null) throw valueFault('day is out of range for month')
  return moment(micros, isNaive ? null : zone)
}

const two = (part: number): string => part.toString().padStart(2, '0')

function isoText({ civil, zone }: { readonly civil: Civil; readonly zone: Zone | null }, separator: string): string {
  const { year, month, day, hour, minute, second, microsecond } = civil
  const fraction = microsecond === 0 ? '' : `.${microsecond.toString().padStart(6, '0')}`
  const date = `${year.toString().padStart(4, '0')}-${two(month)}-${two(day)}`
  return `${date}${separator}${two(hour)}:${two(minute)}:${two(second)}${fraction}${zone === null ? '' : offsetText(zone.offsetSeconds, ':')}`
}

const precisions: ReadonlyMap<string, number> = new Map([
  ['hours', 13],
  ['minutes', 16],
  ['seconds', 19],
  ['milliseconds', 23],
  ['microseconds', 26],
])

function isoOf({ civil, zone }: Shown, separator: Value, timespec: Value): string {
  const sep = textOf(separator) ?? 'T'
  const precision = textOf(timespec) ?? ''
  if (precision === 'auto') return isoText({ civil, zone }, sep)
  const length = precisions.get(precision)
  if (length === undefined) throw valueFault('Unknown timespec value')
  const whole =
    isoText({ civil: { ...civil, microsecond: 0 }, zone: null }, sep) + `.${civil.microsecond.toString().padStart(6, '0')}`
  return whole.slice(0, length - 1 + sep.length) + (zone === null ? '' : offsetText(zone.offsetSeconds, ':'))
}

function reprText(civil: Civil, zone: Zone | null): string {
  const { year, month, day, hour, minute, second, microsecond } = civil
  const clock = microsecond !== 0 ? [hour, minute, second, microsecond] : second !== 0 ? [hour, minute, second] : [hour, minute]
  const parts = [year, month, day, ...clock].join(', ')
  if (zone === null) return `datetime.datetime(${parts})`
  const shown =
    zone.name === 'UTC'
      ? 'datetime.timezone.utc'
      : `datetime.timezone(${duration(BigInt(zone.offsetSeconds) * 1_000_000n).repr?.() ?? ''})`
  return `datetime.datetime(${parts}, tzinfo=${shown})`
}

/** How much later one moment is than another, in microseconds. */
function difference(left: Reading, right: Reading, act: string): bigint {
  if (left.zone !== null && right.zone !== null)
    return utcMicros(left.readingMicros, left.zone) - utcMicros(right.readingMicros, right.zone)
  if (left.zone === null && right.zone === null) return left.readingMicros - right.readingMicros
  throw typeFault(`${act} offset-naive and offset-aware datetimes`)
}

function calculated(
  reading: Reading,
  operator: Operator,
  { other, isLeft }: { readonly other: Value; readonly isLeft: boolean },
): Value | null {
  if (isMoment(other)) return operator === '-' && isLeft ? duration(difference(reading, other, "can't subtract")) : null
  if (!isDuration(other)) return null
  if (operator === '+') return later(reading, other.lengthMicros)
  return operator === '-' && isLeft ? later(reading, -other.lengthMicros) : null
}

const later = ({ readingMicros, zone }: Reading, length: Duration['lengthMicros']): Moment => moment(readingMicros + length, zone)
