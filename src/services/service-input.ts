import { type Body, optional, readFields, referenceOrNull, required, text } from '../lib/fields.ts'
import type { Refusal } from '../lib/rejection.ts'
import type { Result } from '../lib/result.ts'

/** What is undefined keeps its value. Whether the team exists is not known yet. */
export type ServiceChange = { readonly name?: string | undefined; readonly teamId?: string | null | undefined }

const name = text(150)

/** The body that creates a service. */
export function parseNewService(body: Body): Result<ServiceChange & { readonly name: string }, Refusal> {
  return readFields((take) => ({
    name: take(required(body, 'name', name), ''),
    teamId: take(optional(body, 'team_id', referenceOrNull), undefined),
  }))
}

/** The body of a PUT or PATCH. */
export function parseServiceChange(body: Body): Result<ServiceChange, Refusal> {
  return readFields((take) => ({
    name: take(optional(body, 'name', name), undefined),
    teamId: take(optional(body, 'team_id', referenceOrNull), undefined),
  }))
}
