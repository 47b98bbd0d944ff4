import type { MessageId } from '../lib/ids.ts'
import type { Result } from '../lib/result.ts'
import type { Instant } from '../lib/time.ts'
import type { ClientTls, Sql } from '../ports.ts'
import type { Delivery } from './delivery.ts'

/** What the owner of an endpoint gives to each attempt beside the bytes, which are the same for all of them. */
export type Credentials = {
  /** Makes the header `webhook-signature`; null: the owner does not sign. */
  readonly sign: ((signed: Signed) => string) | null
  /** What is shown to the receiver and trusted of it; null: what is usual. */
  readonly tls: ClientTls | null
}

/** What a signature is over. */
export type Signed = {
  readonly messageId: MessageId
  /** As `webhook-timestamp` says it. */
  readonly epochSeconds: number
  /** Null is signed like a body of no bytes. */
  readonly body: Uint8Array | null
}

/** By the ids of deliveries; what is missing has none. */
export type CredentialsById = ReadonlyMap<Delivery['id'], Credentials>

/**
 * The credentials of deliveries, by their ids; what is missing has none. They are asked for anew before each attempt. A
 * reason, for the log, puts the delivery off: what is to be signed never leaves without a signature.
 */
export type CredentialsOf = (
  db: Sql,
  deliveries: readonly Delivery[],
  now: Instant,
) => Promise<ReadonlyMap<Delivery['id'], Result<Credentials, string>>>

export const noCredentials: Credentials = { sign: null, tls: null }
