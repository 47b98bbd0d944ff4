import { type Address, run } from './address.ts'
import { tablesIn } from './contents.ts'

/**
 * Gives a row to each table that has none, made from the catalogue: what must not be null gets a value of its type, the first
 * that a check allows, or the key of a row that it refers to. A table for which that does not do fails by name.
 */
export async function fillEmptyTables(address: Address): Promise<void> {
  let faults: readonly string[] = []
  // Tables refer to each other, so that some can be filled only after others.
  for (let round = 0; round < 5; round += 1) {
    faults = []
    for (const table of await tablesIn(address)) {
      const count = await run(address, `select count(*)::int as count from "${table}"`)
      if (count[0]?.['count'] !== 0) continue
      await fill(address, table).catch((fault: unknown) => {
        faults = [...faults, `${table}: ${String(fault)}`]
      })
    }
    if (faults.length === 0) return
  }
  throw new Error(`give these tables a row in the test: ${faults.join('; ')}`)
}

const values: Readonly<Record<string, string>> = {
  text: `'x'`,
  bytea: `'\\x00ff5c0a'`,
  uuid: `'01900000-0000-7000-8000-000000000001'`,
  boolean: 'true',
  smallint: '1',
  integer: '1',
  bigint: '1',
  // Some must be lists.
  jsonb: `'[{"a": [1, null]}]'`,
  'text[]': `array['x']`,
}

const instantType = 'timestamp with time zone'

async function fill(address: Address, table: string): Promise<void> {
  const columns = await run(
    address,
    `select attname::text as name, format_type(atttypid, null) as type from pg_attribute
     where attrelid = '"${table}"'::regclass and attnum > 0 and not attisdropped and attnotnull and attidentity = '' and not atthasdef
     order by attnum`,
  )
  const required: Record<string, string> = {}
  // Of two instants of a row the one that comes later in the table is the later one.
  for (const [index, { name, type }] of columns.entries())
    required[String(name)] =
      type === instantType ? `timestamptz '2026-04-01T12:00:00Z' + interval '${index} seconds'` : (values[String(type)] ?? 'null')
  const keys = Object.entries(await keysOfOthers(address, table))
  const texts = await allowedTexts(address, table)
  const all = { ...required, ...texts, ...Object.fromEntries(keys) }
  // Of keys that may be null a check may allow one alone.
  const fewest = { ...required, ...texts, ...Object.fromEntries(keys.filter(([name]) => name in required)) }
  await insert(address, table, all).catch(() => insert(address, table, fewest))
}

async function insert(address: Address, table: string, row: Readonly<Record<string, string>>): Promise<void> {
  const names = Object.keys(row).map((name) => `"${name}"`)
  await run(address, `insert into "${table}" (${names.join(', ')}) select ${Object.values(row).join(', ')}`)
}

/** For checks such as `state in ('running', 'finished')`. */
async function allowedTexts(address: Address, table: string): Promise<Record<string, string>> {
  const checks = await run(
    address,
    `select pg_get_constraintdef(oid) as what from pg_constraint where conrelid = '"${table}"'::regclass and contype = 'c'`,
  )
  const found = checks.map(({ what }) => /^CHECK \(\((\w+) = ANY \(ARRAY\[('\w+')/.exec(String(what)))
  return Object.fromEntries(found.flatMap((match) => (match === null ? [] : [[match[1], match[2]]])))
}

async function keysOfOthers(address: Address, table: string): Promise<Record<string, string>> {
  const keys = await run(
    address,
    `select confrelid::regclass::text as other,
       array(select attname::text from unnest(conkey) with ordinality k (n, o) join pg_attribute on attrelid = conrelid and attnum = n order by o) as own,
       array(select attname::text from unnest(confkey) with ordinality k (n, o) join pg_attribute on attrelid = confrelid and attnum = n order by o) as others
     from pg_constraint where conrelid = '"${table}"'::regclass and contype = 'f'`,
  )
  const found: Record<string, string> = {}
  for (const { other, own, others } of keys) {
    if (!Array.isArray(own) || !Array.isArray(others)) continue
    for (const [index, column] of own.entries())
      found[column] = `(select ${others[index]} from ${String(other)} order by 1 limit 1)`
  }
  return found
}
