import type { FastifyReply } from 'fastify'
import { type TSchema, type TUnsafe, Type } from 'typebox'
import { type JsonWithRaw, jsonText } from '../lib/json.ts'

/** The schema of an answer that its route writes itself, because foreign JSON inside it is passed on letter by letter. */
export function written(schema: TSchema): TUnsafe<Buffer> {
  return Type.Unsafe<Buffer>({ ...schema })
}

/** Writes such an answer. Bytes, so that it goes out as it stands. */
export function writeJson(reply: FastifyReply, value: JsonWithRaw): Buffer {
  reply.type('application/json')
  return Buffer.from(jsonText(value))
}
