import type { Ms } from './time.ts'

/** Messages per field, as the API answers them: `{"name": ["This field is required."]}`. */
export type FieldErrors = Readonly<Record<string, readonly string[] | string>>

export type Refusal =
  /** One sentence for the whole request: `{"detail": "..."}`, 400. */
  | { readonly kind: 'invalid'; readonly detail: string }
  /** Per field: `{"<field>": ["..."]}`, 400. `non_field_errors` is the name for the object as a whole. */
  | { readonly kind: 'invalid-fields'; readonly fields: FieldErrors }
  /** Per place in a field that is a list: `{"<field>": {"<place>": ["..."]}}`, 400. Places count from 0. */
  | { readonly kind: 'invalid-places'; readonly field: string; readonly places: FieldErrors }
  /** `{"detail": "Not found."}`, 404. Also for what belongs to another organization. */
  | { readonly kind: 'not-found' }
  /** `{"detail": "..."}`, 403. */
  | { readonly kind: 'forbidden'; readonly detail: string }
  /** `{"detail": "..."}`, 409: it is there already. */
  | { readonly kind: 'conflict'; readonly detail: string }
  /** 429 with Retry-After. */
  | { readonly kind: 'too-many'; readonly detail: string; readonly retryAfterSeconds: number }

/**
 * The caller asked for something it cannot have. Thrown by commands only: it rolls the transaction back,
 * and `http/problem.ts` alone turns it into an answer.
 */
export class Rejection extends Error {
  override readonly name = 'Rejection'
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(
      refusal.kind === 'invalid-fields' ? JSON.stringify(refusal.fields) : 'detail' in refusal ? refusal.detail : refusal.kind,
    )
    this.refusal = refusal
  }
}

export const invalid = (detail: string): Rejection => new Rejection({ kind: 'invalid', detail })
export const invalidField = (field: string, message: string): Rejection =>
  new Rejection({ kind: 'invalid-fields', fields: { [field]: [message] } })
export const notFound = (): Rejection => new Rejection({ kind: 'not-found' })
export const forbidden = (detail = 'You do not have permission to perform this action.'): Rejection =>
  new Rejection({ kind: 'forbidden', detail })
export const conflict = (detail: string): Rejection => new Rejection({ kind: 'conflict', detail })
export function tooMany(waitMs: Ms): Rejection {
  const retryAfterSeconds = Math.ceil(waitMs / 1000)
  const detail = `Request was throttled. Expected available in ${retryAfterSeconds} ${retryAfterSeconds === 1 ? 'second' : 'seconds'}.`
  return new Rejection({ kind: 'too-many', detail, retryAfterSeconds })
}
