import {
  anyText,
  type Body,
  detailRefusal,
  fieldRefusal,
  optional,
  orNull,
  type Reader,
  readFields,
  reference,
  required,
} from '../../lib/fields.ts'
import { asId, type ScheduleId, type UserId } from '../../lib/ids.ts'
import type { Refusal } from '../../lib/rejection.ts'
import { no, ok, type Result } from '../../lib/result.ts'
import { type Instant, instant } from '../../lib/time.ts'
import { wholeSecond } from '../readers.ts'
import type { SwapFields } from './swap.ts'

/** Reads the body of a new swap. The ids still have to be looked up. */
export function parseNewSwap(body: Body, now: Instant): Result<SwapFields & { readonly beneficiaryId: UserId }, Refusal> {
  const read = readFields((take) => ({
    beneficiaryId: take(person(body, 'beneficiary'), asId<UserId>('')),
    scheduleId: take(required(body, 'schedule', schedule), asId<ScheduleId>('')),
    startAt: take(required(body, 'swap_start', wholeSecond), instant(0)),
    endAt: take(required(body, 'swap_end', wholeSecond), instant(1)),
    description: take(optional(body, 'description', description), undefined) ?? null,
  }))
  return read.ok ? possible(read.value, now) : read
}

/** Reads the body of a PUT or PATCH: what it leaves out stays as it is. Who asks for the swap cannot change. */
export function parseSwapUpdate(
  body: Body,
  { current, now }: { readonly current: SwapFields; readonly now: Instant },
): Result<SwapFields, Refusal> {
  const read = readFields((take) => ({
    scheduleId: take(optional(body, 'schedule', schedule), undefined),
    startAt: take(optional(body, 'swap_start', wholeSecond), undefined),
    endAt: take(optional(body, 'swap_end', wholeSecond), undefined),
    description: take(optional(body, 'description', description), undefined),
  }))
  if (!read.ok) return read
  const { startAt, endAt, scheduleId, description: said } = read.value
  const kept = {
    startAt: current.startAt,
    endAt: current.endAt,
    scheduleId: scheduleId ?? current.scheduleId,
    description: said === undefined ? current.description : said,
  }
  if (startAt === undefined && endAt === undefined) return ok(kept)
  if (startAt === undefined || endAt === undefined) return no(whole(oneTime))
  const isUnchanged = startAt === current.startAt && endAt === current.endAt
  return isUnchanged ? ok(kept) : possible({ ...kept, startAt, endAt }, now)
}

/** Reads who takes a swap. */
export const parseBenefactor = (body: Body): Result<UserId, Refusal> => person(body, 'benefactor')

/** Reads the instant after which swaps of a list begin, `starting_after`; missing: now. */
export const parseStartingAfter = (query: Body, now: Instant): Result<Instant, Refusal> =>
  readFields((take) => take(optional(query, 'starting_after', instantOfQuery), undefined) ?? now)

function possible<Fields extends SwapFields>(fields: Fields, now: Instant): Result<Fields, Refusal> {
  if (fields.startAt <= now) return no(whole('swap_start must be a datetime in the future'))
  return fields.startAt < fields.endAt ? ok(fields) : no(whole('swap_end must occur after swap_start'))
}

const whole = (message: string): Refusal => fieldRefusal('non_field_errors', message)

const oneTime = 'when doing a partial update on time related fields, both start and end times must be specified'

function person(body: Body, name: 'beneficiary' | 'benefactor'): Result<UserId, Refusal> {
  const value = Object.hasOwn(body, name) ? body[name] : null
  if (value === null || value === '') return no(detailRefusal(`${name} user ID is required`))
  const read = reference(value)
  return read.ok ? ok(asId<UserId>(read.value)) : no(detailRefusal(invalidPerson(name)))
}

/** The sentence about somebody whom the organization does not have. */
export const invalidPerson = (name: 'beneficiary' | 'benefactor'): string => `Invalid ${name} user ID`

const schedule: Reader<ScheduleId> = (value) => {
  const read = reference(value)
  return read.ok ? ok(asId<ScheduleId>(read.value)) : read
}

const description: Reader<string | null> = orNull(anyText(3000))

/** A query makes a blank of the plus sign. */
const instantOfQuery: Reader<Instant | undefined> = (value) =>
  value === '' ? ok(undefined) : wholeSecond(typeof value === 'string' ? value.replace(' ', '+') : value)
