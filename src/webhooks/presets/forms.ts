import { pythonJson } from '../../lib/python-json.ts'
import { readShiftChange } from '../shift-change.ts'
import type { History } from '../history.ts'
import type { Told } from '../rendering/told.ts'
import { contractTriggers, isAboutSchedule, type TriggerType, triggerTypes } from '../trigger.ts'
import type { Several } from '../webhook.ts'
import { cloudEventBody, cloudEventType } from './cloud-events.ts'
import { incidentIoAlertBody, incidentIoShiftBody } from './incident-io.ts'
import { squadcastBody } from './squadcast.ts'
import { zendutyBody } from './zenduty.ts'
import { zendutyIncidentBody } from './zenduty-incident.ts'

/** How a preset that decides the body does so. */
export type Form = {
  /** What a webhook with this preset may subscribe to. */
  readonly triggerTypes: readonly TriggerType[]
  /** What it subscribes to that is not told; null: it must be told. */
  readonly usual: Several<TriggerType> | null
  readonly contentType: string
  /** Whether it tells what happened before, and what other webhooks were answered. */
  readonly tellsHistory: boolean
  readonly tellsAnswers: boolean
  /** Null: it has no word for what happened, which only a step of an escalation can ask of it. */
  body(told: FormInput): string | null
}

type FormInput = {
  /** What it tells of; several only where the preset tells of them together. */
  readonly events: readonly [Told, ...Told[]]
  readonly history: History
  /** What the webhook subscribes to. */
  readonly followed: readonly TriggerType[]
  readonly baseUrl: string
  /** What webhooks without a preset forward. */
  readonly forwarded: string
}

/** The presets that decide the body, and all that they understand. */
export const forms = {
  zenduty: {
    triggerTypes: ['shift change', 'alert group created', 'acknowledge', 'resolve'],
    usual: ['shift change'],
    contentType: 'application/json',
    tellsHistory: true,
    tellsAnswers: false,
    body: ({ events, history }) => {
      const [event] = events
      if (event.trigger === 'shift change') return zendutyBody(events.map(({ data }) => readShiftChange(data)))
      return event.report === null ? null : zendutyIncidentBody({ event, report: event.report, history })
    },
  },
  incident_io: {
    triggerTypes: [
      'shift change',
      'alert group created',
      'resolve',
      'status change',
      'acknowledge',
      'unacknowledge',
      'silence',
      'unsilence',
      'unresolve',
    ],
    usual: ['shift change'],
    contentType: 'application/json',
    tellsHistory: true,
    tellsAnswers: false,
    body: ({ events: [event], history, followed }) => {
      if (event.trigger === 'shift change') return incidentIoShiftBody(readShiftChange(event.data))
      return event.report === null ? null : incidentIoAlertBody({ event, report: event.report, history }, followed)
    },
  },
  squadcast: {
    triggerTypes: ['alert group created', 'reassigned', 'acknowledge', 'resolve'],
    usual: ['alert group created', 'reassigned', 'acknowledge', 'resolve'],
    contentType: 'application/json',
    tellsHistory: true,
    tellsAnswers: false,
    body: ({ events: [event], history }) =>
      event.report === null ? null : squadcastBody({ event, report: event.report, history }),
  },
  grafana_oncall: {
    triggerTypes: [...contractTriggers, 'status change'],
    usual: null,
    contentType: 'application/json',
    tellsHistory: false,
    tellsAnswers: true,
    body: ({ events: [event], forwarded }) => (isAboutSchedule(event.trigger) ? null : pythonJson(forwarded)),
  },
  cloudevents: {
    triggerTypes,
    usual: null,
    contentType: cloudEventType,
    tellsHistory: false,
    tellsAnswers: false,
    body: ({ events: [event], baseUrl }) => cloudEventBody(event, baseUrl),
  },
} as const satisfies Readonly<Record<string, Form>>

export type FormPreset = keyof typeof forms

const isFormPreset = (preset: string): preset is FormPreset => Object.hasOwn(forms, preset)

/** How a preset makes the body; null: it does not, the webhook's own fields do. */
export const formOf = (preset: string | null): Form | null => (preset !== null && isFormPreset(preset) ? forms[preset] : null)
