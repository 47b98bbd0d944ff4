import { nearest } from '../../lib/nearest.ts'
import { no, ok, type Result } from '../../lib/result.ts'

/** What a condition is about. */
export type Field =
  /** Something with an id and a name; either of them is meant. */
  | { readonly kind: 'named'; readonly name: (typeof namedFields)[number] }
  | { readonly kind: 'urgency' }
  | { readonly kind: 'label'; readonly key: string }
  /** Names of members and, in digits, places in lists; at least one. */
  | { readonly kind: 'payload'; readonly path: readonly string[] }

const namedFields = ['service', 'integration', 'team', 'schedule'] as const

const fieldLengthMax = 500
const pathStepsMax = 20

/** Reads the name of a field; the reason is a sentence for whoever wrote it. */
export function readField(text: string): Result<Field, string> {
  if (text.length > fieldLengthMax) return no(`A field has no more than ${fieldLengthMax} characters.`)
  const name = namedFields.find((known) => known === text)
  if (name !== undefined) return ok({ kind: 'named', name })
  if (text === 'urgency') return ok({ kind: 'urgency' })
  if (text === 'severity') return ok({ kind: 'label', key: 'severity' })
  if (text.startsWith('labels.') && text !== 'labels.') return ok({ kind: 'label', key: text.slice('labels.'.length) })
  if (/^payload[.[]/.test(text)) return readPath(text.slice('payload'.length))
  return no(unknownField(text))
}

const step = /\.(?<name>[^.[\]]+)|\[(?<index>\d{1,9})\]|\['(?<quoted>[^']+)'\]|\["(?<doublyQuoted>[^"]+)"\]/y

function readPath(text: string): Result<Field, string> {
  const path: string[] = []
  const steps = new RegExp(step)
  while (steps.lastIndex < text.length) {
    const groups = steps.exec(text)?.groups
    const found = groups?.['name'] ?? groups?.['index'] ?? groups?.['quoted'] ?? groups?.['doublyQuoted']
    if (found === undefined)
      return no("A path is written like payload.host.name, payload.alerts[0].state or payload.tags['a.b'].")
    path.push(found)
  }
  return path.length > pathStepsMax ? no(`A path has no more than ${pathStepsMax} steps.`) : ok({ kind: 'payload', path })
}

/** As people are told them. */
export const fieldNames = [...namedFields, 'urgency', 'severity', 'labels.KEY', 'payload.PATH'] as const

function unknownField(text: string): string {
  if (text === 'labels' || text === 'labels.') return 'A label is named by its key: labels.KEY.'
  if (text === 'payload') return 'A part of the payload is named by its path: payload.PATH.'
  const meant = nearest(text.slice(0, 40), fieldNames, 2)
  const question = meant === null ? '' : ` Is ${meant} meant?`
  return `There is no field "${text.slice(0, 40)}": it may be ${fieldNames.join(', ')}.${question}`
}
