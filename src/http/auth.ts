import type { FastifyRequest } from 'fastify'
import type { Actor } from '../accounts/actor.ts'
import { authenticate } from '../accounts/commands.ts'
import { may, type Permission } from '../accounts/role.ts'
import { check, known } from '../lib/check.ts'
import { forbidden } from '../lib/rejection.ts'
import type { Database } from '../ports.ts'
import { isPublic, type PublicReason } from './public-routes.ts'
import type { App } from './app.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks. Only routes with a permission may read it. */
    readonly actor: Actor
  }
  /** Every route has exactly one of the two. */
  interface FastifyContextConfig {
    permission?: Permission
    public?: PublicReason
  }
}

const refusals = {
  invalid: 'Invalid token.',
  deactivated: 'Only active users are allowed to perform this action.',
} as const

type Options = { readonly db: Database; readonly actors: WeakMap<FastifyRequest, Actor> }

/** Lets no route start without a permission or a place on the public list, and no request through without the permission. */
export function requirePermission(app: App, { db, actors }: Options): void {
  app.decorateRequest('actor', {
    getter(this: FastifyRequest) {
      return known(actors.get(this), 'only routes with a permission ask for the actor')
    },
  })
  app.addHook('onRoute', ({ method, url, config }) => {
    const name = `${String(method)} ${url}`
    if (config?.public === undefined) return check(config?.permission !== undefined, `${name} has a permission`)
    check(config.permission === undefined, `${name} is either public or has a permission`)
    check(isPublic(url, config.public), `${name} is on the list of public routes`)
  })
  // Before the body is read: who is not known sends nothing that is parsed.
  app.addHook('onRequest', async (request) => {
    const { permission } = request.routeOptions.config
    if (permission === undefined) return
    const answer = await authenticate(db.sql, tokenOf(request.headers.authorization))
    if (!answer.ok) throw forbidden(refusals[answer.reason])
    if (!may(answer.value.role, permission)) throw forbidden()
    actors.set(request, answer.value)
  })
}

/** The token of an Authorization header: bare, or after `Bearer` or `Token` in any case. Empty when there is none. */
function tokenOf(header: string | undefined): string {
  return (header ?? '').trim().replace(/^(?:bearer|token) +/i, '')
}
