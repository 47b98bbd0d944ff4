import { type Instant, type Ms, ms, seconds } from '../lib/time.ts'
import type { Log } from '../ports.ts'

/** Beside what NTP does, and less than anybody waits for a page. */
const apartMax: Ms = seconds(2)

/** What this machine's clock said before and after the database told the time. */
export type Asked = { readonly from: Instant; readonly to: Instant }

/** How far this machine's clock is ahead of the database's, at least; negative when it is behind. */
export function aheadMs(databaseNow: Instant, { from, to }: Asked): Ms {
  if (databaseNow < from) return ms(from - databaseNow)
  return ms(databaseNow > to ? to - databaseNow : 0)
}

/** Compares the clocks whenever the database tells the time. */
export type ClockWatch = {
  note(databaseNow: Instant, asked: Asked): void
  /** As of the last time. */
  aheadMs(): Ms
}

/** Makes a watch that warns when the clocks have come apart, once until they agree again: due times follow each node's own clock. */
export function clockWatch(log: Log): ClockWatch {
  let ahead: Ms = ms(0)
  let isApart = false
  return {
    aheadMs: () => ahead,
    note: (databaseNow, asked) => {
      ahead = aheadMs(databaseNow, asked)
      const wasApart = isApart
      isApart = Math.abs(ahead) > apartMax
      if (isApart && !wasApart) log.warn('clocks apart', { ahead_of_database_ms: ahead })
      if (wasApart && !isApart) log.info('clocks agree', { ahead_of_database_ms: ahead })
    },
  }
}
