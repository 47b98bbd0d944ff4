import pg from 'pg'

const uniqueViolation = '23505'

/** The name of the unique index that a statement ran into, or null for any other fault. The transaction is lost either way. */
export function violatedIndex(fault: unknown): string | null {
  return fault instanceof pg.DatabaseError && fault.code === uniqueViolation ? (fault.constraint ?? null) : null
}
