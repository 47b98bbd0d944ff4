import { calendarCycleMs, packedZone, type Span, unpackAbbreviations, unpackSpans, writtenOutUntil } from '../zone-data.ts'
import type { Zone } from './time-format.ts'

/** What a place's clock says at an instant; null when there is no such place. */
export function zoneAt(name: string, utcMicros: bigint): Zone | null {
  const line = packedZone(name)
  if (line === null) return null
  const { spans, abbreviations } = unpacked.get(line) ?? unpack(line)
  const epochMs = Number(utcMicros / 1000n)
  const ahead = Math.max(0, Math.floor((epochMs - writtenOutUntil) / calendarCycleMs) + 1) * calendarCycleMs
  const index = spans.findIndex(({ untilMs }) => epochMs - ahead < untilMs)
  const span = spans[index]
  return span === undefined ? null : { offsetSeconds: span.offsetMs / 1000, name: abbreviations[index] ?? name }
}

type Unpacked = { readonly spans: readonly Span[]; readonly abbreviations: readonly string[] }

/** Unpacking takes about a millisecond, so it is done once for zones that are used. */
const unpacked = new Map<string, Unpacked>()

function unpack(line: string): Unpacked {
  const made = { spans: unpackSpans(line), abbreviations: unpackAbbreviations(line) }
  unpacked.set(line, made)
  return made
}
