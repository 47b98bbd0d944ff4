import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Vault } from '../accounts/secret.ts'
import type { App } from '../http/app.ts'
import { headerTokenFits } from '../integrations/commands.ts'
import type { AlertSource } from '../integrations/integration.ts'
import { known } from '../lib/check.ts'
import { no } from '../lib/result.ts'
import { readBody } from './body.ts'
import type { Intake } from './commands.ts'
import { showInstructions } from './instructions-routes.ts'
import { pagertree, withBraces } from './pagertree.ts'
import { pagertreeAddress } from './pagertree-address.ts'

type Needs = { readonly intake: Intake; readonly vault: Vault }

const params = Type.Object({ first: Type.String(), second: Type.Optional(Type.String()), third: Type.Optional(Type.String()) })
type Request = FastifyRequest<{ readonly Params: Static<typeof params> }>
const paths = ['/integration/:first', '/integration/:first/:second', '/integration/:first/:second/:third']
const options = { config: { public: 'inbound' }, schema: { params } } as const

/** Alerts in, as PagerTree takes them (contract vendors 4.1). Answers have no body, but for a 400. */
export function pagertreeRoutes(scope: App, { intake, vault }: Needs): void {
  const sources = new WeakMap<FastifyRequest, AlertSource>()
  const refusalOf = (request: Request, source: AlertSource | null) => {
    if (source === null) return 404
    if (!source.enabled) return 405
    const { 'pagertree-token': shown } = request.headers
    return headerTokenFits(vault, source, typeof shown === 'string' ? shown : null) ? null : 403
  }
  /** The source that may be sent to, or the status of why not. What is remembered may only let in. */
  const admit = async (request: Request): Promise<AlertSource | number> => {
    const remembered = await sourceAt(request.params, intake.sourceOf)
    if (remembered !== null && refusalOf(request, remembered) === null) return remembered
    const source = await sourceAt(request.params, intake.sourceAsItIs)
    return refusalOf(request, source) ?? known(source, 'an unknown source is refused')
  }
  // Before the body is read: without a key that we know, nobody makes us keep megabytes.
  const onRequest = async (request: Request, reply: FastifyReply) => {
    const admitted = await admit(request)
    if (typeof admitted === 'number') return reply.code(admitted).send()
    sources.set(request, admitted)
  }
  const take = async (request: Request, reply: FastifyReply) => {
    const source = known(sources.get(request), 'a request without a source was answered before its body was read')
    const signal = signalOf(request)
    const { token } = known(pagertreeAddress(request.params), 'a source has an address')
    if (signal.ok && (await intake.accept({ token, source, signals: [signal.value] }))) return reply.code(200).send()
    // The source may have changed since it was remembered, and then that is what is wrong.
    const status = refusalOf(request, await sourceAt(request.params, intake.sourceAsItIs))
    if (status !== null) return reply.code(status).send()
    return signal.ok ? reply.code(503).send() : refuseBody(reply, signal.reason)
  }
  for (const path of paths) {
    scope.get(path, options, async (request, reply) => {
      const source = await sourceAt(request.params, intake.sourceAsItIs)
      return source === null ? reply.code(404).send() : showInstructions(reply, source)
    })
    scope.post(path, { ...options, onRequest }, take)
  }
}

/** The source that a path leads to, looked up by its token. */
async function sourceAt(
  path: Static<typeof params>,
  look: (token: string) => Promise<AlertSource | null>,
): Promise<AlertSource | null> {
  const address = pagertreeAddress(path)
  const source = address === null ? null : await look(address.token)
  if (source?.type !== 'pagertree') return null
  return address?.organizationId === null || address?.organizationId === source.organizationId ? source : null
}

function signalOf({ headers, body }: Request): ReturnType<typeof pagertree> {
  const read = readBody(headers['content-type'], Buffer.isBuffer(body) ? withBraces(body) : body)
  if (!('refusal' in read)) return pagertree(read)
  return no(typeof read.refusal === 'string' ? read.refusal : read.refusal.detail)
}

/** The contract's form of errors, with the status that this body has. */
const refuseBody = (reply: FastifyReply, message: string): FastifyReply =>
  reply
    .code(400)
    .type('application/json')
    .send({ errors: [{ message }], code: 400 })
