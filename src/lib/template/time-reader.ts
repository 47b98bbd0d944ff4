import { type Civil, microsOf } from './civil.ts'
import { months, weekdays, type Zone } from './time-format.ts'

/** A time that was read, and where it is if the text says so. */
export type ReadTime = { readonly micros: bigint; readonly zone: Zone | null }

const alternatives = (words: readonly string[]): string =>
  [...words.map((word) => word.toLowerCase()), ...words.map((word) => word.slice(0, 3).toLowerCase())].join('|')

const digits = new Map([
  ['d', '3[01]|[12]\\d|0?[1-9]| [1-9]'],
  ['H', '2[0-3]|[01]\\d|\\d'],
  ['I', '1[0-2]|0?[1-9]'],
  ['j', '36[0-6]|3[0-5]\\d|[12]\\d\\d|0[1-9]\\d|00[1-9]|[1-9]\\d|0?[1-9]'],
  ['m', '1[0-2]|0?[1-9]'],
  ['M', '[0-5]\\d|\\d'],
  ['S', '6[01]|[0-5]\\d|\\d'],
  ['f', '\\d{1,6}'],
  ['Y', '\\d{4}'],
  ['y', '\\d\\d'],
  ['U', '5[0-3]|[0-4]\\d|\\d'],
  ['W', '5[0-3]|[0-4]\\d|\\d'],
  ['w', '[0-6]'],
  ['u', '[1-7]'],
  ['a', alternatives(weekdays)],
  ['A', alternatives(weekdays)],
  ['b', alternatives(months)],
  ['B', alternatives(months)],
  ['p', 'am|pm'],
  ['z', '[+-]\\d\\d:?[0-5]\\d(?::?[0-5]\\d)?|z'],
  ['Z', 'utc|gmt'],
])

const compounds: ReadonlyMap<string, string> = new Map([
  ['c', '%a %b %d %H:%M:%S %Y'],
  ['x', '%m/%d/%y'],
  ['X', '%H:%M:%S'],
])

const formatMax = 500

/** Reads a time by a format, as Python's `strptime`; null where it does not fit, and for a format that says something unknown or twice. */
export function readTime(text: string, format: string): ReadTime | null {
  if (format.length > formatMax) return null
  const plain = format.replace(/%([cxX])/g, (_whole, letter: string) => compounds.get(letter) ?? '')
  const letters: string[] = []
  let pattern = ''
  for (const [piece, letter] of plain.matchAll(/%(.?)|\s+|[^%\s]/gs)) {
    if (letter === undefined) pattern += /^\s/.test(piece) ? '\\s+' : piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    else if (letter === '%') pattern += '%'
    else {
      const part = digits.get(letter)
      if (part === undefined || letters.includes(letter)) return null
      letters.push(letter)
      pattern += `(${part})`
    }
  }
  const found = new RegExp(`^${pattern}$`, 'iu').exec(text)
  return found === null ? null : timeOf(new Map(letters.map((letter, index) => [letter, (found[index + 1] ?? '').toLowerCase()])))
}

function timeOf(parts: ReadonlyMap<string, string>): ReadTime | null {
  const number = (letter: string): number | null => (parts.has(letter) ? Number((parts.get(letter) ?? '').trim()) : null)
  const twoDigits = number('y')
  const year = number('Y') ?? (twoDigits === null ? 1900 : twoDigits + (twoDigits < 69 ? 2000 : 1900))
  const monthWord = parts.get('B') ?? parts.get('b')
  const month =
    number('m') ??
    (monthWord === undefined ? 1 : months.findIndex((one) => one.toLowerCase().startsWith(monthWord.slice(0, 3))) + 1)
  const ofYear = number('j')
  const civil: Civil = {
    year,
    month: ofYear === null ? month : 1,
    day: ofYear === null ? (number('d') ?? 1) : 1,
    hour: hourOf(number('H'), number('I'), parts.get('p')),
    minute: number('M') ?? 0,
    second: number('S') ?? 0,
    microsecond: Number((parts.get('f') ?? '0').padEnd(6, '0')),
  }
  const micros = microsOf(civil)
  if (micros === null) return null
  return { micros: micros + BigInt((ofYear ?? 1) - 1) * 86_400_000_000n, zone: zoneOf(parts.get('z')) }
}

function hourOf(hour: number | null, half: number | null, word: string | undefined): number {
  if (hour !== null) return hour
  if (half === null) return 0
  return (half % 12) + (word === 'pm' ? 12 : 0)
}

/** The zone of `Z` or `+02:00`. */
function zoneOf(text: string | undefined): Zone | null {
  if (text === undefined) return null
  if (text.toLowerCase() === 'z') return fixedZone(0)
  const [hours = 0, minutes = 0, seconds = 0] = text.slice(1).match(/\d\d/g)?.map(Number) ?? []
  const size = hours * 3600 + minutes * 60 + seconds
  return fixedZone(text.startsWith('-') ? -size : size)
}

/** A zone that is a distance to UTC and nothing more. */
function fixedZone(offsetSeconds: number): Zone {
  const size = Math.abs(offsetSeconds)
  const clock = [Math.floor(size / 3600), Math.floor(size / 60) % 60, ...(size % 60 === 0 ? [] : [size % 60])]
  const shown = clock.map((part) => part.toString().padStart(2, '0')).join(':')
  return { offsetSeconds, name: offsetSeconds === 0 ? 'UTC' : `UTC${offsetSeconds < 0 ? '-' : '+'}${shown}` }
}

const iso =
  /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?\s*(Z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)?)?$/i

/** Reads a time of ISO 8601; a date alone is its first instant. Null for any other text. */
export function readIsoTime(text: string): ReadTime | null {
  const found = iso.exec(text)
  if (found === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map((part) => Number(part ?? 0))
  const microsecond = Number((found[7] ?? '').slice(0, 6).padEnd(6, '0'))
  const micros = microsOf({ year, month, day, hour, minute, second, microsecond })
  const zone = zoneOf(found[8])
  return micros === null || Math.abs(zone?.offsetSeconds ?? 0) >= 86_400 ? null : { micros, zone }
}
