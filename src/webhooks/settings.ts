import type { Vault } from '../accounts/secret.ts'
import type { EgressPolicy } from '../deliveries/egress/egress.ts'
import type { OrganizationId } from '../lib/ids.ts'
import type { Sql } from '../ports.ts'

/** What the webhooks are given, because they may not ask the stages before them, nor the configuration. */
export type WebhookSettings = {
  readonly vault: Vault
  readonly egress: EgressPolicy
  /** The ids among these that name an integration, or a schedule, of the organization. */
  readonly integrationsThatExist: ThatExist
  readonly schedulesThatExist: ThatExist
}

type ThatExist = (db: Sql, organizationId: OrganizationId, ids: readonly string[]) => Promise<ReadonlySet<string>>
