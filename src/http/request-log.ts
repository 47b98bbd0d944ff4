import type { FastifyRequest } from 'fastify'
import { type Actor, personOf } from '../accounts/actor.ts'
import { type Ms, ms } from '../lib/time.ts'
import type { Clock, Log, LogFields } from '../ports.ts'
import type { App } from './app.ts'

export type FinishedRequest = {
  readonly method: string
  readonly route: string
  readonly status: number
  readonly durationMs: Ms
}

type Options = {
  readonly clock: Clock
  readonly log: Log
  readonly actors: { get(request: FastifyRequest): Actor | undefined }
  /** Told about each request that was answered. */
  readonly observe: (request: FinishedRequest) => void
}

/** Writes one line per finished request. Health checks come every few seconds and only show at `debug`. */
export function logRequests(app: App, { clock, log, actors, observe }: Options): void {
  const begun = new WeakMap<FastifyRequest, Ms>()
  app.addHook('onRequest', async (request) => void begun.set(request, clock.monotonic()))
  app.addHook('onResponse', async (request, reply) => {
    const now = clock.monotonic()
    const durationMs = ms(now - (begun.get(request) ?? now))
    const route = request.routeOptions.url ?? 'none'
    observe({ method: request.method, route, status: reply.statusCode, durationMs })
    const actor = actors.get(request)
    const level = isHealthCheck(request) ? 'debug' : 'info'
    log[level]('request finished', {
      ...requestFields(request),
      route,
      status: reply.statusCode,
      durationMs: Math.round(durationMs * 10) / 10,
      organizationId: actor?.organizationId,
      userId: actor === undefined ? undefined : personOf(actor),
    })
  })
  app.addHook('onRequestAbort', async (request) => log.info('request aborted', requestFields(request)))
}

/** What every line about a request says. */
export function requestFields(request: FastifyRequest): LogFields & { readonly requestId: string } {
  const { id, method, url } = request
  return { requestId: id, method, path: loggedPath(url, request.routeOptions.url) }
}

/**
 * The path without secrets. Outside `/api/v1` most paths carry one (integration tokens, links), so their route's pattern
 * stands for them, and only the first word of a path that no route took.
 */
export function loggedPath(url: string, route: string | undefined): string {
  if (route !== undefined && url.startsWith('/api/v1/')) return url.replace(/(?<=[?&])([^=&?]*)=([^&]*)/g, maskedParameter)
  return route ?? url.replace(/^\/?([^/?]*).*$/s, (_url, word: string) => (word === '' ? '/***' : `/${word}/***`))
}

const secretKeys = /token|secret|password|authorization|^(?:api_?)?key$/i

/** Keys may be written with escapes; what is long and without punctuation may be a secret under any key. */
function maskedParameter(parameter: string, key: string, value: string): string {
  const name = [...new URLSearchParams(key).keys()].join('')
  return secretKeys.test(name) || /[a-z\d]{20}/i.test(value) ? `${key}=***` : parameter
}

function isHealthCheck(request: FastifyRequest): boolean {
  const route = request.routeOptions.url ?? ''
  return route.startsWith('/health/') || route === '/metrics'
}
