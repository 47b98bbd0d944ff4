import pg from 'pg'

const uniqueViolation = '23505'
const foreignKeyViolation = '23503'

/** Writes; false when the unique index of that name forbids it, and the transaction is lost. */
export async function unlessTaken(index: string, write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write()
    return true
  } catch (fault) {
    if (violatedIndex(fault) === index) return false
    throw fault
  }
}

/** The name of the unique index that a statement ran into, or null for any other fault. The transaction is lost either way. */
export const violatedIndex = (fault: unknown): string | null => violated(uniqueViolation, fault)

/** Likewise for the name of a foreign key: what a row refers to is not there. */
export const violatedKey = (fault: unknown): string | null => violated(foreignKeyViolation, fault)

function violated(code: string, fault: unknown): string | null {
  return fault instanceof pg.DatabaseError && fault.code === code ? (fault.constraint ?? null) : null
}
