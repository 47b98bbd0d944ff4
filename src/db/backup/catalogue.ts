import { sql } from 'kysely'
import type { Sql } from '../../ports.ts'

/**
 * What a backup leaves out, and why. Everything else in the schema is carried, so that a new table cannot be forgotten.
 */
const leftOut: Readonly<Record<string, string>> = {
  kysely_migration: 'the header names the migrations, and a restore runs them',
  kysely_migration_lock: 'the migrator makes it',
  nodes: 'the servers that ran then',
  shards: 'what each of them worked on; the rows come with the migrations',
  setup_links: 'a link belongs to the server that printed it',
}

export const isCarried = (table: string): boolean => !Object.hasOwn(leftOut, table)

export type Table = { readonly name: string; readonly columns: readonly string[] }

/** All tables that a backup carries, with the columns that can be written; a table that is cut by time counts once. */
export async function carriedTables(db: Sql): Promise<readonly Table[]> {
  const answer = await sql<Table>`
    select c.relname::text as name,
      array(
        select a.attname::text from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        order by a.attnum
      ) as columns
    from pg_class c
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    order by c.relname collate "C"`.execute(db)
  return answer.rows.filter(({ name }) => isCarried(name))
}

/** A name as it is written in a statement. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Every table of the schema, carried or not. */
export async function allTables(db: Sql): Promise<readonly string[]> {
  const answer = await sql<{ readonly name: string }>`
    select c.relname::text as name from pg_class c
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    order by c.relname collate "C"`.execute(db)
  return answer.rows.map(({ name }) => name)
}

export async function hasRows(db: Sql, table: string): Promise<boolean> {
  const answer = await sql<{ readonly found: boolean }>`select exists (select from ${sql.table(table)}) as found`.execute(db)
  return answer.rows[0]?.found === true
}

/** Where a sequence stands; `isCalled` is false while its first number is still to be given. */
export type Sequence = { readonly name: string; readonly lastValue: number; readonly isCalled: boolean }

export async function sequences(db: Sql): Promise<readonly Sequence[]> {
  const names = await sql<{ readonly name: string }>`
    select relname::text as name from pg_class
    where relnamespace = current_schema()::regnamespace and relkind = 'S' order by relname collate "C"`.execute(db)
  const found: Sequence[] = []
  for (const { name } of names.rows) {
    const answer = await sql<Sequence>`
      select ${name}::text as name, last_value as "lastValue", is_called as "isCalled" from ${sql.table(name)}`.execute(db)
    found.push(...answer.rows)
  }
  return found
}

export async function setSequence(db: Sql, { name, lastValue, isCalled }: Sequence): Promise<void> {
  await sql`select setval(format('%I', ${name}::text)::regclass, ${lastValue}::int8, ${isCalled}::boolean)`.execute(db)
}

/** A foreign key as the statement that makes it would write it. */
export type ForeignKey = { readonly table: string; readonly name: string; readonly definition: string }

/**
 * Takes all foreign keys away and returns them. They are checked when they are put back, all rows of a table at once, which is
 * faster than row by row; and tables may refer to each other in circles, which no order of loading satisfies.
 */
export async function takeForeignKeys(db: Sql): Promise<readonly ForeignKey[]> {
  const answer = await sql<ForeignKey>`
    select c.relname::text as table, k.conname::text as name, pg_get_constraintdef(k.oid) as definition
    from pg_constraint k join pg_class c on c.oid = k.conrelid
    where k.contype = 'f' and k.conparentid = 0 and k.connamespace = current_schema()::regnamespace
    order by c.relname collate "C", k.conname collate "C"`.execute(db)
  for (const { table, name } of answer.rows)
    await sql`alter table ${sql.table(table)} drop constraint ${sql.id(name)}`.execute(db)
  return answer.rows
}

export async function putForeignKeys(db: Sql, keys: readonly ForeignKey[]): Promise<void> {
  for (const { table, name, definition } of keys)
    await sql`alter table ${sql.table(table)} add constraint ${sql.id(name)} ${sql.raw(definition)}`.execute(db)
}
