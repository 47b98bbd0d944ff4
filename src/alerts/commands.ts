import { type Actor, personOf } from '../accounts/actor.ts'
import { audit, peopleByIds } from '../accounts/commands.ts'
import {
  forgetEscalations,
  removeEscalations,
  startEscalations,
  stopEscalations,
  takeRequest,
  tellWithdrawn,
} from '../escalations/commands.ts'
import type { EscalationRequestKey } from '../escalations/run.ts'
import type { AlertGroupEventType } from '../events/catalogue.ts'
import { publish, wipeEvents } from '../events/commands.ts'
import { integrationTypes } from '../integrations/integration.ts'
import { check } from '../lib/check.ts'
import type { AlertGroupId, OrganizationId } from '../lib/ids.ts'
import type { Listing } from '../lib/listing.ts'
import { forbidden, invalid, notFound } from '../lib/rejection.ts'
import { after, type Ms, utcDay } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import { findWebhook } from '../webhooks/commands.ts'
import { forgetUntold } from './added-store.ts'
import type { Alert, AlertGroup } from './alert-group.ts'
import { wipeAlerts } from './alert-store.ts'
import { standAloneIfKeyIsTaken } from './key-store.ts'
import { countGroups, findGroup, type ListedGroup, listGroups } from './list-store.ts'
import { deleteNotesAbout } from './note-store.ts'
import { originOf, targetOf } from './origin-commands.ts'
import type { AlertGroupFilter } from './query.ts'
import type { AlertSettings } from './settings.ts'
import { clearSilenceEnds } from './silence-store.ts'
import { type AlertGroupAction, pages, transition } from './state.ts'
import * as store from './store.ts'
import { startOf, tell } from './telling-commands.ts'
import { factOf, turned } from './turn.ts'

export type Act = {
  readonly actor: Actor
  readonly id: AlertGroupId
  readonly action: AlertGroupAction
  /** Only for `silence`; null: until somebody ends it. */
  readonly silenceFor?: Ms | null
}

/**
 * Does what a person, a source or an escalation wants with an alert group, with all consequences: paging stops or
 * begins anew, the event goes out. Refused in the contract's words where the state does not allow it.
 */
export async function act(tx: Tx, settings: AlertSettings, wanted: Act): Promise<AlertGroup> {
  const { actor, id, action } = wanted
  if (actor.kind === 'link' && actor.alertGroupId !== id) throw forbidden()
  const group = await store.lockGroup(tx, actor.organizationId, id)
  if (group === null) throw notFound()
  const next = transition(group.state, action)
  if (!next.ok) throw invalid(next.reason)
  const silencedUntil = wanted.silenceFor === undefined || wanted.silenceFor === null ? null : after(tx.now, wanted.silenceFor)
  const changed = turned(group, next.value, { now: tx.now, person: personOf(actor), silencedUntil })
  await turn(tx, settings, { actor, group, changed, fact: factOf[action], newestAlert: null })
  await audit(tx, actor, { action: `alert group ${changed.state}`, subjectId: id, details: { from: group.state } })
  return changed
}

/** What the lists and the detail show. */
export function listAlertGroups(db: Sql, organizationId: OrganizationId, filter: AlertGroupFilter): Listing<ListedGroup> {
  return {
    count: () => countGroups(db, organizationId, filter),
    items: (window) => listGroups(db, organizationId, { filter, ...window }),
  }
}

export async function findAlertGroup(db: Sql, organizationId: OrganizationId, id: AlertGroupId): Promise<ListedGroup> {
  const group = await findGroup(db, organizationId, id)
  if (group === null) throw notFound()
  return group
}

/**
 * Takes away what an alert group says (`wipe`: its payloads, message and title, also in the log) or all of it (`delete`).
 * It pages nobody any more, and what was written to people about it goes too. What has left as a webhook stays in the log of
 * deliveries for that log's days.
 */
