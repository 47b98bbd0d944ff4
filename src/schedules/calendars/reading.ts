import { createHash } from 'node:crypto'
import { no, ok, type Result } from '../../lib/result.ts'
import type { Sliced } from '../../lib/slices.ts'
import type { TimeWindow } from '../engine/schedule.ts'
import { type CalendarReading, type CalendarStretch, stretchesOfCalendar } from '../ical/stretches.ts'

/** What a calendar comes to, each stretch by its digest: the same for stretches that say the same, and for no others. */
export type DigestedReading = Omit<CalendarReading, 'stretches'> & { readonly stretches: ReadonlyMap<string, CalendarStretch> }

/** Reads a calendar's file, as far as a window goes; the reason is a sentence. */
export function* readingOf(content: Uint8Array, window: TimeWindow): Sliced<Result<DigestedReading, string>> {
  const reading = yield* stretchesOfCalendar(content, window)
  if (!reading.ok) return no(reading.reason)
  const stretches = new Map<string, CalendarStretch>()
  for (const stretch of reading.value.stretches) {
    stretches.set(digestOf(stretch), stretch)
    yield
  }
  return ok({ ...reading.value, stretches })
}

const digestOf = ({ uid, startAt, endAt, level, name, candidates }: CalendarStretch): string =>
  createHash('sha256')
    .update(JSON.stringify([uid, startAt, endAt, level, name, candidates]))
    .digest('base64url')
    .slice(0, 22)
