import type { Database, Tx } from '../ports.ts'
import { known } from './check.ts'

/**
 * Says what would come of work in a transaction, and takes all of it back: the transaction is rolled back, and no loop is woken. What the
 * work rejects is rejected. The rows that the work touches are locked until then; what it leaves for the end of the transaction is not done.
 */
export async function rehearse<Value>(db: Database, name: string, work: (tx: Tx) => Promise<Value>): Promise<Value> {
  const found: { value: Value }[] = []
  const end = new Error('a rehearsal is over')
  try {
    await db.tx(name, async (tx) => {
      found.push({ value: await work(tx) })
      throw end
    })
  } catch (fault) {
    if (fault !== end) throw fault
  }
  return known(found.at(-1), 'a rehearsal ends with a value').value
}
