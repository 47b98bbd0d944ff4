import { type Body, optional, readFields, referenceOrNull, required, text } from '../lib/fields.ts'
import type { Refusal } from '../lib/rejection.ts'
import type { Result } from '../lib/result.ts'

/** Whether the user exists is not known yet; null is whoever asks. */
export type NewToken = { readonly name: string; readonly userId: string | null }

const name = text(100)

/** The body that makes a token. */
export function parseNewToken(body: Body): Result<NewToken, Refusal> {
  return readFields((take) => ({
    name: take(required(body, 'name', name), ''),
    userId: take(optional(body, 'user_id', referenceOrNull), null) ?? null,
  }))
}

/** The body of a PUT or PATCH: undefined keeps the name. */
export function parseTokenName(body: Body): Result<string | undefined, Refusal> {
  return optional(body, 'name', name)
}
