import { sql } from 'kysely'
import { type OpenDatabase, openDatabase } from '../../src/db/open.ts'
import { asId, type EndpointId } from '../../src/lib/ids.ts'
import { freshDatabase } from './database.ts'
import { silentLog } from './log.ts'
import { testClock, testNow, testRandom } from './server.ts'

/** A database of its own whose organization `O1` has so many webhooks, each with an endpoint: the first is `endpointId(1)`. */
export async function databaseWithEndpoints({
  count,
  poolSize,
}: {
  readonly count: number
  readonly poolSize: number
}): Promise<OpenDatabase> {
  const connection = await freshDatabase()
  const db = openDatabase({ connection, poolSize, clock: testClock, random: testRandom, log: silentLog, onWake: () => {} })
  await sql`insert into organizations (id, name, event_sequence, created_at) values ('O1', 'Acme', 0, ${new Date(testNow)})`.execute(
    db.sql,
  )
  await sql`insert into endpoints (organization_id, id, shard, kind, owner_id, url, created_at)
    select 'O1', ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, n % 64, 'webhook', 'WH' || n, 'https://a.example/',
      ${new Date(testNow)}
    from generate_series(1, ${count}::int) n`.execute(db.sql)
  return db
}

export const endpointId = (number: number): EndpointId =>
  asId<EndpointId>(`00000000-0000-0000-0000-${String(number).padStart(12, '0')}`)
