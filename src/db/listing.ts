import { type SelectQueryBuilder, sql, type SqlBool } from 'kysely'
import type { NamedFilter, Window } from '../lib/listing.ts'

/** How many rows a query gives; what it selects does not matter. */
export async function countRows<Schema, Tables extends keyof Schema, Row>(
  query: SelectQueryBuilder<Schema, Tables, Row>,
): Promise<number> {
  const counting = query.clearSelect().select(({ fn }) => fn.countAll().as('count'))
  const { count } = await counting.$castTo<{ readonly count: number }>().executeTakeFirstOrThrow()
  return count
}

/** A window of the rows, oldest first by the times and ids of the table. */
export function oldestFirst<Schema, Tables extends keyof Schema, Row>(
  query: SelectQueryBuilder<Schema, Tables, Row>,
  table: Tables & string,
  { limit, offset }: Window,
): SelectQueryBuilder<Schema, Tables, Row> {
  return query
    .orderBy(sql.ref(`${table}.created_at`))
    .orderBy(sql.ref(`${table}.id`))
    .limit(limit)
    .offset(offset)
}

/** Only the rows whose name and team, in the table, are those of the filter. */
export function withNameAndTeam<Schema, Tables extends keyof Schema, Row>(
  query: SelectQueryBuilder<Schema, Tables, Row>,
  table: Tables & string,
  { name, teamId }: NamedFilter,
): SelectQueryBuilder<Schema, Tables, Row> {
  const named = name === undefined ? query : query.where(sql<SqlBool>`${sql.ref(`${table}.name`)} = ${name}`)
  if (teamId === undefined) return named
  return named.where(sql<SqlBool>`${sql.ref(`${table}.team_id`)} is not distinct from ${teamId}`)
}
