import type { Instant } from '../src/lib/time.ts'
import type { Life } from './world.ts'

/** One request or e-mail that a process sent, as the world saw it. */
export type Sending = {
  readonly kind: 'http' | 'mail'
  readonly life: Life
  readonly messageId: string
  /** The URL, or the address. */
  readonly target: string
  readonly body: string
  readonly at: Instant
  /** When the receiver had it; null: never. */
  receivedAt: Instant | null
  /** Whether the receiver said that it has it, or refused it for good, whoever heard. */
  answer: 'taken' | 'refused' | 'failed' | 'none'
  /** When the process heard how it went; null: it was dead by then. */
  heardAt: Instant | null
  /** Whether the receiver said that it wants nothing any more, whoever heard. */
  isLast: boolean
  /** Marked as a test. */
  readonly isTest: boolean
}

/** One POST of an alert, as its source knows it. */
export type AlertRequest = {
  /** In the payload, so that the alert can be found again. */
  readonly mark: string
  readonly integrationId: string
  /** What the source groups by. */
  readonly key: string
  readonly resolves: boolean
  readonly at: Instant
  /** True: the server answered 200, whoever heard. */
  isAccepted: boolean
}

/** Something that a person did to an alert group through the API. */
export type Deed = {
  readonly action: string
  readonly alertGroupId: string
  readonly at: Instant
  /** The status that the server answered, whoever heard; null: none. */
  status: number | null
}

/** A change of a webhook, from the first try until it was certain. */
export type WebhookEdit = { readonly webhookId: string; readonly from: Instant; to: Instant | null }

/** One try to switch a webhook of a desk. */
export type Switching = {
  readonly webhookId: string
  readonly isOn: boolean
  readonly from: Instant
  /** When it was certain; null: it may still happen. */
  to: Instant | null
}

/** One request of a desk to send something. */
export type Order = {
  readonly kind: 'test' | 'redeliver' | 'replay' | 'cancel'
  readonly webhookId: string
  /** Of what is sent again. */
  readonly messageId: string | null
  readonly at: Instant
  /** What the server answered, whoever heard; null: it never heard of it, or did not answer and may have done it or not. */
  status: number | null
  /** It was there, and did not answer in time, or said that something went wrong. */
  isUnsure: boolean
  /** The ids of the messages of a test. */
  messageIds: readonly string[]
}

/** The end of a life. */
type Death = { readonly life: Life; readonly at: Instant; readonly why: string }

/** What the world knows and the system does not: the truth that the checkers hold against the tables. */
export type Records = {
  readonly sendings: Sending[]
  readonly alerts: AlertRequest[]
  readonly deeds: Deed[]
  readonly edits: WebhookEdit[]
  readonly switchings: Switching[]
  readonly orders: Order[]
  readonly deaths: Death[]
  /** When the events up to a sequence became true, in the order of the commits. */
  readonly commits: { readonly sequence: number; readonly at: Instant }[]
  /** When the transactions that began at an instant of their own clock were committed: the first of them. */
  readonly firstCommits: Map<number, Instant>
  /** The same, the last of them. */
  readonly lastCommits: Map<number, Instant>
  /** Names of transactions whose commit nobody heard of. */
  readonly unheardCommits: string[]
  /** What was logged as an error and no injected fault explains. */
  readonly faults: string[]
  /** When the last fault was over; null: there still are some. */
  healedAt: Instant | null
  /** What a client saw that follows the log of events. */
  readonly followed: number[]
}

export const newRecords = (): Records => ({
  sendings: [],
  alerts: [],
  deeds: [],
  edits: [],
  switchings: [],
  orders: [],
  deaths: [],
  commits: [],
  firstCommits: new Map(),
  lastCommits: new Map(),
  unheardCommits: [],
  faults: [],
  healedAt: null,
  followed: [],
})
