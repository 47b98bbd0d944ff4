import { type Actor, personOf } from '../../accounts/actor.ts'
import { audit, findUser, ownerOf, peopleByIds } from '../../accounts/commands.ts'
import { may } from '../../accounts/role.ts'
import type { User } from '../../accounts/user.ts'
import { known } from '../../lib/check.ts'
import { newUuid, type ScheduleId } from '../../lib/ids.ts'
import { conflict, forbidden, notFound } from '../../lib/rejection.ts'
import type { Sql, Tx } from '../../ports.ts'
import { type ExportKey, type ExportToken, exportTokenDigest, newExportToken } from './token.ts'
import * as store from './token-store.ts'
import { scheduleExists } from '../on-call-commands.ts'

/** A calendar that somebody asks for: of a schedule or of a user, by their ids. */
export type ExportSubject =
  | { readonly kind: 'schedule'; readonly id: ScheduleId }
  | { readonly kind: 'user'; readonly id: string }

/**
 * Makes the token of a calendar, which is told this once: of a schedule for oneself, of a user's shifts for oneself or, as an admin,
 * for the user. Rejects a second one; not found for what the organization does not have.
 */
export async function createExportToken(
  tx: Tx,
  actor: Actor,
  subject: ExportSubject,
): Promise<{ readonly token: string; readonly kept: ExportToken }> {
  const { organizationId } = actor
  const key = await keyOf(tx.sql, actor, subject)
  const token = newExportToken(tx.random)
  const kept: ExportToken = { ...key, id: newUuid(tx.now, tx.random.bytes), createdAt: tx.now }
  const digest = known(exportTokenDigest(token), 'a new token is a token')
  if (!(await store.insertExportToken(tx, organizationId, { ...kept, digest })))
    throw conflict('Schedule export token for user already exists')
  await audit(tx, actor, { action: 'export token created', subjectId: kept.id, details: key })
  return { token, kept }
}

/** The active token of a calendar, without the token itself. */
export async function exportTokenOf(sql: Sql, actor: Actor, subject: ExportSubject): Promise<ExportToken> {
  const token = await store.findExportToken(sql, actor.organizationId, await keyOf(sql, actor, subject))
  if (token === null) throw notFound()
  return token
}

/** Ends a token at once, on every node. */
export async function revokeExportToken(tx: Tx, actor: Actor, subject: ExportSubject): Promise<void> {
  const { id, userId, scheduleId } = await exportTokenOf(tx.sql, actor, subject)
  if (!(await store.markExportTokenRevoked(tx, actor.organizationId, id))) throw notFound()
  await audit(tx, actor, { action: 'export token revoked', subjectId: id, details: { userId, scheduleId } })
}

async function keyOf(sql: Sql, actor: Actor, { kind, id }: ExportSubject): Promise<ExportKey> {
  if (kind === 'user') {
    const user = await findUser(sql, actor, id)
    ownerOf(actor, user.id)
    return { userId: user.id, scheduleId: null }
  }
  const userId = personOf(actor)
  if (userId === null) throw forbidden()
  if (!(await scheduleExists(sql, actor.organizationId, id))) throw notFound()
  return { userId, scheduleId: id }
}

/**
 * Whose token this is, if it opens the calendar that is asked for; else forbidden, in the contract's words (grafana-oncall 4.7). A token
 * opens nothing while its owner may not read schedules, and never again when the account has ended.
 */
export async function admitExport(sql: Sql, token: string, subject: ExportSubject): Promise<User> {
  const digest = exportTokenDigest(token)
  const found = digest === null ? null : await store.findExport(sql, digest)
  if (found === null || (found.scheduleId === null) !== (subject.kind === 'user')) throw forbidden('Invalid token.')
  const { organizationId, userId, scheduleId, isRevoked } = found
  if ((scheduleId ?? userId) !== subject.id) throw forbidden(`Invalid schedule export token for ${subject.kind}`)
  const owner = (await peopleByIds(sql, organizationId, [userId])).get(userId)
  if (isRevoked || owner?.active !== true || !may(owner.role, 'schedules:read')) throw forbidden('Export token is deactivated')
  return owner
}
