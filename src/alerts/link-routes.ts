import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { Actor } from '../accounts/actor.ts'
import { peopleByIds } from '../accounts/commands.ts'
import { may } from '../accounts/role.ts'
import type { App } from '../http/app.ts'
import { sourceOf } from '../integrations/commands.ts'
import type { LinkClaim } from '../notifications/link.ts'
import { readLink } from '../notifications/link.ts'
import {
  changesNothing,
  linkDonePage,
  type LinkedGroup,
  type LinkFault,
  linkFaultPage,
  linkPage,
  linkPagePolicy,
} from '../notifications/link-page.ts'
import type { Ports, Sql } from '../ports.ts'
import type { AlertGroup } from './alert-group.ts'
import { act, findAlertGroup } from './commands.ts'
import type { AlertSettings } from './settings.ts'
import { permalink } from './document.ts'
import { Rejection } from '../lib/rejection.ts'

type LinkOptions = { readonly ports: Pick<Ports, 'clock' | 'db'>; readonly settings: AlertSettings; readonly linkKey: Uint8Array }

const Params = Type.Object({ token: Type.String() })
const config = { public: 'link' } as const
const path = '/r/:token'

/**
 * The links in messages: good for one person, one alert group and one action, without signing in. GET shows a page with a
 * button and changes nothing, since mail scanners follow links; POST acts.
 */
export function linkRoutes(app: App, { ports: { clock, db }, settings, linkKey }: LinkOptions): void {
  app.get(path, { config, schema: { params: Params } }, async (request, reply) => {
    const linked = await follow(db.sql, request.params.token)
    if ('fault' in linked) return answerFault(reply, linked.fault)
    return answerPage(reply, linkPage(linked.claim.action, await shown(db.sql, linked.group)))
  })

  app.post(path, { config, schema: { params: Params } }, async (request, reply) => {
    const linked = await follow(db.sql, request.params.token)
    if ('fault' in linked) return answerFault(reply, linked.fault)
    const { claim, group } = linked
    const changed = changesNothing(claim.action, group.state) ? null : await actOn(claim)
    if (changed !== null) return answerPage(reply, linkDonePage(claim.action, await shown(db.sql, changed)))
    const now = await follow(db.sql, request.params.token)
    if ('fault' in now) return answerFault(reply, now.fault)
    return answerPage(reply, linkPage(claim.action, await shown(db.sql, now.group)))
  })

  /** The alert group as it is after the action; null when somebody, or a second press of the button, was faster. */
  const actOn = async ({ organizationId, userId, alertGroupId: id, action }: LinkClaim): Promise<AlertGroup | null> => {
    const actor: Actor = { kind: 'link', organizationId, userId, alertGroupId: id }
    try {
      return await db.tx(`${action} alert group`, (tx) => act(tx, settings, { actor, id, action }))
    } catch (fault) {
      if (fault instanceof Rejection) return null
      throw fault
    }
  }

  const follow = async (sql: Sql, token: string): Promise<Linked | { readonly fault: LinkFault }> => {
    const claim = readLink(linkKey, token, clock.now())
    if (!claim.ok) return { fault: claim.reason }
    const { organizationId, userId, alertGroupId } = claim.value
    const person = (await peopleByIds(sql, organizationId, [userId])).get(userId)
    if (person === undefined || !person.active || !may(person.role, 'alert-groups:write')) return { fault: 'not-allowed' }
    try {
      return { claim: claim.value, group: await findAlertGroup(sql, organizationId, alertGroupId) }
    } catch (fault) {
      if (fault instanceof Rejection) return { fault: 'gone' }
      throw fault
    }
  }

  const shown = async (sql: Sql, group: AlertGroup): Promise<LinkedGroup> => {
    const source = await sourceOf(sql, group.organizationId, group.integrationId)
    const by = group.resolvedBy ?? group.acknowledgedBy
    const people = await peopleByIds(sql, group.organizationId, by === null ? [] : [by])
    return {
      title: group.title,
      source: source?.name ?? '',
      startedAt: group.startedAt,
      state: group.state,
      stateBy: by === null ? null : (people.get(by)?.username ?? null),
      link: permalink(settings.baseUrl, group),
    }
  }

  const answerFault = (reply: FastifyReply, fault: LinkFault) =>
    answerPage(reply.code(statusOf[fault]), linkFaultPage(fault, settings.baseUrl))
}

type Linked = { readonly claim: LinkClaim; readonly group: AlertGroup }

const statusOf: Record<LinkFault, number> = { forged: 404, expired: 410, gone: 404, 'not-allowed': 403 }

function answerPage(reply: FastifyReply, html: string): FastifyReply {
  return reply.header('content-security-policy', linkPagePolicy()).type('text/html; charset=utf-8').send(html)
}
