import { sql } from 'kysely'
import { countRows, oldestFirst, withNameAndTeam } from '../db/listing.ts'
import { unlessTaken } from '../db/violation.ts'
import { asId, type IntegrationId, type OrganizationId, type ScheduleId, type UserId, type WebhookId } from '../lib/ids.ts'
import type { NamedFilter, Window } from '../lib/listing.ts'
import { type Instant, toDate } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import type { Subscription } from './matching/match.ts'
import { columnsOf, sendingOf, urlsOf, webhookOf } from './row-store.ts'
import type { TriggerType } from './trigger.ts'
import type { Preset, SealedWebhook, Webhook, WebhookKey } from './webhook.ts'

type Asked = {
  readonly organizationIds: readonly OrganizationId[]
  readonly triggerTypes: readonly TriggerType[]
  /** These too, whatever their types are. */
  readonly ids: readonly WebhookId[]
}

/**
 * What the webhooks of organizations wait for that are enabled, or given up: what these miss is kept. Of thousands of webhooks no more
 * are read than have one of the trigger types.
 */
export async function enabledSubscriptions(
  tx: Tx,
  { organizationIds, triggerTypes, ids }: Asked,
): Promise<readonly Subscription[]> {
  const rows = await tx.sql
    .selectFrom('webhooks')
    .select(['organization_id', 'id', 'trigger_types', 'integration_filter', 'schedule_filter', 'filter', 'urls', 'preset'])
    .select(['failure_email', 'retry', 'max_age_ms', 'timeout_ms', 'in_flight_max', 'rate_max', 'ordered'])
    .where(sql<boolean>`organization_id = any(${[...organizationIds]}::text[])`)
    .where(sql<boolean>`(trigger_types && ${[...triggerTypes]}::text[] or id = any(${[...ids]}::text[]))`)
    .where((eb) => eb.or([eb('enabled', '=', true), eb('given_up_at', 'is not', null)]))
    .where('deleted_at', 'is', null)
    .orderBy('organization_id')
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    organizationId: asId<OrganizationId>(row.organization_id),
    id: asId<WebhookId>(row.id),
    triggerTypes: row.trigger_types as readonly string[] as Webhook['triggerTypes'],
    integrationFilter: row.integration_filter?.map((id) => asId<IntegrationId>(id)) ?? null,
    scheduleFilter: row.schedule_filter?.map((id) => asId<ScheduleId>(id)) ?? null,
    filter: row.filter as Webhook['filter'],
    urls: urlsOf(row.urls),
    preset: row.preset as Preset | null,
    ...sendingOf(row),
  }))
}

/** False: another webhook of the organization has the name, and the transaction is lost. */
export function insertWebhook(tx: Tx, webhook: SealedWebhook): Promise<boolean> {
  return unlessTaken('webhooks_name', () =>
    tx.sql
      .insertInto('webhooks')
      .values({
        ...columnsOf(webhook),
        organization_id: webhook.organizationId,
        id: webhook.id,
        created_at: toDate(webhook.createdAt),
      })
      .execute(),
  )
}

/**
 * Replaces all but the id and the time of creation. False: another webhook of the organization has the name, and the
 * transaction is lost.
 */
export function updateWebhook(tx: Tx, webhook: SealedWebhook): Promise<boolean> {
  return unlessTaken('webhooks_name', () =>
    tx.sql
      .updateTable('webhooks')
      .set(columnsOf(webhook))
      .where('organization_id', '=', webhook.organizationId)
      .where('id', '=', webhook.id)
      .where('deleted_at', 'is', null)
      .execute(),
  )
}

/** Takes a webhook out of use under another name, so that its own is free again, and forgets its secrets. */
export async function markWebhookDeleted(tx: Tx, webhook: Pick<Webhook, 'organizationId' | 'id'>, name: string): Promise<void> {
  await tx.sql
    .updateTable('webhooks')
    .set({
      deleted_at: toDate(tx.now),
      name,
      headers_sealed: null,
      static_headers_sealed: null,
      password_sealed: null,
      authorization_sealed: null,
    })
    .where('organization_id', '=', webhook.organizationId)
    .where('id', '=', webhook.id)
    .where('deleted_at', 'is', null)
    .execute()
}

/** Switches a webhook off since none of its URLs takes anything any more. */
export async function markGivenUp(tx: Tx, { organizationId, id }: Pick<Webhook, 'organizationId' | 'id'>): Promise<void> {
  await tx.sql
    .updateTable('webhooks')
    .set({ enabled: false, given_up_at: toDate(tx.now) })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where('enabled', '=', true)
    .where('deleted_at', 'is', null)
    .execute()
}

