import { createHash } from 'node:crypto'
import type { PostgresPool } from 'kysely'
import type pg from 'pg'

type Pool = Pick<pg.Pool, 'options' | 'connect' | 'end'>
type Named = { readonly name: string }

/** Every connection keeps all named statements, with their plans, for as long as it lives. */
const namesMax = 400

/**
 * Kysely never names its statements, so PostgreSQL would plan each anew; named, they cost half.
 * Statement texts must therefore be few: lists go as one array parameter (`= any($1)`). Whatever texts users may bring about
 * beyond that, those that come after `namesMax` others are planned anew each time, which costs time but no memory.
 *
 * A connection that broke or fell silent is of no use: the rollback that Kysely sends after each fault would only wait as long
 * again behind the statement that has no answer. It fails with the same fault, and the connection is closed.
 */
export function namingStatements(pool: Pool): PostgresPool {
  const names = new Map<string, Named>()
  const nameOf = (text: string): Named | undefined => {
    const found = names.get(text)
    if (found !== undefined || names.size >= namesMax) return found
    const named = { name: createHash('sha1').update(text).digest('base64url') }
    names.set(text, named)
    return named
  }
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => {
      const client = await pool.connect()
      let isSpoiled = false
      let loss: { readonly fault: unknown } | null = null
      const query = async (text: string, values: readonly unknown[] = []) => {
        if (loss !== null) throw loss.fault
        try {
          return await (values.length === 0 ? client.query(text) : client.query({ ...nameOf(text), text, values: [...values] }))
        } catch (fault) {
          if (!isReport(fault)) loss = { fault }
          isSpoiled ||= loss !== null || isOlderThanTable(fault)
          throw fault
        }
      }
      return Object.assign(Object.create(client), { query, release: () => client.release(isSpoiled) })
    },
  }
}

/** Whether the server says it (then it has a severity), so that the connection still works. */
const isReport = (fault: unknown): boolean => fault instanceof Error && 'severity' in fault

/** A migration beside us has changed a table, and every statement that the connection has prepared for it fails from now on. */
const isOlderThanTable = (fault: unknown): boolean => fault instanceof Error && 'code' in fault && fault.code === '0A000'
