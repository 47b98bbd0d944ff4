import { type Ms, ms, seconds } from '../../lib/time.ts'
import type { Clock } from '../../ports.ts'
import type { Calendar } from './calendar-text.ts'

/**
 * Keeps calendars from loading the server, however often an address is asked for: whoever asks while its calendar is made gets the same one,
 * and in the long run making it takes a tenth of the time at most.
 */
export type ExportTurns = {
  /** How long until the calendar is made again; 0: now. */
  readonly waitOf: (name: string) => Ms
  readonly take: (name: string, make: () => Promise<Calendar>) => Promise<Calendar>
}

/** So long an address has to rest for each millisecond that its calendar took. */
const restPerMs = 10

/** How much rest an address may owe. Nobody comes near it whose calendars take milliseconds, or who asks now and then. */
const owedMax: Ms = seconds(100)

const rememberedMax = 1000

/** The turns of one node, by names of calendars. */
export function newExportTurns({ monotonic }: Pick<Clock, 'monotonic'>): ExportTurns {
  const restedAt = new Map<string, number>()
  const underWay = new Map<string, Promise<Calendar>>()

  const finish = (name: string, durationMs: number): void => {
    const now = monotonic()
    underWay.delete(name)
    restedAt.set(name, Math.max(now, restedAt.get(name) ?? now) + durationMs * restPerMs)
    if (restedAt.size > rememberedMax) for (const [one, at] of restedAt) if (at <= now) restedAt.delete(one)
  }

  const begin = (name: string, make: () => Promise<Calendar>): Promise<Calendar> => {
    const startedAt = monotonic()
    const made = make().finally(() => finish(name, monotonic() - startedAt))
    underWay.set(name, made)
    return made
  }

  return {
    waitOf: (name) => ms(underWay.has(name) ? 0 : Math.max(0, (restedAt.get(name) ?? -Infinity) - monotonic() - owedMax)),
    take: (name, make) => underWay.get(name) ?? begin(name, make),
  }
}
