import { check } from '../lib/check.ts'
import { isObject } from '../lib/json.ts'
import type { Person } from './person.ts'

/**
 * What an event about an alert group says to receivers that know it in the form of another product: all that these forms
 * need, as it was at that moment, but for the payloads, which are in the event's data. Instants are ISO 8601 in UTC.
 */
export type AlertReport = {
  readonly organization: Named
  readonly integration: Named & { readonly type: string; readonly type_title: string; readonly created_at: string }
  readonly service: ReportedService | null
  /** The integration's. */
  readonly team: Named | null
  /** The chain of its route, or else of its team. */
  readonly escalation_chain: Named | null
  readonly alert_group: ReportedGroup
  /** Whom the alert group is for. */
  readonly assigned_to: ReportedAssignee | null
  /** Who did it; null for machines. */
  readonly person: Person | null
  readonly acknowledged_by: Person | null
  readonly resolved_by: Person | null
  /** Who was paged about it so far. */
  readonly notified: readonly Person[]
  /** Whom its escalation pages first, from now on; null: nobody. */
  readonly first_to_page: Person | null
  /** Of a page: what its webhook, and nobody else, is told of the person who is paged; the text of any JSON. */
  readonly page_context?: string
}

export type Named = { readonly id: string; readonly name: string }

type ReportedService = Named & { readonly team_id: string | null; readonly created_at: string }

type ReportedGroup = {
  readonly id: string
  readonly title: string
  /** What pages say beside the title. */
  readonly message: string
  /** Its page here, and where its source shows the alert. */
  readonly url: string
  readonly source_link: string | null
  /** The key of the source, where the event knows it: the one that opened the group does. */
  readonly grouping_key: string | null
  readonly urgency: 'low' | 'medium' | 'high' | 'critical'
  readonly labels: Readonly<Record<string, string>>
  readonly state: 'firing' | 'acknowledged' | 'silenced' | 'resolved'
  readonly alerts_count: number
  readonly created_at: string
  readonly acknowledged_at: string | null
  readonly resolved_at: string | null
}

export type ReportedAssignee =
  | { readonly type: 'user'; readonly user: Person }
  | { readonly type: 'team' | 'escalation_chain'; readonly id: string; readonly name: string }

/** What an event reports, as it is stored; null: it has no report. */
export function readAlertReport(stored: unknown): AlertReport | null {
  if (stored === null) return null
  check(isAlertReport(stored), 'what is stored as a report is one')
  return stored
}

/** Only this server writes them, so their frame says enough. */
const isAlertReport = (value: unknown): value is AlertReport =>
  isObject(value) && isObject(value['organization']) && isObject(value['integration']) && isObject(value['alert_group'])
