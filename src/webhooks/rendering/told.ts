import type { Instant } from '../../lib/time.ts'
import type { AlertReport } from '../alert-report.ts'
import type { Trigger } from '../trigger.ts'

/** An event that a message tells of, as it is stored. */
export type Told = {
  readonly id: string
  /** As the log of events calls it. */
  readonly type: string
  readonly trigger: Trigger
  readonly sequence: number
  readonly at: Instant
  /** The text of a JSON object: the event data of contract grafana-oncall 3.3 without `responses`, or a `ShiftChange`. */
  readonly data: string
  /** What other products' forms tell beside the data; null where there is none. */
  readonly report: AlertReport | null
}
