import { type Address, run } from './address.ts'

/** All that a database holds, as text, table by table and in an order of its own. */
export async function rowsIn(address: Address): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, readonly string[]> = {}
  for (const table of await tablesIn(address)) {
    const rows = await run(address, `select t::text as row from "${table}" t order by 1`)
    found[table] = rows.map((row) => String(row['row']))
  }
  return found
}

/** The tables of a database; those that are cut by time count once. */
export async function tablesIn(address: Address): Promise<readonly string[]> {
  const rows = await run(
    address,
    `select tablename::text as name from pg_tables t where schemaname = 'public'
      and not exists (select from pg_inherits where inhrelid = ('public."' || tablename || '"')::regclass) order by 1`,
  )
  return rows.map((row) => String(row['name']))
}

/** What the catalogue says of columns, indexes, constraints, partitions and sequences. */
export async function schemaOf(address: Address): Promise<readonly unknown[]> {
  return run(
    address,
    `select 'column' as kind, table_name || '.' || column_name as name,
       concat_ws(' ', data_type, is_nullable, column_default, is_identity) as what
     from information_schema.columns where table_schema = 'public'
     union all select 'index', indexname, indexdef from pg_indexes where schemaname = 'public'
     union all select 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
       from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n'
     union all select 'partition', relname, pg_get_expr(relpartbound, oid) from pg_class where relispartition
     union all select 'sequence', sequencename, coalesce(last_value::text, 'unused') from pg_sequences where schemaname = 'public'
     order by 1, 2, 3`,
  )
}
