import type { AlertReport } from '../alert-report.ts'
import type { History } from '../history.ts'
import type { Told } from '../rendering/told.ts'

/** What a form about alert groups is made of. */
export type AlertTelling = { readonly event: Told; readonly report: AlertReport; readonly history: History }
