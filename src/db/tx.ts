import type { Kysely } from 'kysely'
import type { Clock, Closing, Database, Log, LoopName, Random, Tx } from '../ports.ts'
import { Again } from '../lib/again.ts'
import type { DB } from './schema.ts'

type TransactorOptions = {
  readonly kysely: Kysely<DB>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly onWake: (loop: LoopName) => void
}

const attemptsMax = 5

/** Makes `Database.tx`: runs the work, then what it gathered for the end, commits, and only then wakes the loops. */
export function transactor(options: TransactorOptions): Database['tx'] {
  const { kysely, log, onWake } = options
  return async (name, work) => {
    for (let attempt = 1; ; attempt += 1) {
      const woken = new Set<LoopName>()
      try {
        const value = await kysely.transaction().execute(async (sql) => {
          const { tx, finish } = openTx({ name, sql, woken }, options)
          const result = await work(tx)
          await finish()
          return result
        })
        for (const loop of woken) onWake(loop)
        return value
      } catch (fault) {
        if (attempt === attemptsMax || !isWorthAnotherTry(fault)) throw fault
        log.debug('transaction again', { transaction: name, attempt })
      }
    }
  }
}

type Opening = { readonly name: string; readonly sql: Kysely<DB>; readonly woken: Set<LoopName> }

function openTx({ name, sql, woken }: Opening, { clock, random }: TransactorOptions) {
  const finishers: (() => Promise<void>)[] = []
  const states = new Map<object, unknown>()
  const tallies = new Map<string, number>()
  const tx: Tx = {
    name,
    sql,
    now: clock.now(),
    random,
    wake: (loop) => void woken.add(loop),
    tally: (what) => void tallies.set(what, (tallies.get(what) ?? 0) + 1),
    tallies,
    atEnd: <State>(closing: Closing<State>): State => {
      if (!states.has(closing)) {
        const state = closing.start()
        states.set(closing, state)
        finishers.push(() => closing.finish(tx, state))
      }
      return states.get(closing) as State
    },
  }
  const finish = async () => {
    // A finisher may bring up another one, so the list is walked while it grows.
    for (let index = 0; index < finishers.length; index += 1) await finishers[index]?.()
  }
  return { tx, finish }
}

/**
 * Nothing happened, and the work can be done again: two transactions met in a deadlock or saw each other's change, or a
 * prepared statement is older than the table (a migration ran beside us) and gets a new connection.
 */
function isWorthAnotherTry(fault: unknown): boolean {
  if (fault instanceof Again) return true
  const code = fault instanceof Error && 'code' in fault ? fault.code : null
  return code === '40001' || code === '40P01' || code === '0A000'
}