/** A person has decided whether it is on. */
export async function clearGivenUp(tx: Tx, { organizationId, id }: Pick<Webhook, 'organizationId' | 'id'>): Promise<void> {
  await tx.sql
    .updateTable('webhooks')
    .set({ given_up_at: null })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where('given_up_at', 'is not', null)
    .execute()
}

/** Notes since when a URL that is open again got nothing; what was noted before stays where it is earlier. */
export async function markMissed(tx: Tx, { organizationId, id }: WebhookKey, since: Instant): Promise<void> {
  await tx.sql
    .updateTable('webhooks')
    .set({ missed_since: toDate(since) })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where((eb) => eb.or([eb('missed_since', 'is', null), eb('missed_since', '>', toDate(since))]))
    .execute()
}

/** What was missed is replayed from an instant on. */
export async function clearMissed(tx: Tx, { organizationId, id }: WebhookKey, since: Instant): Promise<void> {
  await tx.sql
    .updateTable('webhooks')
    .set({ missed_since: null })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where('missed_since', '>=', toDate(since))
    .execute()
}

/** Switches off what is on in all organizations, and returns how many that were. */
export async function disableAll(tx: Tx): Promise<number> {
  const result = await tx.sql
    .updateTable('webhooks')
    .set({ enabled: false })
    .where('enabled', '=', true)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return Number(result.numUpdatedRows)
}

export async function findWebhook(db: Sql, organizationId: OrganizationId, id: WebhookId): Promise<SealedWebhook | null> {
  const row = await existing(db, organizationId, {}).selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : webhookOf(row)
}

/** For a transaction that is about to change it: nobody else does until the commit. */
export async function lockWebhook(tx: Tx, organizationId: OrganizationId, id: WebhookId): Promise<SealedWebhook | null> {
  const row = await existing(tx.sql, organizationId, {}).selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  return row === undefined ? null : webhookOf(row)
}

export function countWebhooks(db: Sql, organizationId: OrganizationId, filter: NamedFilter): Promise<number> {
  return countRows(existing(db, organizationId, filter))
}

/** Oldest first. */
export async function listWebhooks(
  db: Sql,
  organizationId: OrganizationId,
  { filter, ...window }: Window & { readonly filter: NamedFilter },
): Promise<readonly SealedWebhook[]> {
  const rows = await oldestFirst(existing(db, organizationId, filter).selectAll(), 'webhooks', window).execute()
  return rows.map(webhookOf)
}

/** Webhooks by their keys, deleted ones too. */
export async function findWebhooksEvenDeleted(
  db: Sql,
  keys: readonly WebhookKey[],
): Promise<readonly { readonly webhook: SealedWebhook; readonly isDeleted: boolean }[]> {
  const rows = await db.selectFrom('webhooks').selectAll().where(isOneOf(keys)).execute()
  return rows.map((row) => ({ webhook: webhookOf(row), isDeleted: row.deleted_at !== null }))
}

/** What is told of a webhook beside what became of it. */
export type Outline = Pick<Webhook, 'id' | 'name' | 'userId' | 'failureEmail' | 'isEnabled' | 'triggerTypes'>

/** Also of deleted ones, which count as switched off; their templates and secrets stay where they are. */
export async function findOutlinesEvenDeleted(db: Sql, keys: readonly WebhookKey[]): Promise<readonly Outline[]> {
  const rows = await db
    .selectFrom('webhooks')
    .select(['id', 'name', 'user_id', 'failure_email', 'enabled', 'trigger_types', 'deleted_at'])
    .where(isOneOf(keys))
    .execute()
  return rows.map((row) => ({
    id: asId<WebhookId>(row.id),
    name: row.name,
    userId: row.user_id === null ? null : asId<UserId>(row.user_id),
    failureEmail: row.failure_email,
    isEnabled: row.enabled && row.deleted_at === null,
    triggerTypes: row.trigger_types as readonly string[] as Webhook['triggerTypes'],
  }))
}

const isOneOf = (keys: readonly WebhookKey[]) => sql<boolean>`(organization_id, id) in (select * from unnest(
  ${keys.map((key) => key.organizationId)}::text[], ${keys.map((key) => key.id)}::text[]))`

function existing(db: Sql, organizationId: OrganizationId, filter: NamedFilter) {
  const query = db.selectFrom('webhooks').where('organization_id', '=', organizationId).where('deleted_at', 'is', null)
  return withNameAndTeam(query, 'webhooks', filter)
}
