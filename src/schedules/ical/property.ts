import ICAL from 'ical.js'
import { isObject } from '../../lib/json.ts'
import type { Component } from './components.ts'

/** A property of a component, as `ical.js` reads it into the terms of RFC 7265: times as `2026-03-29T01:00:00`, rules as objects. */
export type Property = {
  readonly parameters: Readonly<Record<string, unknown>>
  /** `date-time`, `date`, `period`, `recur`, `text`, … */
  readonly type: string
  readonly values: readonly unknown[]
}

/** What `ical.js` takes time that grows with the square of, and what nobody who is to be on call writes. */
const lineMax = 65_536
const parametersMax = 100

/** Some ten thousand dates. More of them hold up the server, since a component is read in one go. */
const allLinesMax = 262_144

/** All properties of a name, in lower case; null stands for one that cannot be read, or for too many. */
export function propertiesOf({ lines }: Pick<Component, 'lines'>, name: string): readonly (Property | null)[] {
  const all = lines.get(name) ?? []
  return all.reduce((length, line) => length + line.length, 0) > allLinesMax ? [null] : all.map(readProperty)
}

/** The first property of a name: undefined when there is none, null when it cannot be read. */
export function propertyOf({ lines }: Pick<Component, 'lines'>, name: string): Property | null | undefined {
  const line = lines.get(name)?.[0]
  return line === undefined ? undefined : readProperty(line)
}

/** The text of the first property of a name; null when there is none, or none that can be read. */
export function textOf(component: Pick<Component, 'lines'>, name: string): string | null {
  const value = propertyOf(component, name)?.values[0]
  return typeof value === 'string' ? value : null
}

function readProperty(line: string): Property | null {
  if (line.length > lineMax || line.split(';', parametersMax + 1).length > parametersMax) return null
  const read = parsed(line)
  const [, parameters, type, ...values] = membersOf(read)
  return isObject(parameters) && typeof type === 'string' ? { parameters, type, values } : null
}

/** One value stands for itself, several are a list. */
export const membersOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

/** Null: `ical.js` finds it invalid. It says so by throwing, with errors of any kind. */
function parsed(line: string): unknown {
  try {
    return ICAL.parse.property(line)
  } catch {
    return null
  }
}
