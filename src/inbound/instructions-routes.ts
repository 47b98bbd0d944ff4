import type { FastifyReply } from 'fastify'
import type { IntegrationType } from '../integrations/integration.ts'
import { instructionsPage } from './instructions.ts'

/** Answers a person who opens an inbound URL in a browser. */
export function showInstructions(reply: FastifyReply, source: { readonly type: IntegrationType }): FastifyReply {
  reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
  return reply.type('text/html; charset=utf-8').send(instructionsPage(source))
}
