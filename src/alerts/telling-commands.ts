import { type Actor, personOf } from '../accounts/actor.ts'
import { peopleByIds } from '../accounts/commands.ts'
import { teamNames } from '../accounts/team-commands.ts'
import { chainNames } from '../escalation-chains/commands.ts'
import { peopleToPage, type Start, type Target } from '../escalations/commands.ts'
import { catalogue, type AlertGroupEventType } from '../events/catalogue.ts'
import { publish } from '../events/commands.ts'
import type { AlertSource } from '../integrations/integration.ts'
import { known } from '../lib/check.ts'
import type { AlertGroupId, EscalationChainId, OrganizationId, UserId, WebhookId } from '../lib/ids.ts'
import type { JsonWithRaw } from '../lib/json.ts'
import { notifiedPeople } from '../notifications/commands.ts'
import type { Page as NewsPage } from '../notifications/news.ts'
import type { Tx } from '../ports.ts'
import type { AlertTrigger } from '../webhooks/trigger.ts'
import type { Alert, AlertGroup } from './alert-group.ts'
import { findFirstAlert, findLatestAlerts } from './alert-store.ts'
import { assigneeOf } from './assignee.ts'
import { eventData, permalink } from './document.ts'
import { type Names, reportOf } from './report.ts'
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
  /** By which its source groups alerts, where that is known: the group is being opened, and does not stand alone. */
  readonly groupingKey: string | null
  /** Only this webhook hears of it; null: all that subscribe. */
  readonly webhookId: WebhookId | null
  /** A person whom that webhook pages. */
  readonly page?: Pick<NewsPage, 'runId' | 'userId' | 'context'>
  /** What the event says of itself, beside its type and the usual time. */
  readonly particulars: Readonly<Record<string, JsonWithRaw>>
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
  const acting = tellings.flatMap(({ actor, group, page }) => [
    page?.userId ?? personOf(actor),
    group.acknowledgedBy,
    group.resolvedBy,
  ])
  const assigned = tellings.flatMap(({ group }) => (group.assignee?.type === 'user' ? group.assignee.id : []))
  const ids = [...notified, ...[...toPage.values()].flat(), ...acting, ...assigned].filter((userId) => userId !== null)
  const names = await namesOf(tx, tellings, await peopleByIds(tx.sql, organizationId, [...new Set(ids)]))
  for (const telling of tellings) {
    await publishOne(tx, settings, { telling, names, notified, toPage: toPage.get(telling.group.id) ?? [] })
  }
}

async function namesOf(tx: Tx, tellings: readonly Telling[], people: Names['people']): Promise<Names> {
  const { organizationId } = known(tellings[0], 'there is something to tell').group
  const assignees = tellings.flatMap(({ group, chainId }) => assigneeOf(group, chainId) ?? [])
  const teamIds = assignees.flatMap((assignee) => (assignee.type === 'team' ? assignee.id : []))
  const assignedChains = assignees.flatMap((assignee) => (assignee.type === 'escalation_chain' ? assignee.id : []))
  const chainIds = [...assignedChains, ...tellings.flatMap(({ chainId }) => chainId ?? [])]
  return {
    people,
    teams: teamIds.length === 0 ? new Map() : await teamNames(tx.sql, organizationId, [...new Set(teamIds)]),
    chains: chainIds.length === 0 ? new Map() : await chainNames(tx.sql, organizationId, [...new Set(chainIds)]),
  }
}

type One = {
  readonly telling: Telling
  readonly names: Names
  readonly notified: readonly UserId[]
  readonly toPage: readonly UserId[]
}

async function publishOne(tx: Tx, { baseUrl }: AlertSettings, { telling, names, notified, toPage }: One): Promise<void> {
  const { actor, group, source, chainId, fact, webhookId, particulars, page } = telling
  const who = (userId: string | null) => (userId === null ? null : (names.people.get(userId) ?? null))
  const lastAlert = telling.newestAlert ?? (await newestAlertOf(tx, group.organizationId, group.id))
  const shared = {
    group,
    source,
    chainId,
    baseUrl,
    person: who(page?.userId ?? personOf(actor)),
    acknowledgedBy: who(group.acknowledgedBy),
    resolvedBy: who(group.resolvedBy),
    notified: notified.flatMap((userId) => who(userId) ?? []),
    toBeNotified: toPage.flatMap((userId) => who(userId) ?? []),
  }
  const data = eventData({
    ...shared,
    type: triggerOf(fact),
    particulars,
    firstAlert: group.alertsCount === 1 ? lastAlert : await findFirstAlert(tx.sql, group),
    lastAlert,
    now: tx.now,
  })
  const reported = reportOf({ ...shared, groupingKey: telling.groupingKey, names })
  const report = page === undefined ? reported : { ...reported, page_context: page.context }
  const payload = lastAlert?.payload ?? null
  const alertGroup = { id: group.id, integrationId: group.integrationId }
  publish(tx, {
    type: fact,
    actor,
    alertGroup,
    data,
    report,
    payload,
    webhookId,
    ...(page === undefined ? {} : { pageOf: page.runId }),
  })
}

const triggerOf = (fact: AlertGroupEventType): AlertTrigger =>
  known(catalogue[fact], 'what happens to an alert group is a trigger of webhooks')

async function newestAlertOf(tx: Tx, organizationId: OrganizationId, id: AlertGroupId): Promise<Alert | null> {
  return (await findLatestAlerts(tx.sql, organizationId, [id])).get(id) ?? null
}
