import type { Told } from './told.ts'
import type { WebhookCause } from '../trigger.ts'

/** An event of the log, by which a webhook is judged, and as it would be told. */
export type PastEvent = { readonly told: Told; readonly cause: WebhookCause }
