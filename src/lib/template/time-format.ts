import { type Civil, dayOfYear, isoWeekOf, weekdayOf } from './civil.ts'

export const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
export const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** Where a time is: what `%z` and `%Z` say; null for a time that does not say. */
export type Zone = { readonly offsetSeconds: number; readonly name: string }

type Shown = { readonly civil: Civil; readonly zone: Zone | null; readonly epochSeconds: bigint }

const directive = /%([-_0^#]*)([a-zA-Z%])/g

/** A time in the words of a format like `%d.%m.%Y %H:%M`. Letters that mean nothing stay as they are, and so do marks. */
export function formatTime(format: string, shown: Shown): string {
  const moment = { ...shown, weekday: weekdayOf(shown.civil) }
  return format.replace(directive, (whole, flags: string, letter: string) => {
    const compound = compounds.get(letter)
    if (compound !== undefined) return formatTime(compound, shown)
    const part = parts.get(letter)
    return part === undefined ? whole : flagged(part(moment), flags)
  })
}

const compounds: ReadonlyMap<string, string> = new Map([
  ['c', '%a %b %e %H:%M:%S %Y'],
  ['D', '%m/%d/%y'],
  ['F', '%Y-%m-%d'],
  ['h', '%b'],
  ['R', '%H:%M'],
  ['r', '%I:%M:%S %p'],
  ['T', '%H:%M:%S'],
  ['x', '%m/%d/%y'],
  ['X', '%H:%M:%S'],
])

/** A text, or a number with its usual width and what fills it up. */
type Part = string | { readonly number: number; readonly width: number; readonly fill: '0' | ' ' }

const padded = (number: number, width = 2): Part => ({ number, width, fill: '0' })

type Moment = Shown & { readonly weekday: number }

const halfDayHour = (hour: number): number => (hour % 12 === 0 ? 12 : hour % 12)
const spaced = (number: number): Part => ({ number, width: 2, fill: ' ' })
const nameOf = (names: readonly string[], index: number): string => names[index] ?? ''

/** What each letter stands for. */
const parts: ReadonlyMap<string, (moment: Moment) => Part> = new Map<string, (moment: Moment) => Part>([
  ['a', ({ weekday }) => nameOf(weekdays, weekday).slice(0, 3)],
  ['A', ({ weekday }) => nameOf(weekdays, weekday)],
  ['b', ({ civil }) => nameOf(months, civil.month - 1).slice(0, 3)],
  ['B', ({ civil }) => nameOf(months, civil.month - 1)],
  ['C', ({ civil }) => padded(Math.floor(civil.year / 100))],
  ['d', ({ civil }) => padded(civil.day)],
  ['e', ({ civil }) => spaced(civil.day)],
  ['f', ({ civil }) => civil.microsecond.toString().padStart(6, '0')],
  ['G', ({ civil }) => isoWeekOf(civil).year.toString()],
  ['g', ({ civil }) => padded(isoWeekOf(civil).year % 100)],
  ['H', ({ civil }) => padded(civil.hour)],
  ['I', ({ civil }) => padded(halfDayHour(civil.hour))],
  ['j', ({ civil }) => padded(dayOfYear(civil), 3)],
  ['k', ({ civil }) => spaced(civil.hour)],
  ['l', ({ civil }) => spaced(halfDayHour(civil.hour))],
  ['M', ({ civil }) => padded(civil.minute)],
  ['m', ({ civil }) => padded(civil.month)],
  ['n', () => '\n'],
  ['P', ({ civil }) => (civil.hour < 12 ? 'am' : 'pm')],
  ['p', ({ civil }) => (civil.hour < 12 ? 'AM' : 'PM')],
  ['S', ({ civil }) => padded(civil.second)],
  ['s', ({ epochSeconds }) => epochSeconds.toString()],
  ['t', () => '\t'],
  ['U', ({ civil, weekday }) => padded(Math.floor((dayOfYear(civil) + 6 - ((weekday + 1) % 7)) / 7))],
  ['u', ({ weekday }) => (weekday + 1).toString()],
  ['V', ({ civil }) => padded(isoWeekOf(civil).week)],
  ['W', ({ civil, weekday }) => padded(Math.floor((dayOfYear(civil) + 6 - weekday) / 7))],
  ['w', ({ weekday }) => ((weekday + 1) % 7).toString()],
  ['Y', ({ civil }) => civil.year.toString()],
  ['y', ({ civil }) => padded(civil.year % 100)],
  ['Z', ({ zone }) => zone?.name ?? ''],
  ['z', ({ zone }) => (zone === null ? '' : offsetText(zone.offsetSeconds, ''))],
  ['%', () => '%'],
])

function flagged(part: Part, flags: string): string {
  if (typeof part === 'string') return flags.includes('^') || flags.includes('#') ? part.toUpperCase() : part
  const digits = part.number.toString()
  if (flags.includes('-')) return digits
  const fill = flags.includes('_') ? ' ' : flags.includes('0') ? '0' : part.fill
  return digits.padStart(part.width, fill)
}

/** `+0200`, or with a separator `+02:00`; seconds only where there are some. */
export function offsetText(offsetSeconds: number, separator: string): string {
  const size = Math.abs(offsetSeconds)
  const clock = [Math.floor(size / 3600), Math.floor(size / 60) % 60, ...(size % 60 === 0 ? [] : [size % 60])]
  return (offsetSeconds < 0 ? '-' : '+') + clock.map((part) => part.toString().padStart(2, '0')).join(separator)
}
