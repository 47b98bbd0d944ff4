import { check } from '../lib/check.ts'
import { type AlertGroupId, asId, type IntegrationId, type OrganizationId } from '../lib/ids.ts'
import { isObject } from '../lib/json.ts'
import { type Instant, instant } from '../lib/time.ts'
import { urgencies, type Urgency } from './urgency.ts'

/** What people are paged about: an alert group, as it was when the escalation began. Kept as JSON in the runs. */
export type Subject = {
  readonly id: AlertGroupId
  readonly integrationId: IntegrationId
  readonly title: string
  /** Plain text; empty when the alert says nothing beside its title. */
  readonly message: string
  /** The alert group's page in our UI: `<base URL>/alert-groups/<id>`. */
  readonly link: string
  /** Where the alert source shows it. */
  readonly sourceLink: string | null
  /** The integration's name, as people know it. */
  readonly source: string
  readonly urgency: Urgency
  readonly startedAt: Instant
}

/** Names a subject. */
export type SubjectRef = { readonly organizationId: OrganizationId; readonly id: AlertGroupId }

/** What is left of a subject when its alert group is wiped: nothing that the alerts said. */
export const blankSubject = { title: '', message: '', sourceLink: null } as const satisfies Partial<Subject>

/** Whether it is urgent enough to page people by their important rules, whatever the step says. */
export const isUrgent = ({ urgency }: Pick<Subject, 'urgency'>): boolean => urgency === 'high' || urgency === 'critical'

/** The subject of a run's row. Anything else than what was written there is a defect. */
export function parseSubject(value: unknown): Subject {
  check(isObject(value), 'the subject of a run is an object')
  const text = (key: string): string => textOf(value[key], key)
  const { startedAt, sourceLink } = value
  const urgency = urgencies.find((name) => name === value['urgency'])
  check(urgency !== undefined, 'the urgency of a subject is one of the four')
  check(typeof startedAt === 'number', 'a subject knows since when, in milliseconds')
  return {
    id: asId<AlertGroupId>(text('id')),
    integrationId: asId<IntegrationId>(text('integrationId')),
    title: text('title'),
    message: text('message'),
    link: text('link'),
    sourceLink: sourceLink === null ? null : textOf(sourceLink, 'sourceLink'),
    source: text('source'),
    urgency,
    startedAt: instant(startedAt),
  }
}

function textOf(value: unknown, key: string): string {
  check(typeof value === 'string', `the ${key} of a subject is a text`)
  return value
}
