import {
  anyText,
  type Body,
  optional,
  type Reader,
  readFields,
  referenceOrNull,
  required,
  type Take,
  text,
  textList,
} from '../lib/fields.ts'
import { asId, type EscalationChainId, type UserId } from '../lib/ids.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import type { TeamFields } from './team.ts'
import { isEmail } from './user.ts'

/** What is undefined keeps its value. Whether the chain and the users exist is not known yet. */
export type TeamChange = { readonly [Field in keyof TeamFields]?: TeamFields[Field] | undefined }

export type NewTeam = TeamChange & Pick<TeamFields, 'name'>

/** The body that creates a team. */
export function parseNewTeam(body: Body): Result<NewTeam, Refusal> {
  return readFields((take) => ({ name: take(required(body, 'name', name), ''), ...otherFields(body, take) }))
}

/** The body of a PUT or PATCH: what is missing stays. */
export function parseTeamChange(body: Body): Result<TeamChange, Refusal> {
  return readFields((take) => ({ name: take(optional(body, 'name', name), undefined), ...otherFields(body, take) }))
}

const name = text(100)

function otherFields(body: Body, take: Take): Omit<TeamChange, 'name'> {
  return {
    email: take(optional(body, 'email', emailOrNull), undefined),
    escalationChainId: take(optional(body, 'escalation_chain_id', chainOrNull), undefined),
    userIds: take(optional(body, 'users', users), undefined),
  }
}

/** Null and the empty text mean none. */
const emailOrNull: Reader<string | null> = (value) => {
  if (value === null) return ok(null)
  const read = anyText(254)(value)
  if (!read.ok || read.value === '') return read.ok ? ok(null) : read
  return isEmail(read.value) ? read : no('Enter a valid email address.')
}

const chainOrNull: Reader<EscalationChainId | null> = (value) => {
  const read = referenceOrNull(value)
  return read.ok ? ok(read.value === null ? null : asId<EscalationChainId>(read.value)) : read
}

const users: Reader<readonly UserId[]> = (value) => {
  const read = textList(value)
  return read.ok ? ok([...new Set(read.value)].map((id) => asId<UserId>(id))) : read
}
