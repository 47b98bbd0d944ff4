import type { Actor } from '../accounts/actor.ts'
import { personOf } from '../accounts/actor.ts'
import { audit } from '../accounts/commands.ts'
import type { Vault } from '../accounts/secret.ts'
import { keepTeam } from '../accounts/team-commands.ts'
import {
  attemptsOf,
  changeSettings,
  closeAllEndpoints,
  closeDisabledEndpoints,
  closeEndpoints,
  countAttemptsOf,
  countEnabledEndpoints,
  endpointsFor,
} from '../deliveries/commands.ts'
import type { LoggedAttempt } from '../deliveries/attempt.ts'
import { beginHealthAnew } from '../deliveries/health/commands.ts'
import { accepted, type Body } from '../lib/fields.ts'
import { newPublicId, type OrganizationId, type WebhookId } from '../lib/ids.ts'
import type { Listing, NamedFilter } from '../lib/listing.ts'
import { invalidField, notFound } from '../lib/rejection.ts'
import { before as instantBefore, earliest, type Instant, minutes } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import { endings, endpointsOf } from './endpoints.ts'
import { opened, sealed } from './secrets.ts'
import { settingsOf } from './sending.ts'
import type { WebhookSettings } from './settings.ts'
import { forgetSigningKeys } from './signing/commands.ts'
import * as store from './store.ts'
import { forgetTls } from './tls/commands.ts'
import type { TriggerType } from './trigger.ts'
import type { Webhook, WebhookKey } from './webhook.ts'
import { parseNewWebhook, parseWebhookChange, type WebhookDefinition } from './webhook-input.ts'

// People manage them -----------------------------------------------------------------------------------------------------

type Change = { readonly settings: WebhookSettings; readonly body: Body }

/** Makes a webhook. Rejects what the body gets wrong, by field. */
export async function createWebhook(tx: Tx, actor: Actor, { settings, body }: Change): Promise<Webhook> {
  const definition = accepted(parseNewWebhook(body, settings.egress))
  const { organizationId } = actor
  const id = newPublicId('WH', tx.random.bytes)
  const webhook: Webhook = { ...definition, organizationId, id, userId: personOf(actor), missedSince: null, createdAt: tx.now }
  await requireNamed(tx, webhook, { settings, before: null })
  if (!(await store.insertWebhook(tx, sealed(webhook, settings.vault)))) throw nameTaken()
  if (webhook.isEnabled) await endpointsFor(tx, endpointsOf(webhook))
  const urls = webhook.urls.map(({ url }) => url)
  await audit(tx, actor, { action: 'webhook created', subjectId: id, details: { name: webhook.name, urls } })
  return webhook
}

type Update = Change & {
  readonly id: WebhookId
  /** A PUT, which clears the team when it is missing and makes the caller the one who saved it. */
  readonly replaces: boolean
}

/**
 * Changes a webhook. What waits keeps the URL it was meant for; when the webhook is switched off, it ends.
 */
export async function updateWebhook(tx: Tx, actor: Actor, { id, settings, body, replaces }: Update): Promise<Webhook> {
  const row = await store.lockWebhook(tx, actor.organizationId, id)
  if (row === null) throw notFound()
  const current = opened(row, settings.vault)
  const definition = accepted(parseWebhookChange(body, { current, egress: settings.egress, replaces }))
  const webhook: Webhook = { ...current, ...definition, userId: replaces ? personOf(actor) : current.userId }
  await requireNamed(tx, webhook, { settings, before: current })
  if (!(await store.updateWebhook(tx, sealed(webhook, settings.vault)))) throw nameTaken()
  const missedSince = await followSwitch(tx, current, webhook)
  await audit(tx, actor, { action: 'webhook updated', subjectId: id, details: { changed: changedFields(current, definition) } })
  return { ...webhook, missedSince }
}

/** Deletes a webhook; its history stays, its name is free again, and what waits for it ends. */
export async function deleteWebhook(tx: Tx, actor: Actor, id: WebhookId): Promise<void> {
  const { organizationId } = actor
  const row = await store.lockWebhook(tx, organizationId, id)
  if (row === null) throw notFound()
  await store.markWebhookDeleted(tx, row, `${Array.from(row.name).slice(0, 78).join('')}_deleted_${id}`)
  await forgetSigningKeys(tx, row)
  await forgetTls(tx, row)
  await closeEndpoints(tx, { organizationId, ownerId: id }, endings.deleted)
  await audit(tx, actor, { action: 'webhook deleted', subjectId: id, details: { name: row.name } })
}

/** Returns since when something was missed that can be replayed. */
async function followSwitch(tx: Tx, before: Webhook, now: Webhook): Promise<Instant | null> {
  const { organizationId, id: ownerId } = now
  await changeSettings(tx, { organizationId, ownerId }, settingsOf(now))
  if (!before.isEnabled && !now.isEnabled) return before.missedSince
  const missedSince = await closeDisabledEndpoints(tx, { organizationId, ownerId })
  if (now.isEnabled) {
    await endpointsFor(tx, endpointsOf(now))
    if (!before.isEnabled) await beginHealthAnew(tx, { organizationId, ownerId })
    await store.clearGivenUp(tx, now)
  } else await closeEndpoints(tx, { organizationId, ownerId }, endings.disabled)
  if (missedSince === null) return before.missedSince
  const since = instantBefore(missedSince, beginning)
  await store.markMissed(tx, now, since)
  return earliest([before.missedSince, since])
}

/** What was the first to fail had happened before it did. */
const beginning = minutes(1)

