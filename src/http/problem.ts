import type { Socket } from 'node:net'
import type { ErrorObject } from 'ajv'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { impossible } from '../lib/check.ts'
import { faultText } from '../lib/fault-text.ts'
import { type Refusal, Rejection } from '../lib/rejection.ts'
import type { Log } from '../ports.ts'
import { databaseIsFull, databaseIsTooSlow, databaseIsUnreachable, hasZeroByte } from '../lib/database-fault.ts'
import { type FieldMessages, fieldMessages } from './field-errors.ts'
import { requestFields } from './request-log.ts'

type Problem = {
  readonly status: number
  readonly body: { readonly detail: string } | Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

/** Answers everything that was thrown while a request was served. What is not the caller's fault is logged with its stack. */
export function answerProblem(log: Log) {
  return (fault: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { status, body, headers } = problemOf(fault, request)
    if (status >= 500) log.error('request failed', { ...requestFields(request), error: faultText(fault) })
    return reply
      .code(status)
      .headers(headers ?? {})
      .type('application/json; charset=utf-8')
      .serializer(JSON.stringify)
      .send(body)
  }
}

/** The body of an answer to a method that a path does not have. */
export const methodNotAllowed = (method: string) => ({ detail: `Method "${method}" not allowed.` })

function problemOf(fault: unknown, request: FastifyRequest): Problem {
  if (fault instanceof Rejection) return refusalProblem(fault.refusal)
  if (databaseIsUnreachable(fault)) return unreachable
  if (databaseIsTooSlow(fault)) return tooSlow
  if (databaseIsFull(fault)) return full
  if (hasZeroByte(fault)) return refusalProblem({ kind: 'invalid', detail: 'Null characters are not allowed.' })
  if (!(fault instanceof Error)) return broken
  if (hasValidation(fault)) return { status: 400, body: inputProblem(fault) }
  return knownProblem(fault, request)
}

function refusalProblem(refusal: Refusal): Problem {
  switch (refusal.kind) {
    case 'invalid':
      return { status: 400, body: { detail: refusal.detail } }
    case 'invalid-fields':
      return { status: 400, body: refusal.fields }
    case 'invalid-places':
      return { status: 400, body: { [refusal.field]: refusal.places } }
    case 'forbidden':
      return { status: 403, body: { detail: refusal.detail } }
    case 'not-found':
      return { status: 404, body: { detail: 'Not found.' } }
    case 'conflict':
      return { status: 409, body: { detail: refusal.detail } }
    case 'too-many': {
      const seconds = String(refusal.retryAfterSeconds)
      return { status: 429, body: { detail: refusal.detail }, headers: { 'retry-after': seconds, 'ratelimit-reset': seconds } }
    }
    default:
      return impossible(refusal)
  }
}

const unreachable: Problem = {
  status: 503,
  body: { detail: 'The database is not reachable. Try again.' },
  headers: { 'retry-after': '5' },
}

const tooSlow: Problem = { ...unreachable, body: { detail: 'The database took too long. Try again.' } }

const full: Problem = { ...unreachable, body: { detail: 'The database has no room left. Try again.' } }

const broken: Problem = { status: 500, body: { detail: 'Internal server error.' } }

type InputFault = Error & { readonly validation: readonly ErrorObject[]; readonly validationContext?: string }

const hasValidation = (fault: Error): fault is InputFault => 'validation' in fault && Array.isArray(fault.validation)

/** A path parameter that its schema refuses cannot name anything. */
function inputProblem({ validation, validationContext }: InputFault): FieldMessages {
  return fieldMessages(validation, validationContext === 'querystring' ? 'querystring' : 'body')
}

/** The faults that Fastify itself finds. */
function knownProblem(fault: Error, request: FastifyRequest): Problem {
  // A path that cannot be decoded names nothing.
  if ('code' in fault && fault.code === 'FST_ERR_BAD_URL') return refusalProblem({ kind: 'not-found' })
  const status = 'statusCode' in fault ? fault.statusCode : 500
  switch (status) {
    case 404:
    case 414:
      return refusalProblem({ kind: 'not-found' })
    case 413:
      return { status: 413, body: { detail: 'The request body is too large.' } }
    case 415:
      return { status: 415, body: { detail: `Unsupported media type "${request.headers['content-type'] ?? ''}" in request.` } }
    default:
      return typeof status === 'number' && status >= 400 && status < 500 ? { status, body: { detail: fault.message } } : broken
  }
}

const clientFaults: Readonly<Record<string, { readonly line: string; readonly detail: string }>> = {
  HPE_HEADER_OVERFLOW: { line: '431 Request Header Fields Too Large', detail: 'The request headers are too large.' },
  ERR_HTTP_REQUEST_TIMEOUT: { line: '408 Request Timeout', detail: 'The request took too long.' },
}

const malformed = { line: '400 Bad Request', detail: 'The request is not HTTP.' }

/** Answers what is no request yet, for example because its headers are too long, and hangs up. */
export function answerClientFault(fault: Error & { readonly code?: string }, socket: Socket): void {
  if (fault.code === 'ECONNRESET' || socket.destroyed) return
  const { line, detail } = clientFaults[fault.code ?? ''] ?? malformed
  const body = JSON.stringify({ detail })
  const headers = `content-type: application/json; charset=utf-8\r\ncontent-length: ${body.length}\r\nconnection: close`
  if (socket.writable) socket.write(`HTTP/1.1 ${line}\r\n${headers}\r\n\r\n${body}`)
  socket.destroySoon()
}
