import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import type { FinishedRequest } from './request-log.ts'
import type { App } from './app.ts'

/** Each thing that must be well before requests are welcome, by name: `'ok'`, or in words why it is not. */
export type Readiness = Readonly<Record<string, string>>

type Health = {
  /** Asked for each `/health/ready`; answers soon, also when the database hangs. */
  readonly readiness: () => Promise<Readiness>
  readonly registry: Registry
}

const operations = { public: 'operations' } as const

/** `/health/live`, `/health/ready` and `/metrics`. */
export function healthRoutes(app: App, { readiness, registry }: Health): void {
  app.get('/health/live', { config: operations }, async () => ({ status: 'alive' }))

  app.get('/health/ready', { config: operations }, async (_request, reply) => {
    const checks = await readiness()
    const ready = Object.values(checks).every((state) => state === 'ok')
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', checks })
  })

  app.get('/metrics', { config: operations }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  )
}

/** A registry that knows the process: memory, CPU, event loop, garbage collection. */
export function processMetrics(): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return registry
}

/** Counts requests and their time by route pattern, never by path: a path may carry a secret, and there are too many. */
export function requestMetrics(registry: Registry): (request: FinishedRequest) => void {
  const histogram = new Histogram({
    name: 'watchbell_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  return ({ method, route, status, durationMs }) => histogram.observe({ method, route, status }, durationMs / 1000)
}