export async function removeAlertGroup(
  tx: Tx,
  { actor, id, mode }: { actor: Actor; id: AlertGroupId; mode: 'wipe' | 'delete' },
): Promise<void> {
  const group = await store.lockGroup(tx, actor.organizationId, id)
  if (group === null) throw notFound()
  await stopEscalations(tx, actor.organizationId, [id])
  await forgetEscalations(tx, actor.organizationId, id)
  await wipeEvents(tx, actor.organizationId, { id, startedAt: group.startedAt })
  await deleteNotesAbout(tx, actor.organizationId, id)
  if (mode === 'delete') {
    await removeEscalations(tx, [{ organizationId: actor.organizationId, id }])
    await store.deleteGroup(tx, actor.organizationId, id)
  } else {
    const person = personOf(actor)
    const people = await peopleByIds(tx.sql, actor.organizationId, person === null ? [] : [person])
    const username = people.get(person ?? '')?.username ?? 'Watchbell'
    const wiped = { ...group, title: `Wiped by ${username} at ${utcDay(tx.now)}`, message: '', sourceLink: null, labels: {} }
    await wipeAlerts(tx, actor.organizationId, id)
    await forgetUntold(tx, { organizationId: actor.organizationId, id })
    await store.rename(tx, wiped)
    const closed = turned(wiped, 'resolved', { now: tx.now, person, silencedUntil: null })
    if (group.state !== 'resolved') await store.saveState(tx, closed, group.state)
  }
  const alertGroup = { id, integrationId: group.integrationId }
  publish(tx, { type: 'alert_group.wiped', actor, alertGroup, data: { mode }, webhookId: null })
  await audit(tx, actor, { action: `alert group ${mode === 'wipe' ? 'wiped' : 'deleted'}`, subjectId: id })
}

export type Turn = {
  readonly actor: Actor
  /** As it was, its row locked. */
  readonly group: AlertGroup
  readonly changed: AlertGroup
  readonly fact: AlertGroupEventType
  /** The alert that brought it about and is not stored yet; null: the newest one that is. */
  readonly newestAlert: Alert | null
}

/** Writes a new state and what follows from it. */
export async function turn(tx: Tx, settings: AlertSettings, { actor, group, changed, fact, newestAlert }: Turn): Promise<void> {
  const origin = await originOf(tx, changed)
  const keyIsId = integrationTypes[origin.source.type].keysAreIds
  if (group.state === 'resolved') await standAloneIfKeyIsTaken(tx, group, { keyIsId })
  const written = await store.saveState(tx, changed, group.state)
  check(written === 1, 'a locked alert group keeps its state')
  const target = pages(changed.state) ? await targetOf(tx, changed, origin.chainId) : null
  const starts = target === null ? [] : [startOf({ actor, group: changed, source: origin.source, target }, settings)]
  const started = await startEscalations(tx, starts)
  if (target === null) await stopEscalations(tx, group.organizationId, [group.id])
  if (changed.silencedUntil !== null) tx.wake('alerts')
  await tell(tx, settings, {
    actor,
    group: changed,
    ...origin,
    fact,
    newestAlert,
    groupingKey: null,
    webhookId: null,
    particulars: {},
  })
  for (const beginning of started) publish(tx, beginning)
}

/** Lets no silence of any organization end by itself; people still end them. */
export const keepSilences = clearSilenceEnds

/** The silence is over: paging begins anew. Nothing happens when somebody was faster. */
export async function endSilence(
  tx: Tx,
  settings: AlertSettings,
  key: { organizationId: OrganizationId; id: AlertGroupId },
): Promise<void> {
  const group = await store.lockGroup(tx, key.organizationId, key.id)
  if (group === null || group.silencedUntil === null || group.silencedUntil > tx.now) return
  const actor: Actor = { kind: 'system', organizationId: key.organizationId }
  const changed = turned(group, 'firing', { now: tx.now, person: null, silencedUntil: null })
  await turn(tx, settings, { actor, group, changed, fact: 'alert_group.unsilenced', newestAlert: null })
}

/** Does what an escalation asks for. Nothing happens when somebody was faster, or the request was taken back. */
export async function answerEscalationRequest(tx: Tx, settings: AlertSettings, key: EscalationRequestKey): Promise<void> {
  const { organizationId, subjectId } = key
  // The group first, as everybody does who stops its escalation and takes such requests back.
  const group = await store.lockGroup(tx, organizationId, subjectId)
  const asked = await takeRequest(tx, key)
  if (asked === null || group === null) return
  const { request } = asked
  const actor: Actor = { kind: 'system', organizationId }
  switch (request.kind) {
    case 'resolve': {
      // Somebody has taken it over since the step was due: it is theirs now.
      if (!pages(group.state)) return tellWithdrawn(tx, asked, 'Somebody has taken the alert group over')
      const changed = turned(group, 'resolved', { now: tx.now, person: null, silencedUntil: null })
      await turn(tx, settings, { actor, group, changed, fact: 'alert_group.resolved', newestAlert: null })
      return
    }
    case 'trigger_webhook': {
      const webhook = await findWebhook(tx.sql, organizationId, request.webhookId)
      if (webhook?.enabled !== true) return tellWithdrawn(tx, asked, 'The webhook was disabled or deleted before it was called')
      await tell(tx, settings, {
        actor,
        group,
        ...(await originOf(tx, group)),
        fact: 'alert_group.escalated',
        newestAlert: null,
        groupingKey: null,
        webhookId: request.webhookId,
        particulars: {},
      })
      return
    }
  }
}
