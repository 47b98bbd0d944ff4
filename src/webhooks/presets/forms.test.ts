import { readFileSync } from 'node:fs'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { acknowledgedTelling, openedTelling, reassignedTelling, resolvedTelling } from '../../../test/support/alert-tellings.ts'
import * as schemas from '../../../test/support/form-schemas.ts'
import { handOver } from '../../../test/support/shift-changes.ts'
import { told } from '../../../test/support/told.ts'
import type { TriggerType } from '../trigger.ts'
import { type Form, formOf, type FormPreset, forms } from './forms.ts'
import type { AlertTelling } from './telling.ts'

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../test/fixtures/forms/${name}.json`, import.meta.url), 'utf8'))

type Case = {
  readonly preset: FormPreset
  readonly followed: readonly TriggerType[]
  readonly telling: AlertTelling
  readonly file: string
  readonly schema: TSchema
}

const bodyOf = ({ preset, followed, telling: { event, history } }: Omit<Case, 'file' | 'schema'>): string | null =>
  formOf(preset)?.body({
    ...{ events: [event], history, followed },
    ...{ baseUrl: 'https://bell.example', forwarded: event.data },
  }) ?? null

const squadcast = (followed: TriggerType, telling: AlertTelling, file: string): Case => ({
  ...{ preset: 'squadcast', followed: [followed], telling, file: `squadcast-${file}`, schema: schemas.squadcast },
})
const zenduty = (followed: TriggerType, telling: AlertTelling, file: string): Case => ({
  ...{ preset: 'zenduty', followed: [followed], telling, file: `zenduty-${file}`, schema: schemas.zenduty },
})
const incidentIo = (followed: readonly TriggerType[], telling: AlertTelling, file: string): Case => ({
  ...{ preset: 'incident_io', followed, telling, file: `incident-io-${file}`, schema: schemas.incidentIo },
})
const escalations: readonly TriggerType[] = ['alert group created', 'status change']

const cases: readonly Case[] = [
  squadcast('alert group created', openedTelling, 'triggered'),
  squadcast('reassigned', reassignedTelling, 'reassigned'),
  squadcast('acknowledge', acknowledgedTelling, 'acknowledged'),
  squadcast('resolve', resolvedTelling, 'resolved'),
  zenduty('alert group created', openedTelling, 'triggered'),
  zenduty('acknowledge', acknowledgedTelling, 'acknowledged'),
  zenduty('resolve', resolvedTelling, 'resolved'),
  incidentIo(['alert group created'], openedTelling, 'alert-created'),
  incidentIo(['resolve'], resolvedTelling, 'alert-resolved'),
  incidentIo(escalations, openedTelling, 'escalation-created'),
  incidentIo(escalations, acknowledgedTelling, 'escalation-acked'),
  incidentIo(['acknowledge'], acknowledgedTelling, 'escalation-acked'),
  incidentIo(escalations, resolvedTelling, 'escalation-resolved'),
]

describe.each(cases)('$file', ({ file, schema, ...telling }) => {
  it('is to the letter the body that is kept, in its order of members', () => {
    expect(JSON.stringify(JSON.parse(bodyOf(telling) ?? ''))).toBe(JSON.stringify(fixture(file)))
  })

  it('is what the documents of the product describe', () => {
    expect([...Value.Errors(schema, JSON.parse(bodyOf(telling) ?? ''))]).toEqual([])
    expect(Value.Check(schema, fixture(file))).toBe(true)
    expect(Value.Check(schema, {})).toBe(false)
  })
})

it.each(['squadcast-acknowledged', 'zenduty-acknowledged', 'incident-io-alert-created', 'incident-io-escalation-acked'])(
  'the documents show the body %s',
  (file) => {
    const guide = readFileSync(new URL('../../../docs/webhook-forms.md', import.meta.url), 'utf8')
    const shown = [...guide.matchAll(/^```json\n(.*?)^```/gms)].map(([, json = '']) => JSON.stringify(JSON.parse(json)))
    expect(shown).toContain(JSON.stringify(fixture(file)))
  },
)

it.each([
  ['zenduty', schemas.zendutyOnCall],
  ['incident_io', schemas.incidentIo],
] as const)('the preset %s tells of shift changes as its documents describe', (preset, schema) => {
  const nobody = { ...handOver, schedule: { ...handOver.schedule, team: null }, current: [] }
  for (const change of [handOver, nobody]) {
    const event = told({ type: 'schedule.shift_changed', trigger: 'shift change', data: JSON.stringify(change) })
    const input = { history: [], followed: ['shift change'], baseUrl: 'https://bell.example', forwarded: '{}' } as const
    const body = JSON.parse(formOf(preset)?.body({ events: [event], ...input }) ?? '')
    expect([...Value.Errors(schema, body)]).toEqual([])
  }
  expect(Value.Check(schema, { event_type: 'oncall_change' })).toBe(false)
})

describe('each preset with a form', () => {
  const every = Object.entries<Form>(forms)

  it.each(every)('%s says nothing of what it does not understand, where that can come to it', (_preset, form) => {
    const events = [told({ trigger: 'escalation' })] as const
    const input = { events, history: [], followed: ['escalation'], baseUrl: 'https://bell.example', forwarded: '{}' } as const
    const understands = form.triggerTypes.some((type) => type === 'escalation')
    expect(form.body(input) !== null).toBe(understands)
  })
})
