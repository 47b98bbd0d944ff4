import type { AlertGroupId, EscalationChainId, OrganizationId, UserId, WebhookId } from '../lib/ids.ts'
import type { NotificationRunId } from './run.ts'

/** What is to be told of a subject with all that is known of it, which only an earlier stage knows. */
export type News = Page | FailedPage | NextLevel

/** A person is to be paged by the webhook of their choice. */
export type Page = {
  readonly kind: 'page'
  readonly runId: NotificationRunId
  readonly userId: UserId
  readonly webhookId: WebhookId
  /** What the webhook is told of the person: the text of any JSON. */
  readonly context: string
  readonly important: boolean
}

/** A person was not reached in one way, or in none. */
type FailedPage = {
  readonly kind: 'failed page'
  readonly userId: UserId
  /** Null: the person cannot be paged at all. */
  readonly channel: string | null
  readonly important: boolean
  readonly reason: string
}

/** An escalation has come to people who were to be paged only if those before did nothing. */
type NextLevel = {
  readonly kind: 'next level'
  /** From 2. */
  readonly level: number
  /** Null: no chain is behind it. */
  readonly escalationChainId: EscalationChainId | null
  readonly userIds: readonly UserId[]
}

export type OwedNews = {
  readonly organizationId: OrganizationId
  readonly subjectId: AlertGroupId
  readonly news: News
}

export type NewsKey = Pick<OwedNews, 'organizationId' | 'subjectId'> & { readonly id: string }
