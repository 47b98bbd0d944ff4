import tzdata from 'moment-timezone/data/packed/latest.json' with { type: 'json' }

/** The IANA release whose rules this server follows, for example `2026f`. */
export const tzdataVersion: string = tzdata.version

/**
 * The rules are written out as single changes up to here, 2500-01-01T00:00:00Z. By then every zone has kept one pattern for more than
 * `calendarCycleMs`, after which the Gregorian calendar repeats with its weekdays.
 */
export const writtenOutUntil = 16_725_225_600_000
export const calendarCycleMs = 146_097 * 86_400_000

/** A stretch of time in which a zone keeps one distance to UTC. The first one is taken to have begun long ago. */
export type Span = {
  /** Milliseconds since 1970, UTC; Infinity for the last span. */
  readonly untilMs: number
  /** What is added to UTC to get the local reading. */
  readonly offsetMs: number
}

/** Whether a text is the IANA name or an alias of a zone, in any letter case. */
export const isTimeZone = (text: string): boolean => packedZone(text) !== null

/** The packed line of the zone with an IANA name or alias, in any letter case; null when there is none. */
export function packedZone(name: string): string | null {
  zones ??= packedZones()
  return zones.get(name.toLowerCase()) ?? null
}

let zones: ReadonlyMap<string, string> | undefined

/** Every known name in lower case, aliases included, with the packed line of its zone. */
export function packedZones(): ReadonlyMap<string, string> {
  const packed = new Map<string, string>()
  for (const line of tzdata.zones) packed.set(canonicalName(line).toLowerCase(), line)
  for (const link of tzdata.links) {
    const [canonical = '', alias = ''] = link.toLowerCase().split('|')
    const line = packed.get(canonical)
    if (line !== undefined) packed.set(alias, line)
  }
  return packed
}

/** `Asia/Kolkata`, also when the line was found as `Asia/Calcutta`. */
export const canonicalName = (line: string): string => columns(line).name

/**
 * Reads one line of the package: name, abbreviations, offsets (minutes west of UTC), which offset holds in which span, lengths of the spans
 * (minutes, the first counted from 1970). Numbers are in base 60 and may have one digit of seconds after a point.
 */
export function unpackSpans(line: string): readonly Span[] {
  const { offsets, order, lengths } = columns(line)
  let untilSeconds = 0
  return order.split('').map((digit, index) => {
    const length = lengths[index]
    untilSeconds = length === undefined ? Infinity : untilSeconds + base60Seconds(length)
    return { untilMs: untilSeconds * 1000, offsetMs: -base60Seconds(offsets[base60Digit(digit)] ?? '0') * 1000 }
  })
}

/** What the place calls its time in each of these spans: `CET`, or `+03` where there is no name. */
export function unpackAbbreviations(line: string): readonly string[] {
  const { abbreviations, order } = columns(line)
  return order.split('').map((digit) => abbreviations[base60Digit(digit)] ?? '')
}

function columns(line: string) {
  const [name = '', abbreviations = '', offsets = '', order = '', lengths = ''] = line.split('|')
  return {
    name,
    abbreviations: abbreviations.split(' '),
    offsets: offsets.split(' '),
    order,
    lengths: lengths === '' ? [] : lengths.split(' '),
  }
}

/** Base 60 minutes as seconds: `-R.s` is 53 minutes and 28 seconds, negative. */
function base60Seconds(text: string): number {
  const negative = text.startsWith('-')
  const [minuteDigits = '', secondDigit = '0'] = text.slice(negative ? 1 : 0).split('.')
  let minutes = 0
  for (const digit of minuteDigits) minutes = minutes * 60 + base60Digit(digit)
  const total = minutes * 60 + base60Digit(secondDigit)
  return negative ? -total : total
}

const base60Digit = (digit: string): number => '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX'.indexOf(digit)
