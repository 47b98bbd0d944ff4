import type { Brand } from '../lib/brand.ts'
import type { AlertGroupId, EscalationChainId, EscalationPolicyId, IntegrationId, OrganizationId, WebhookId } from '../lib/ids.ts'
import type { Instant } from '../lib/time.ts'
import type { Subject } from '../notifications/subject.ts'
import type { Progress } from './plan.ts'

export type EscalationRunId = Brand<string, 'EscalationRunId'>

export type EscalationRunKey = { readonly organizationId: OrganizationId; readonly id: EscalationRunId }

/** A chain, or a page to people, at work on a subject. It keeps the steps as they were when it began. */
export type EscalationRun = Progress &
  EscalationRunKey & {
    readonly shard: number
    readonly subject: Subject
    /** Null where no chain is behind it. */
    readonly escalationChainId: EscalationChainId | null
    readonly dueAt: Instant
    readonly startedAt: Instant
  }

export type EscalationRequestKey = {
  readonly organizationId: OrganizationId
  readonly id: string
  readonly subjectId: AlertGroupId
}

/** What a run asks of the thing that it escalates. */
export type EscalationRequest = {
  readonly organizationId: OrganizationId
  readonly subjectId: AlertGroupId
  readonly request: Asked & { readonly askedBy: AskingStep }
}

export type Asked = { readonly kind: 'resolve' } | { readonly kind: 'trigger_webhook'; readonly webhookId: WebhookId }

/** The step of a run that asks; the timeline names it when the request comes to nothing. */
type AskingStep = {
  readonly runId: EscalationRunId
  readonly policyId: EscalationPolicyId | null
  readonly integrationId: IntegrationId
}
