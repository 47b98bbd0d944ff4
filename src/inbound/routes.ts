import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { App } from '../http/app.ts'
import { hasMoreFields } from '../http/content.ts'
import type { AlertSource } from '../integrations/integration.ts'
import { known } from '../lib/check.ts'
import { nestingOf } from '../lib/json.ts'
import type { InboundBody } from './adapter.ts'
import type { Intake } from './commands.ts'
import { instructionsPage } from './instructions.ts'
import { adapters, wrongType } from './registry.ts'

/** A monitoring tool gives an alert up for good on a 4xx, so long bodies are taken too. */
const bodyBytesMax = 16 * 1024 * 1024
const nestingMax = 200
const okBody = Buffer.from('"Ok."')

const params = Type.Object({ type: Type.String(), token: Type.String() })
type PathParams = { readonly Params: Static<typeof params> }
const path = '/integrations/v1/:type/:token'

/** Alerts in, as Grafana OnCall takes them (contract grafana-oncall 6). The token in the path is the only credential. */
export async function inboundRoutes(app: App, intake: Intake): Promise<void> {
  await app.register(async (plain) => {
    const scope: App = plain.withTypeProvider<TypeBoxTypeProvider>()
    readAnyBody(scope)

    scope.get(path, { config: { public: 'inbound' }, schema: { params } }, async (request, reply) => {
      const source = await intake.sourceAsItIs(request.params.token)
      if (source === null) return unknownToken(reply)
      reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
      return reply.type('text/html; charset=utf-8').send(instructionsPage(source))
    })

    const sources = new WeakMap<FastifyRequest, AlertSource>()
    const options = { config: { public: 'inbound' }, bodyLimit: bodyBytesMax, schema: { params } } as const
    // Before the body is read: without a token that we know, nobody makes us keep megabytes.
    const onRequest = async (request: FastifyRequest<PathParams>, reply: FastifyReply) => {
      const source = await intake.sourceOf(request.params.token)
      if (source === null) return unknownToken(reply)
      sources.set(request, source)
    }

    scope.post(path, { ...options, onRequest }, async (request, reply) => {
      const { type, token } = request.params
      const source = known(sources.get(request), 'a request without a source was answered before its body was read')
      const read = type === source.type ? bodyOf(request) : refuse(wrongType(type, source.type))
      if ('refusal' in read) {
        // The source may have been deleted since it was remembered, and then its token is what is wrong.
        if ((await intake.sourceAsItIs(token)) === null) return unknownToken(reply)
        return reply
          .code(400)
          .type(typeof read.refusal === 'string' ? 'text/plain' : 'application/json')
          .send(read.refusal)
      }
      if (!(await intake.accept({ token, source, signals: adapters[source.type](read) }))) return unknownToken(reply)
      return reply.code(200).type('application/json').send(okBody)
    })
  })
}

/** Senders name all kinds of content types, or none, for the same JSON. */
function readAnyBody(scope: App): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyBytesMax }, (_request, body, done) => done(null, body))
}

type Refused = { readonly refusal: string | { readonly detail: string } }

const refuse = (refusal: Refused['refusal']): Refused => ({ refusal })

/** As many as upstream takes; a form of millions would hold everybody up. */
const formFieldsMax = 1000

function bodyOf({ headers, body }: FastifyRequest): InboundBody | Refused {
  const [mediaType = ''] = (headers['content-type'] ?? '').toLowerCase().split(';', 1)
  if (mediaType.startsWith('multipart/')) return refuse('File uploads are not allowed')
  const text = Buffer.isBuffer(body) ? body.toString('utf8') : ''
  // Nothing sent is an empty object, as upstream reads it.
  if (text === '') return { json: {}, text: '{}' }
  return mediaType.trim() === 'application/x-www-form-urlencoded' ? formBody(text) : jsonBody(text)
}

function formBody(text: string): InboundBody | Refused {
  if (hasMoreFields(text, formFieldsMax)) return refuse({ detail: `The form has more than ${formFieldsMax} fields.` })
  const json = Object.fromEntries(new URLSearchParams(text))
  return { json, text: JSON.stringify(json) }
}

function jsonBody(text: string): InboundBody | Refused {
  if (nestingOf(text) > nestingMax) return refuse({ detail: `JSON parse error - nested more than ${nestingMax} levels deep` })
  try {
    const json: unknown = JSON.parse(text)
    return { json, text }
  } catch (fault) {
    return refuse({ detail: `JSON parse error - ${fault instanceof Error ? fault.message : 'not JSON'}` })
  }
}

function unknownToken(reply: FastifyReply): FastifyReply {
  return reply.code(403).type('text/html').send('Integration key was not found. Permission denied.')
}
