import { isObject } from '../../lib/json.ts'
import { StartFault } from '../../lib/start-fault.ts'
import type { Sequence } from './catalogue.ts'

/** The first line of a backup. */
export type Header = {
  readonly programVersion: string
  readonly postgresVersion: string
  /** ISO 8601, UTC. */
  readonly madeAt: string
  /** The migrations that the database had seen, in their order. */
  readonly migrations: readonly string[]
  /** What the database's first start sealed with its secret key, in base64; null when no server has used it yet. */
  readonly keyCheck: string | null
  /** The names of the partitions of each table that is cut by time, but for the default ones. */
  readonly partitions: Readonly<Record<string, readonly string[]>>
  readonly sequences: readonly Sequence[]
}

const format = 'watchbell backup'
const formatVersion = 1

export const headerLine = (header: Header): string => `${JSON.stringify({ format, formatVersion, ...header })}\n`

/** Reads the header. What is no backup, or one that is newer than this program, is a `StartFault`. */
export function parseHeader(line: string): Header {
  const value = parsed(line)
  if (!isObject(value) || value['format'] !== format) throw new StartFault('The file is no backup of Watchbell.')
  if (value['formatVersion'] !== formatVersion)
    throw new StartFault(
      `The backup was made by Watchbell ${String(value['programVersion'])} in a form that this version does not read. Restore it with that version.`,
    )
  if (!isHeader(value)) throw new StartFault('The header of the backup is incomplete.')
  return value
}

/** The line before the rows of a table. */
export type TableLine = { readonly table: string; readonly columns: readonly string[] }
/** The line after them. */
export type CountLine = { readonly rows: number }

/** Reads the line before a table's rows; null for the line that ends a backup. */
export function parseTableLine(line: string): TableLine | null {
  const value = parsed(line)
  if (isObject(value) && value['end'] === true) return null
  if (!isObject(value) || typeof value['table'] !== 'string' || !isTexts(value['columns']))
    throw new StartFault('The backup cannot be read: a line that begins a table is not understood.')
  return { table: value['table'], columns: value['columns'] }
}

export function parseCountLine(line: string): CountLine {
  const value = parsed(line)
  if (!isObject(value) || typeof value['rows'] !== 'number')
    throw new StartFault('The backup cannot be read: a line that ends a table is not understood.')
  return { rows: value['rows'] }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

type Members = { readonly [key: string]: unknown }

function isHeader(value: Members): value is Members & Header {
  const texts = ['programVersion', 'postgresVersion', 'madeAt'].every((name) => typeof value[name] === 'string')
  const { migrations, keyCheck, partitions, sequences } = value
  return (
    texts &&
    isTexts(migrations) &&
    (keyCheck === null || typeof keyCheck === 'string') &&
    isObject(partitions) &&
    Object.values(partitions).every(isTexts) &&
    Array.isArray(sequences) &&
    sequences.every(isSequence)
  )
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((member) => typeof member === 'string')

const isSequence = (value: unknown): value is Sequence =>
  isObject(value) &&
  typeof value['name'] === 'string' &&
  typeof value['lastValue'] === 'number' &&
  typeof value['isCalled'] === 'boolean'
