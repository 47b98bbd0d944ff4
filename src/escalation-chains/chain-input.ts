import { type Body, optional, readFields, required, referenceOrNull, text } from '../lib/fields.ts'
import type { Refusal } from '../lib/rejection.ts'
import type { Result } from '../lib/result.ts'

/** What is undefined keeps its value. Whether the team exists is not known yet. */
export type ChainChange = { readonly name?: string | undefined; readonly teamId?: string | null | undefined }

export type NewChain = ChainChange & { readonly name: string }

const name = text(100)

/** A body that must name the chain: to create one, or a PUT (contract grafana-oncall 4.13). */
export function parseChain(body: Body): Result<NewChain, Refusal> {
  return readFields((take) => ({
    name: take(required(body, 'name', name), ''),
    teamId: take(optional(body, 'team_id', referenceOrNull), undefined),
  }))
}

/** The body of a PATCH. */
export function parseChainChange(body: Body): Result<ChainChange, Refusal> {
  return readFields((take) => ({
    name: take(optional(body, 'name', name), undefined),
    teamId: take(optional(body, 'team_id', referenceOrNull), undefined),
  }))
}
