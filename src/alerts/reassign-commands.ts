import type { Actor } from '../accounts/actor.ts'
import { audit, peopleByIds } from '../accounts/commands.ts'
import { keepTeam } from '../accounts/team-commands.ts'
import { mayBeNotified } from '../accounts/user.ts'
import { keepChain } from '../escalation-chains/commands.ts'
import { startEscalations, stopEscalations } from '../escalations/commands.ts'
import type { AlertGroupEventType } from '../events/catalogue.ts'
import { publish } from '../events/commands.ts'
import { check } from '../lib/check.ts'
import { accepted, type Body } from '../lib/fields.ts'
import type { AlertGroupId, OrganizationId } from '../lib/ids.ts'
import { invalid, invalidField, notFound } from '../lib/rejection.ts'
import type { Tx } from '../ports.ts'
import type { AlertGroup } from './alert-group.ts'
import { type Assignee, assigneeDocument, assigneeOf, parseAssignee } from './assignee.ts'
import { originOf, targetOf } from './origin-commands.ts'
import type { AlertSettings } from './settings.ts'
import type { AlertGroupState } from './state.ts'
import * as store from './store.ts'
import { startOf, tell } from './telling-commands.ts'
import { turned } from './turn.ts'

export type Reassignment = { readonly actor: Actor; readonly id: AlertGroupId; readonly body: Body }

/**
 * Hands an alert group over to a user, a team or an escalation chain. Whoever was paged before is left alone from now on,
 * and the new one is paged at once; a group that somebody had acknowledged or silenced fires again, since it is the new
 * one's to acknowledge. Rejects for a resolved group, and for whom nobody can be paged by.
 */
export async function reassign(tx: Tx, settings: AlertSettings, { actor, id, body }: Reassignment): Promise<void> {
  const { organizationId } = actor
  const group = await store.lockGroup(tx, organizationId, id)
  if (group === null) throw notFound()
  const assignee = await requireAssignee(tx, organizationId, accepted(parseAssignee(body)))
  if (group.state === 'resolved') throw invalid("Can't reassign a resolved alert group")
  const changed = { ...turned(group, 'firing', { now: tx.now, person: null, silencedUntil: null }), assignee }
  check((await store.saveState(tx, changed, group.state)) === 1, 'a locked alert group keeps its state')
  await stopEscalations(tx, organizationId, [id])
  await begin(tx, settings, { actor, group, changed })
  const details = { to: assignee.id, from: group.assignee?.id ?? null, state: group.state }
  await audit(tx, actor, { action: 'alert group reassigned', subjectId: id, details })
}

type Handover = { readonly actor: Actor; readonly group: AlertGroup; readonly changed: AlertGroup }

/** Pages the new one. Webhooks that follow the state hear that it is firing again; then the log says who handed it to whom. */
async function begin(tx: Tx, settings: AlertSettings, { actor, group, changed }: Handover): Promise<void> {
  const origin = await originOf(tx, changed)
  const target = await targetOf(tx, changed, origin.chainId)
  const started = await startEscalations(tx, [startOf({ actor, group: changed, source: origin.source, target }, settings)])
  const telling = {
    actor,
    group: changed,
    ...origin,
    newestAlert: null,
    groupingKey: null,
    webhookId: null,
    particulars: {},
  }
  const awoken = awakening[group.state]
  if (awoken !== null) await tell(tx, settings, { ...telling, fact: awoken })
  const particulars = {
    from: assigneeDocument(assigneeOf(group, origin.chainId)),
    to: assigneeDocument(assigneeOf(changed, origin.chainId)),
  }
  await tell(tx, settings, { ...telling, fact: 'alert_group.reassigned', particulars })
  for (const fact of started) publish(tx, fact)
}

/** What it means for a group in a state to fire again. */
const awakening = {
  firing: null,
  acknowledged: 'alert_group.unacknowledged',
  silenced: 'alert_group.unsilenced',
  resolved: null,
} as const satisfies Record<AlertGroupState, AlertGroupEventType | null>

/** Rejects who is not there, and a user who may not be paged. */
async function requireAssignee(tx: Tx, organizationId: OrganizationId, assignee: Assignee): Promise<Assignee> {
  switch (assignee.type) {
    case 'user': {
      const user = (await peopleByIds(tx.sql, organizationId, [assignee.id])).get(assignee.id)
      if (user === undefined) throw invalidField('user', 'Object does not exist')
      if (!mayBeNotified(user)) throw invalidField('user', 'This user may not be paged')
      return assignee
    }
    case 'team':
      if (!(await keepTeam(tx, organizationId, assignee.id))) throw invalidField('team', 'Object does not exist')
      return assignee
    case 'escalation_chain':
      if (!(await keepChain(tx, organizationId, assignee.id))) throw invalidField('escalation_chain', 'Object does not exist')
      return assignee
  }
}
