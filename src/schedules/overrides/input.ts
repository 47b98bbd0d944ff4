import {
  type Body,
  fieldRefusal,
  optional,
  orNull,
  type Reader,
  readFields,
  reference,
  required,
  type Take,
  text,
  textList,
} from '../../lib/fields.ts'
import { asId, type UserId } from '../../lib/ids.ts'
import type { Refusal } from '../../lib/rejection.ts'
import { no, ok, type Result } from '../../lib/result.ts'
import { instant } from '../../lib/time.ts'
import type { OverrideAction } from '../engine/schedule.ts'
import { overrideRecord } from './record.ts'
import type { OverrideFields } from './override.ts'
import { wholeSecond } from '../readers.ts'

/** Reads the body of a new override, or the record of a stored one. Fields that mean nothing for its kind are not looked at. */
export function parseOverride(body: Body): Result<OverrideFields, Refusal> {
  const read = readFields((take) => ({
    name: take(optional(body, 'name', orNull(text(200))), undefined) ?? null,
    startAt: take(required(body, 'start', wholeSecond), instant(0)),
    endAt: take(required(body, 'end', wholeSecond), instant(0)),
    ...takeAction(body, take),
  }))
  if (!read.ok) return read
  const { value } = read
  if (value.startAt >= value.endAt) return no(fieldRefusal('end', 'The override ends after it starts.'))
  const isSelf = value.kind === 'replace-user' && value.userId === value.replaced
  return isSelf ? no(fieldRefusal('replaced', 'Nobody replaces themself.')) : read
}

/** Reads the body of a PUT or PATCH: what it leaves out stays as it is, as far as it means something for the kind. */
export const parseOverrideUpdate = (body: Body, current: OverrideFields): Result<OverrideFields, Refusal> =>
  parseOverride({ ...overrideRecord(current), ...body })

function takeAction(body: Body, take: Take): OverrideAction {
  const kind = take<OverrideKind | null>(required(body, 'kind', overrideKind), null)
  if (kind === null) return { kind: 'replace-all', users: [] }
  if (kind === 'replace_all') return { kind: 'replace-all', users: take(required(body, 'users', usersOrNobody), []) }
  const userId = take(required(body, 'user', user), asId<UserId>(''))
  if (kind !== 'replace_user') return { kind, userId }
  return { kind: 'replace-user', userId, replaced: take(required(body, 'replaced', user), asId<UserId>('')) }
}

const overrideKinds = ['replace_all', 'replace_user', 'add', 'remove'] as const

type OverrideKind = (typeof overrideKinds)[number]

const overrideKind: Reader<OverrideKind> = (value) => {
  const found = overrideKinds.find((kind) => kind === value)
  return found === undefined ? no(`Must be one of ${overrideKinds.join(', ')}.`) : ok(found)
}

const user: Reader<UserId> = (value) => {
  const read = reference(value)
  return read.ok ? ok(asId<UserId>(read.value)) : read
}

/** That nobody is on call must be said: an empty list may be a mistake. */
const usersOrNobody: Reader<readonly UserId[]> = (value) => {
  if (value === null) return ok([])
  const read = textList(value)
  if (!read.ok) return read
  if (read.value.length === 0) return no('This list may not be empty; null puts nobody on call.')
  return ok([...new Set(read.value)].map((id) => asId<UserId>(id)))
}
