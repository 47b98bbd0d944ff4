import type { FastifyRequest } from 'fastify'
import { hasMoreFields } from '../lib/form.ts'
import { isObject, nestingOf } from '../lib/json.ts'
import { invalid } from '../lib/rejection.ts'
import type { App } from './app.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The media type of the answer where it is not JSON. */
    answers?: string
  }
}

const nestingMax = 200
const formFieldsMax = 1000

/** Reads JSON and forms, and nothing else. Slices with contracts of their own bring their parsers in a scope of their own. */
export function readBodies(app: App, forms: WeakSet<object>): void {
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = body.toString()
    // Clients exist that send a JSON content type with their DELETE, and no body.
    if (text === '') return done(null, undefined)
    if (nestingOf(text) > nestingMax) return done(invalid(`JSON parse error - nested more than ${nestingMax} levels deep`))
    void parseJson(request, text, (refusal, value) =>
      done(refusal === null ? null : invalid(`JSON parse error - ${jsonFault(text)}`), value),
    )
  })
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    const text = body.toString()
    if (hasMoreFields(text, formFieldsMax)) return done(invalid(`The form has more than ${formFieldsMax} fields.`))
    const form = formOf(text)
    forms.add(form)
    done(null, form)
  })
  // Where a body has required keys, no body lacks them all: the answer names them.
  app.addHook('preValidation', async (request) => {
    if (request.body === undefined && isObject(request.routeOptions.schema?.body)) request.body = {}
  })
}

/** Refuses requests whose Accept header rules out what the route answers (contract grafana-oncall 1.4). */
export function checkAccept(app: App): void {
  app.addHook('onRequest', async (request, reply) => {
    if (!request.url.startsWith('/api/v1/') || request.is404 || accepts(request)) return
    return reply.code(406).send({ detail: 'Could not satisfy the request Accept header.' })
  })
}

function accepts(request: FastifyRequest): boolean {
  const { accept } = request.headers
  if (accept === undefined || accept.trim() === '') return true
  const answers = request.routeOptions.config.answers ?? 'application/json'
  const fitting = new Set([answers, `${answers.split('/', 1).join()}/*`, '*/*', '*'])
  return accept.split(',').some((range) => fitting.has(range.split(';', 1).join().trim().toLowerCase()))
}

/** What the parser says; it refuses `__proto__` and `constructor.prototype` too, although they are JSON. */
function jsonFault(text: string): string {
  try {
    JSON.parse(text)
    return 'a key that is not allowed'
  } catch (fault) {
    return fault instanceof Error ? fault.message : String(fault)
  }
}

/** A key that is there once is a text; one that is there more often is a list. */
function formOf(body: string): Record<string, string | string[]> {
  const fields = new URLSearchParams(body)
  const names = [...new Set(fields.keys())]
  return Object.fromEntries(
    names.map((name) => {
      const [first = '', ...more] = fields.getAll(name)
      return [name, more.length === 0 ? first : [first, ...more]]
    }),
  )
}
