import type { Trigger } from './trigger.ts'

/** An event that a message tells of, as it is stored. */
export type Told = {
  readonly trigger: Trigger
  readonly sequence: number
  /** The text of a JSON object: the event data of contract grafana-oncall 3.3 without `responses`, or a `ShiftChange`. */
  readonly data: string
}
