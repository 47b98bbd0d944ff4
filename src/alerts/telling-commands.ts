import { type Actor, personOf } from '../accounts/actor.ts'
import { peopleByIds } from '../accounts/commands.ts'
import type { User } from '../accounts/user.ts'
import { peopleToPage, type Start, type Target } from '../escalations/commands.ts'
import { catalogue, type AlertGroupEventType } from '../events/catalogue.ts'
import { publish } from '../events/commands.ts'
import type { AlertSource } from '../integrations/integration.ts'
import { known } from '../lib/check.ts'
import type { AlertGroupId, EscalationChainId, OrganizationId, UserId, WebhookId } from '../lib/ids.ts'
import { notifiedPeople } from '../notifications/commands.ts'
import type { Tx } from '../ports.ts'
import type { AlertTrigger } from '../webhooks/trigger.ts'
import type { Alert, AlertGroup } from './alert-group.ts'
import { findFirstAlert, findLatestAlerts } from './alert-store.ts'
import type { Assignee } from './assignee.ts'
import { eventData, permalink } from './document.ts'
import type { AlertSettings } from './settings.ts'

/** What happened to an alert group, and to whom it is told. */
export type Telling = {
  readonly actor: Actor
  /** As it is now. */
  readonly group: AlertGroup
  readonly source: AlertSource
  /** The chain of its route now, or else of its team. */
  readonly chainId: EscalationChainId | null
  readonly fact: AlertGroupEventType
  /** The alert that brought it about and may not be stored yet; null: the newest one that is. */
  readonly newestAlert: Alert | null
  /** Only this webhook hears of it; null: all that subscribe. */
  readonly webhookId: WebhookId | null
  /** Whom it was for before; only a reassignment tells it. */
  readonly reassignedFrom: Assignee | null
}

/** What an escalation works on: the alert group as people are told of it, and whom it pages. */
export function startOf(
  { actor, group, source, target }: Pick<Telling, 'actor' | 'group' | 'source'> & { readonly target: Target },
  { baseUrl }: AlertSettings,
): Start {
  const subject = {
    id: group.id,
    integrationId: group.integrationId,
    title: group.title,
    message: group.message,
    link: permalink(baseUrl, group),
    sourceLink: group.sourceLink,
    source: source.name,
    urgency: group.urgency,
    startedAt: group.startedAt,
  }
  return { actor, subject, target }
}

/** Publishes what happened to an alert group. */
export async function tell(tx: Tx, settings: AlertSettings, telling: Telling): Promise<void> {
  const notified = await notifiedPeople(tx.sql, telling.group.organizationId, telling.group.id)
  await tellWith(tx, settings, { tellings: [telling], notified })
}

/** Publishes that alert groups have opened. They are many in a storm, so they are looked at together. */
export async function tellOpened(tx: Tx, settings: AlertSettings, tellings: readonly Telling[]): Promise<void> {
  for (const organizationId of new Set(tellings.map(({ group }) => group.organizationId))) {
    const own = tellings.filter(({ group }) => group.organizationId === organizationId)
    await tellWith(tx, settings, { tellings: own, notified: [] })
  }
}

/** Groups of one organization; `notified` has been reached about all of them. */
type Together = { readonly tellings: readonly Telling[]; readonly notified: readonly UserId[] }

async function tellWith(tx: Tx, settings: AlertSettings, { tellings, notified }: Together): Promise<void> {
  const { organizationId } = known(tellings[0], 'there is something to tell').group
  const subjectIds = tellings.map(({ group }) => group.id)
  const toPage = await peopleToPage(tx.sql, organizationId, { subjectIds, at: tx.now })
  const named = tellings.flatMap(({ actor, group }) => [personOf(actor), group.acknowledgedBy, group.resolvedBy])
  const ids = [...notified, ...[...toPage.values()].flat(), ...named].filter((userId) => userId !== null)
  const people = await peopleByIds(tx.sql, organizationId, [...new Set(ids)])
  for (const telling of tellings) {
    await publishOne(tx, settings, { telling, people, notified, toPage: toPage.get(telling.group.id) ?? [] })
  }
}

type One = {
  readonly telling: Telling
  readonly people: ReadonlyMap<string, User>
  readonly notified: readonly UserId[]
  readonly toPage: readonly UserId[]
}

async function publishOne(tx: Tx, { baseUrl }: AlertSettings, { telling, people, notified, toPage }: One): Promise<void> {
  const { actor, group, source, chainId, fact, webhookId, reassignedFrom } = telling
  const who = (userId: string | null) => (userId === null ? null : (people.get(userId) ?? null))
  const lastAlert = telling.newestAlert ?? (await newestAlertOf(tx, group.organizationId, group.id))
  const data = eventData({
    type: fact === 'alert_group.reassigned' ? 'reassign' : triggerOf(fact),
    person: who(personOf(actor)),
    group,
    source,
    chainId,
    reassignedFrom,
    baseUrl,
    firstAlert: group.alertsCount === 1 ? lastAlert : await findFirstAlert(tx.sql, group),
    lastAlert,
    notified: notified.flatMap((userId) => who(userId) ?? []),
    toBeNotified: toPage.flatMap((userId) => who(userId) ?? []),
    acknowledgedBy: who(group.acknowledgedBy),
    resolvedBy: who(group.resolvedBy),
    now: tx.now,
  })
  publish(tx, { type: fact, actor, alertGroup: { id: group.id, integrationId: group.integrationId }, data, webhookId })
}

const triggerOf = (fact: AlertGroupEventType): AlertTrigger =>
  known(catalogue[fact], 'what happens to an alert group is a trigger of webhooks')

async function newestAlertOf(tx: Tx, organizationId: OrganizationId, id: AlertGroupId): Promise<Alert | null> {
  return (await findLatestAlerts(tx.sql, organizationId, [id])).get(id) ?? null
}
