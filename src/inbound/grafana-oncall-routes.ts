import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { App } from '../http/app.ts'
import type { AlertSource } from '../integrations/integration.ts'
import { known } from '../lib/check.ts'
import { readBody, refuse, type Refused } from './body.ts'
import type { Intake } from './commands.ts'
import { showInstructions } from './instructions-routes.ts'
import { adapters, wrongType } from './registry.ts'

const okBody = Buffer.from('"Ok."')

const params = Type.Object({ type: Type.String(), token: Type.String() })
type PathParams = { readonly Params: Static<typeof params> }
const path = '/integrations/v1/:type/:token'
const options = { config: { public: 'inbound' }, schema: { params } } as const

/** Alerts in, as Grafana OnCall takes them (contract grafana-oncall 6). The token in the path is the only credential. */
export function grafanaOncallRoutes(scope: App, intake: Intake): void {
  scope.get(path, options, async (request, reply) => {
    const source = await intake.sourceAsItIs(request.params.token)
    return source === null ? refuseSource(reply, source) : showInstructions(reply, source)
  })

  const sources = new WeakMap<FastifyRequest, AlertSource>()
  // Before the body is read: without a token that we know, nobody makes us keep megabytes.
  const onRequest = async (request: FastifyRequest<PathParams>, reply: FastifyReply) => {
    const { token } = request.params
    const remembered = await intake.sourceOf(token)
    const source = remembered?.enabled === false ? await intake.sourceAsItIs(token) : remembered
    if (source === null || !source.enabled) return refuseSource(reply, source)
    sources.set(request, source)
  }

  scope.post(path, { ...options, onRequest }, async (request, reply) => {
    const { type, token } = request.params
    const source = known(sources.get(request), 'a request without a source was answered before its body was read')
    const adapter = type === source.type ? adapters[source.type] : null
    const read = adapter === null ? refuse(wrongType(type, source.type)) : readBody(request.headers['content-type'], request.body)
    if ('refusal' in read) {
      // The source may have been deleted since it was remembered, and then its token is what is wrong.
      const now = await intake.sourceAsItIs(token)
      return now === null ? refuseSource(reply, now) : refuseBody(reply, read)
    }
    const signals = known(adapter, 'a body was read for an adapter')(read)
    if (!(await intake.accept({ token, source, signals }))) return refuseSource(reply, await intake.sourceAsItIs(token))
    return reply.code(200).type('application/json').send(okBody)
  })
}

function refuseBody(reply: FastifyReply, { refusal }: Refused): FastifyReply {
  return reply
    .code(400)
    .type(typeof refusal === 'string' ? 'text/plain' : 'application/json')
    .send(refusal)
}

/** Upstream has no integrations that are disabled; its status for a key that opens nothing is what senders know. */
function refuseSource(reply: FastifyReply, source: AlertSource | null): FastifyReply {
  const words = source === null ? 'Integration key was not found.' : 'Integration is disabled.'
  return reply.code(403).type('text/html').send(`${words} Permission denied.`)
}