/** Switches a webhook off when none of its URLs takes anything any more. True: it did. */
export async function giveUpWebhook(tx: Tx, organizationId: OrganizationId, id: WebhookId): Promise<boolean> {
  const row = await store.lockWebhook(tx, organizationId, id)
  if (row === null || !row.isEnabled) return false
  // What waited when its URL was changed may still go to the old one, which gets nothing new.
  const urls = row.urls.map(({ url }) => url)
  if ((await countEnabledEndpoints(tx, { organizationId, ownerId: id, urls })) > 0) return false
  await store.markGivenUp(tx, row)
  await audit(tx, { kind: 'system', organizationId }, { action: 'webhook given up', subjectId: id, details: { name: row.name } })
  return true
}

type Naming = Pick<Change, 'settings'> & {
  /** What its filters name already they may go on naming when it was deleted: what was read can be written. */
  readonly before: Webhook | null
}

/** Rejects a team, and what filters name, that the organization does not have. */
async function requireNamed(tx: Tx, webhook: Webhook, naming: Naming): Promise<void> {
  const { organizationId, teamId } = webhook
  if (teamId !== null && !(await keepTeam(tx, organizationId, teamId))) throw invalidField('team', 'Object does not exist')
  await requireFiltered(tx.sql, webhook, naming)
}

/** Rejects what filters name that the organization does not have. */
export async function requireFiltered(db: Sql, webhook: Webhook, { settings, before }: Naming): Promise<void> {
  const { organizationId, integrationFilter, scheduleFilter } = webhook
  const newIntegrations = added(integrationFilter, before?.integrationFilter)
  const integrations = await settings.integrationsThatExist(db, organizationId, newIntegrations)
  if (newIntegrations.some((id) => !integrations.has(id))) throw invalidField('integration_filter', 'Integration does not exist')
  const newSchedules = added(scheduleFilter, before?.scheduleFilter)
  const schedules = await settings.schedulesThatExist(db, organizationId, newSchedules)
  if (newSchedules.some((id) => !schedules.has(id))) throw invalidField('schedule_filter', 'Schedule does not exist')
}

const added = <Id>(filter: readonly Id[] | null, before: readonly Id[] | null | undefined): readonly Id[] =>
  (filter ?? []).filter((id) => before?.includes(id) !== true)

const nameTaken = () => invalidField('non_field_errors', 'The fields name, organization must make a unique set.')

/** The names of the fields that are different, never their values: some are secrets. */
function changedFields(before: Webhook, now: WebhookDefinition): string[] {
  const old = new Map<string, unknown>(Object.entries(before))
  return Object.entries(now).flatMap(([field, value]) =>
    JSON.stringify(old.get(field)) === JSON.stringify(value) ? [] : [field],
  )
}

// Others look at them ----------------------------------------------------------------------------------------------------

/** A webhook with its secrets. Rejects what the organization does not have. */
export async function readWebhook(
  db: Sql,
  actor: Actor,
  { id, vault }: { id: WebhookId } & Pick<WebhookSettings, 'vault'>,
): Promise<Webhook> {
  const row = await store.findWebhook(db, actor.organizationId, id)
  if (row === null) throw notFound()
  return opened(row, vault)
}

/** The webhooks of the organization, oldest first. */
export function listWebhooks(
  db: Sql,
  actor: Actor,
  { filter, vault }: { filter: NamedFilter } & Pick<WebhookSettings, 'vault'>,
): Listing<Webhook> {
  const { organizationId } = actor
  return {
    count: () => store.countWebhooks(db, organizationId, filter),
    items: async (window) => {
      const rows = await store.listWebhooks(db, organizationId, { filter, ...window })
      return rows.map((row) => opened(row, vault))
    },
  }
}

/** All attempts that were made for a webhook, newest first, whatever its trigger type was then. Rejects what the organization does not have. */
export async function listResponses(
  db: Sql,
  actor: Actor,
  { id, messageVault: vault }: { readonly id: WebhookId; readonly messageVault: Vault },
): Promise<Listing<LoggedAttempt>> {
  const { organizationId } = actor
  if ((await store.findWebhook(db, organizationId, id)) === null) throw notFound()
  const owner = { organizationId, ownerId: id }
  return { count: () => countAttemptsOf(db, owner), items: (window) => attemptsOf(db, { ...owner, vault }, window) }
}

type Brief = Pick<Webhook, 'id' | 'name' | 'userId' | 'failureEmail'> & {
  readonly enabled: boolean
  readonly triggerTypes: readonly TriggerType[]
}

/** What a step that triggers a webhook needs to know of it; null when it does not exist any more. */
export async function findWebhook(db: Sql, organizationId: OrganizationId, id: WebhookId): Promise<Brief | null> {
  const row = await store.findWebhook(db, organizationId, id)
  return row === null ? null : briefOf(row)
}

/** The same, and nobody else changes it before the commit. */
export async function holdWebhook(tx: Tx, organizationId: OrganizationId, id: WebhookId): Promise<Brief | null> {
  const row = await store.lockWebhook(tx, organizationId, id)
  return row === null ? null : briefOf(row)
}

/** Switches every webhook of all organizations off, and returns how many were on. What waits ends without being sent. */
export async function switchOffAllWebhooks(tx: Tx): Promise<number> {
  await closeAllEndpoints(tx, endings.disabled)
  return store.disableAll(tx)
}

/** Webhooks by their keys, deleted ones too, for telling what was sent by them. */
export async function webhooksEvenDeleted(db: Sql, keys: readonly WebhookKey[]): Promise<readonly Brief[]> {
  const rows = await store.findOutlinesEvenDeleted(db, keys)
  return rows.map(briefOf)
}

const briefOf = (row: store.Outline): Brief => ({
  id: row.id,
  name: row.name,
  userId: row.userId,
  failureEmail: row.failureEmail,
  enabled: row.isEnabled,
  triggerTypes: row.triggerTypes,
})
