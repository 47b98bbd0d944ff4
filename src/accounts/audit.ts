import type { Json } from '../lib/json.ts'

/** One line of the audit: what was done to what. Who and when come from the actor and the transaction. */
export type AuditEntry = {
  /** Subject and verb: `user created`. */
  readonly action: string
  readonly subjectId: string
  /** Never a secret. */
  readonly details?: { readonly [key: string]: Json }
}
