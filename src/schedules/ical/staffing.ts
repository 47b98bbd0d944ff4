import { storable } from '../../lib/json.ts'
import type { Component } from './components.ts'
import { textOf } from './property.ts'

/** Whom an event puts on call, and on which level. */
export type Staffing = {
  readonly level: number
  /** The summary without its level, for people to read. */
  readonly name: string
  /** Texts, each of which may be the username or e-mail address of somebody; the whole of it, not a part. */
  readonly candidates: readonly string[]
}

/** What a VEVENT says about people (contract grafana-oncall 4.7, iCal schedules): summary, description, and the attendee if there is just one. */
export function staffingOf(event: Component): Staffing {
  const summary = textOf(event, 'summary') ?? ''
  const [marker = '', digits = '0'] = /^\s*\[L(\d{1,9})\]/.exec(summary) ?? []
  const name = summary.slice(marker.length).trim()
  const isOnlyOne = event.lines.get('attendee')?.length === 1
  const attendee = isOnlyOne ? (textOf(event, 'attendee') ?? '').replace(/^mailto:/i, '') : ''
  const candidates = [name, textOf(event, 'description') ?? '', attendee]
    .map((text) => storable(text.trim()))
    .filter((text) => text !== '' && text.length <= candidateMax)
  return { level: Number(digits), name: storable(name).slice(0, candidateMax), candidates: [...new Set(candidates)] }
}

/** No username or address is longer. */
const candidateMax = 254
