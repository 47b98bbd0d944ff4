import { type Body, optional, readFields, referenceOrNull } from '../lib/fields.ts'
import { asId, type EscalationChainId, type TeamId, type UserId } from '../lib/ids.ts'
import type { JsonWithRaw } from '../lib/json.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, type Result } from '../lib/result.ts'

/** Whom an alert group is for: who is paged about it while it fires. */
export type Assignee =
  | { readonly type: 'user'; readonly id: UserId }
  | { readonly type: 'team'; readonly id: TeamId }
  | { readonly type: 'escalation_chain'; readonly id: EscalationChainId }

/** The body that reassigns an alert group names exactly one; null and an empty text count as not named. Whether it exists is not known. */
export function parseAssignee(body: Body): Result<Assignee, Refusal> {
  const read = readFields((take) => {
    const named = (name: Assignee['type']) => take(optional(body, name, referenceOrNull), null) ?? null
    return { user: named('user'), team: named('team'), chain: named('escalation_chain') }
  })
  if (!read.ok) return read
  const { user, team, chain } = read.value
  const named: readonly Assignee[] = [
    ...(user === null ? [] : [{ type: 'user', id: asId<UserId>(user) } as const]),
    ...(team === null ? [] : [{ type: 'team', id: asId<TeamId>(team) } as const]),
    ...(chain === null ? [] : [{ type: 'escalation_chain', id: asId<EscalationChainId>(chain) } as const]),
  ]
  const [assignee] = named
  return assignee === undefined || named.length > 1 ? no(notOne) : { ok: true, value: assignee }
}

const notOne: Refusal = {
  kind: 'invalid-fields',
  fields: { non_field_errors: ['Name exactly one of user, team and escalation_chain.'] },
}

/** Whom a group is for: whom it was reassigned to, else the chain of its route or team; null when it is for nobody. */
export function assigneeOf(
  { assignee }: { readonly assignee: Assignee | null },
  chainId: EscalationChainId | null,
): Assignee | null {
  return assignee ?? (chainId === null ? null : { type: 'escalation_chain', id: chainId })
}

/** As the API and events show it. */
export const assigneeDocument = (assignee: Assignee | null): JsonWithRaw =>
  assignee === null ? null : { type: assignee.type, id: assignee.id }
