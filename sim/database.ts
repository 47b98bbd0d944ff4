import { Kysely, PostgresDialect } from 'kysely'
import type { DB } from '../src/db/schema.ts'
import { transactor } from '../src/db/tx.ts'
import { check } from '../src/lib/check.ts'
import { instant, ms } from '../src/lib/time.ts'
import type { Clock, Closing, Database, Log, LoopName, Random } from '../src/ports.ts'
import type { Engine } from './engine.ts'
import type { Faults, TransactionFault } from './faults.ts'
import type { Records } from './record.ts'
import type { Life, World } from './world.ts'

type DatabaseOptions = {
  readonly world: World
  readonly engine: Engine
  readonly faults: Pick<Faults, 'ofTransaction'>
  readonly records: Pick<Records, 'firstCommits' | 'lastCommits' | 'unheardCommits'>
  readonly life: Life
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly onWake: (loop: LoopName) => void
  /** Ends this life at once. */
  readonly crash: (why: string) => void
}

/** What the checkers of the log know a broken connection by, because it was broken on purpose. */
export const brokenWords = 'Connection terminated unexpectedly'

const commitMs = ms(1)

/** The database as one life of a process has it: the real one, with what goes wrong at its named transactions. */
export function databaseOf(options: DatabaseOptions): Database {
  const { world, engine, faults, records, life, crash, ...ports } = options
  const kysely = new Kysely<DB>({ dialect: new PostgresDialect({ pool: engine.poolOf(life) }) })
  const plain = transactor({ ...ports, kysely })
  // Who never hears of a commit wakes nobody.
  const unheard = transactor({ ...ports, kysely, onWake: () => {} })
  return {
    sql: kysely,
    tx: async (name, work) => {
      const fault = faults.ofTransaction(name)
      const isUnheard = fault === 'crash after' || fault === 'answer lost'
      let at = 0
      const value = await (isUnheard ? unheard : plain)(name, async (tx) => {
        at = tx.now
        const worked = await work(tx)
        tx.atEnd(closing(fault, () => crash(`before the commit of "${name}"`)))
        return worked
      })
      check(life.alive, 'a dead life commits nothing')
      if (!records.firstCommits.has(at)) records.firstCommits.set(at, world.now())
      records.lastCommits.set(at, world.now())
      world.pass(commitMs)
      world.note(life, `committed "${name}"${fault === 'answer lost' ? ', and nobody heard' : ''}`)
      if (fault === 'crash after') {
        crash(`after the commit of "${name}"`)
        return never<typeof value>()
      }
      if (fault === 'answer lost') {
        records.unheardCommits.push(name)
        throw broken()
      }
      return value
    },
    now: async () => instant(Math.floor(world.now())),
  }
}

/** What comes between all that a transaction does, also at its end, and its commit. */
const closing = (fault: TransactionFault, crash: () => void): Closing<null> => ({
  start: () => null,
  finish: async () => {
    if (fault === 'fails') throw broken()
    if (fault !== 'crash before') return
    crash()
    await never()
  },
})

/** What a dead life waits for. */
export const never = <Value>(): Promise<Value> => new Promise(() => {})

function broken(): Error {
  return new Error(brokenWords)
}
