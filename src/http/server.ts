import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import type { Actor } from '../accounts/actor.ts'
import type { Ports } from '../ports.ts'
import type { App } from './app.ts'
import { requirePermission } from './auth.ts'
import { checkAccept, readBodies } from './content.ts'
import { requestMetrics } from './health.ts'
import { describeApi, serveDescription } from './openapi.ts'
import { answerClientFault, answerProblem, methodNotAllowed } from './problem.ts'
import { loggedPath, logRequests } from './request-log.ts'
import { validatorCompiler } from './validation.ts'

export type { App } from './app.ts'

export type ServerOptions = {
  readonly ports: Pick<Ports, 'clock' | 'random' | 'db' | 'log'>
  /** The public URL, without a slash at its end; its path is a prefix that requests may or may not have. */
  readonly baseUrl: string
  readonly version: string
  readonly registry: Registry
}

const bodyBytesMax = 1024 * 1024

/** A server without routes, which refuses routes without a permission. Slices add theirs; then it listens or is injected into. */
export async function makeServer({ ports, baseUrl, version, registry }: ServerOptions): Promise<App> {
  const { clock, random, db, log } = ports
  const problem = answerProblem(log)
  const prefix = new URL(baseUrl).pathname.replace(/\/$/, '')
  const app: App = fastify({
    logger: false,
    bodyLimit: bodyBytesMax,
    requestTimeout: 60_000,
    forceCloseConnections: 'idle',
    genReqId: () => Buffer.from(random.bytes(8)).toString('hex'),
    rewriteUrl: ({ url = '/' }) => withoutPrefix(url, prefix),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
    clientErrorHandler: answerClientFault,
    // Such a request passes no hook, so it is logged here.
    frameworkErrors: (fault, request, reply) => {
      problem(fault, request, reply)
      const { id: requestId, method, url } = request
      const path = loggedPath(url, undefined)
      log.info('request finished', { requestId, method, path, route: 'none', status: reply.statusCode })
    },
  }).withTypeProvider<TypeBoxTypeProvider>()

  const actors = new WeakMap<FastifyRequest, Actor>()
  const forms = new WeakSet<object>()
  app.decorate('baseUrl', baseUrl)
  app.setErrorHandler(problem)
  app.setValidatorCompiler(validatorCompiler({ isTexts: (body) => typeof body === 'object' && body !== null && forms.has(body) }))
  logRequests(app, { clock, log, actors, observe: requestMetrics(registry) })
  setHeaders(app)
  checkAccept(app)
  requirePermission(app, { db, actors })
  readBodies(app, forms)
  answerUnknownPaths(app)
  await describeApi(app, { version, baseUrl })
  serveDescription(app)
  return app
}

/** Behind a proxy that does not take the prefix off, `/oncall/api/v1/users` is `/api/v1/users`. */
function withoutPrefix(url: string, prefix: string): string {
  if (prefix === '' || !url.startsWith(prefix)) return url
  const rest = url.slice(prefix.length)
  if (rest === '' || rest.startsWith('?')) return `/${rest}`
  return rest.startsWith('/') ? rest : url
}

/** For answers that a browser might take for a page, and against caches that keep what a token showed. */
function setHeaders(app: App): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cache-control': 'no-store',
    })
  })
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** 405 where the path has other methods, else 404; before the body is read. */
function answerUnknownPaths(app: App): void {
  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    const [url = '/'] = request.url.split('?', 1)
    const allowed = methods.filter((method) => app.findRoute({ url, method }) !== null)
    if (allowed.length === 0) return reply.code(404).send({ detail: 'Not found.' })
    return reply.code(405).header('allow', allowed.join(', ')).send(methodNotAllowed(request.method))
  }
  app.addHook('onRequest', async (request, reply) => (request.is404 ? answer(request, reply) : undefined))
  app.setNotFoundHandler(answer)
}
