import { type Body, fieldRefusal, integerWithin, object, optional, type Reader, readFields } from '../../lib/fields.ts'
import type { Refusal } from '../../lib/rejection.ts'
import { no, ok, type Result } from '../../lib/result.ts'
import { exampleTriggerOf, type Trigger, triggerTypes } from '../trigger.ts'

/** What a webhook shall be tried with. */
export type PreviewOrder = {
  /** An event of the log, an example of a kind, or, where nothing is said, an example of what the webhook waits for. */
  readonly event: { readonly sequence: number } | { readonly trigger: Trigger | null }
  /** What shall be different of the webhook, as in a PATCH. */
  readonly changes: Body
}

/** Reads what a preview is asked for. The fields of the webhook are read as a change of it would be. */
export function parsePreview(body: Body): Result<PreviewOrder, Refusal> {
  const read = readFields((take) => ({
    sequence: take(optional(body, 'event_sequence', sequence), undefined) ?? null,
    trigger: take(optional(body, 'trigger', trigger), undefined) ?? null,
    changes: take(optional(body, 'webhook', object), undefined) ?? {},
  }))
  if (!read.ok) return read
  const { sequence: wanted, trigger: kind, changes } = read.value
  if (wanted !== null && kind !== null)
    return no(fieldRefusal('trigger', 'Either an event of the log is meant or an example: leave one of the two out.'))
  return ok({ event: wanted === null ? { trigger: kind } : { sequence: wanted }, changes })
}

/** Reads of what an example shall be sent; null: of what the webhook waits for. */
export function parseTest(body: Body): Result<Trigger | null, Refusal> {
  return readFields((take) => take(optional(body, 'trigger', trigger), undefined) ?? null)
}

const sequence: Reader<number | null> = (value) =>
  value === null ? ok(null) : integerWithin({ min: 1, max: Number.MAX_SAFE_INTEGER })(value)

const trigger: Reader<Trigger | null> = (value) => {
  if (value === null || value === '') return ok(null)
  const found = triggerTypes.find((name) => name === value)
  return found === undefined ? no(`There is no such trigger: it may be ${triggerTypes.join(', ')}.`) : ok(exampleTriggerOf(found))
}
