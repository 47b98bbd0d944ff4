import pg from 'pg'
import type { Connection } from '../../src/db/open.ts'

/** Where a test's PostgreSQL is; plain data, so that it can be handed to the workers. */
export type Address = Connection

/** The same server, another database. */
export function inDatabase(address: Address, database: string): Address {
  if (!('url' in address)) return { ...address, database }
  const url = new URL(address.url)
  url.pathname = `/${database}`
  return { url: url.href }
}

/** As a setting names it; the directory of a socket goes into the query. */
export function urlOf(address: Address): string {
  if ('url' in address) return address.url
  const { user, port, database, host } = address
  return `postgres://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`
}

/** One statement on a connection of its own, for what cannot run in a transaction. */
export async function run(address: Address, statement: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client('url' in address ? { connectionString: address.url } : address)
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(statement)
    return rows
  } finally {
    await client.end()
  }
}
