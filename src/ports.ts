import type { Kysely } from 'kysely'
import type { DB } from './db/schema.ts'
import type { Instant, Ms } from './lib/time.ts'

/** The doors to the outside. Everything that is not pure comes through here, so that tests and the simulator can drive it. */
export type Ports = {
  readonly clock: Clock
  readonly random: Random
  readonly db: Database
  readonly send: Send
  readonly log: Log
}

export type Clock = {
  now(): Instant
  /** Never goes back and knows no calendar; only differences mean something. */
  monotonic(): Ms
  /** Resolves after the duration, or at once when the signal aborts. Never rejects. */
  wait(duration: Ms, signal: AbortSignal): Promise<void>
}

export type Random = {
  bytes(count: number): Uint8Array
}

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** One line per finished thing; the message is a fixed pair of words, the ids are fields. Never a secret, never a body. */
export type Log = {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields & { readonly error?: string | undefined }): void
}

/** Statements outside a transaction (single reads) or inside one. */
export type Sql = Kysely<DB>

/** The loops that can be told that they have new work. */
export type LoopName =
  | 'alerts'
  | 'escalations'
  | 'notifications'
  | 'schedules'
  | 'calendars'
  | 'webhooks'
  | 'replays'
  | 'deliveries'

export type Database = {
  /** For reads that are one statement each. */
  readonly sql: Sql
  /**
   * One transaction: a decision and all its consequences. Nothing but the database is awaited inside it.
   * The name is where the simulator crashes, and the label of the metric. A deadlock or a serialization
   * failure is tried again, so the work must not leave traces outside the transaction.
   */
  tx<Value>(name: string, work: (tx: Tx) => Promise<Value>): Promise<Value>
  /** The database's own clock, which all nodes share; leases use no other. */
  now(): Promise<Instant>
}

/** An open transaction. Commands take it first. */
export type Tx = {
  readonly name: string
  readonly sql: Sql
  /** Read once, when the transaction began. */
  readonly now: Instant
  readonly random: Random
  /** Tells a loop of this process, after the commit, that it has work. */
  wake(loop: LoopName): void
  /** Notes that something of this name has happened, for the metrics; it counts when the transaction has committed. */
  tally(name: string): void
  readonly tallies: ReadonlyMap<string, number>
  /** The state of something that is finished by the last statements of the transaction. Made on the first call. */
  atEnd<State>(closing: Closing<State>): State
}

/** Work that is gathered in a transaction and done once, right before it commits. Named by its object's identity. */
export type Closing<State> = {
  readonly start: () => State
  readonly finish: (tx: Tx, state: State) => Promise<void>
}

/** The way out for webhooks and pages. Never throws: how it went is a value. */
export type Send = {
  http(request: HttpRequest): Promise<HttpOutcome>
  mail(mail: Mail): Promise<MailOutcome>
}

export type HttpRequest = {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | null
  /** Shown to the receiver and trusted of it, in place of what is usual. */
  readonly tls?: ClientTls | null
  /** How much of the answer is read; 16 KiB if left out. */
  readonly answerBytesMax?: number
  /** For the whole exchange, from the name look-up to the last byte that is read. */
  readonly deadlineMs: Ms
}

/** PEM texts. The certificate, with its chain behind it, and the key come together or not at all. */
export type ClientTls = {
  readonly certificate: string | null
  readonly key: string | null
  /** The only authorities to trust; null: the usual ones. */
  readonly ca: string | null
}

export type HttpOutcome =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      /** At most as much as was asked for; the rest is not read. */
      readonly body: Uint8Array
      readonly truncated: boolean
      /** Of the receiver; null where a proxy is in between. */
      readonly address: string | null
      readonly phases: Phases
      readonly durationMs: Ms
    }
  /** No usable answer. Worth another try. */
  | {
      readonly kind: 'no-answer'
      /** `proxy`: that of this server is what fails, and the receiver is not to blame. */
      readonly fault: 'timeout' | 'dns' | 'connect' | 'tls' | 'broken' | 'proxy'
      readonly detail: string
      /** The receiver may have got it, or some of it. */
      readonly isSent: boolean
      /** The one of the receiver that was tried last; null where none was tried, and where a proxy is in between. */
      readonly address: string | null
      readonly phases: Phases
      readonly durationMs: Ms
    }
  /** An address that this server does not call. Trying again changes nothing. */
  | { readonly kind: 'refused'; readonly detail: string; readonly durationMs: Ms }

/** How long the steps of an exchange took; null: there was no such step, or it did not come to its end. */
export type Phases = {
  /** None for an address in the URL. This and the next two are only where the exchange had to open a connection. */
  readonly dnsMs: Ms | null
  /** Until the receiver has taken the connection; where there is a proxy, until it has made a way there. */
  readonly connectMs: Ms | null
  readonly tlsMs: Ms | null
  /** From the request to the first byte of the answer. */
  readonly firstByteMs: Ms | null
}

export type Mail = {
  readonly from: string
  readonly to: string
  /** The whole message as it goes over the wire (RFC 5322). */
  readonly raw: Uint8Array
  readonly deadlineMs: Ms
}

export type MailOutcome =
  | { readonly kind: 'accepted'; readonly response: string; readonly durationMs: Ms }
  /** Worth another try: no connection, a 4xx reply. */
  | { readonly kind: 'deferred'; readonly detail: string; readonly durationMs: Ms }
  /** The mail server said no for good (5xx). */
  | { readonly kind: 'rejected'; readonly detail: string; readonly durationMs: Ms }
  /** No mail server is configured. */
  | { readonly kind: 'off'; readonly detail: string; readonly durationMs: Ms }
