import type { Tx } from '../ports.ts'

const purpose = 'start'

/** Keeps the sealed word of the first start, and returns the one that is kept: this one, or that of an earlier start. */
export async function keepSealedWord(tx: Tx, sealed: Buffer): Promise<Buffer> {
  await tx.sql
    .insertInto('key_checks')
    .values({ purpose, sealed })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const row = await tx.sql.selectFrom('key_checks').select('sealed').where('purpose', '=', purpose).executeTakeFirstOrThrow()
  return row.sealed
}
