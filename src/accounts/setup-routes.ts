import type { FastifyReply } from 'fastify'
import type { App } from '../http/app.ts'
import { isObject } from '../lib/json.ts'
import { type FieldErrors, Rejection } from '../lib/rejection.ts'
import type { Ports } from '../ports.ts'
import { isSetupLinkOpen, useSetupLink } from './commands.ts'
import type { NewOrganization } from './organization.ts'
import { type Page, setupDone, setupForm, setupGone } from './setup-page.ts'

/** The one-time page of the first start. */
export function setupRoutes(app: App, db: Ports['db']): void {
  const config = { public: 'setup' } as const

  app.get<{ Params: { token: string } }>('/setup/:token', { config }, async (request, reply) => {
    if (!(await isSetupLinkOpen(db.sql, request.params.token))) return answer(reply, { status: 404, page: setupGone() })
    return answer(reply, { status: 200, page: setupForm({ name: '', email: '' }, {}) })
  })

  app.post<{ Params: { token: string } }>('/setup/:token', { config }, async (request, reply) => {
    const entered = { name: textOf(request.body, 'name'), email: textOf(request.body, 'email') }
    const setUp = await setUpOnce(db, request.params.token, entered)
    if ('token' in setUp) return answer(reply, { status: 201, page: setupDone({ token: setUp.token, baseUrl: app.baseUrl }) })
    if ('errors' in setUp) return answer(reply, { status: 400, page: setupForm(entered, setUp.errors) })
    return answer(reply, { status: 404, page: setupGone() })
  })
}

type SetUp = { readonly token: string } | { readonly errors: FieldErrors } | { readonly gone: true }

/** Bad input leaves the link as it was. */
async function setUpOnce(db: Ports['db'], link: string, entered: NewOrganization): Promise<SetUp> {
  try {
    const { token } = await db.tx('set up organization', (tx) => useSetupLink(tx, link, entered))
    return { token }
  } catch (fault) {
    if (!(fault instanceof Rejection)) throw fault
    return fault.refusal.kind === 'invalid-fields' ? { errors: fault.refusal.fields } : { gone: true }
  }
}

function answer(reply: FastifyReply, { status, page }: { readonly status: number; readonly page: Page }): FastifyReply {
  return reply
    .code(status)
    .header('content-security-policy', page.contentSecurityPolicy)
    .type('text/html; charset=utf-8')
    .send(page.html)
}

function textOf(body: unknown, name: string): string {
  const value = isObject(body) ? body[name] : undefined
  return typeof value === 'string' ? value : ''
}
