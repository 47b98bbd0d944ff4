import { Value } from 'typebox/value'
import { expect, it } from 'vitest'
import { acknowledgedTelling } from '../../../test/support/alert-tellings.ts'
import { cloudEvent } from '../../../test/support/form-schemas.ts'
import { handOver } from '../../../test/support/shift-changes.ts'
import { told } from '../../../test/support/told.ts'
import { instant } from '../../lib/time.ts'
import { cloudEventBody } from './cloud-events.ts'
import { nativeBody } from './native.ts'

it('tells of an alert group what the event says, letter by letter', () => {
  const body = cloudEventBody(acknowledgedTelling.event, 'https://bell.example')
  expect(body).toBe(
    '{"specversion":"1.0","id":"019d4800-0000-7000-8000-000000000001","source":"https://bell.example",' +
      '"type":"watchbell.alert_group.acknowledged","subject":"ICRANE7AAAAAA","time":"2026-04-01T07:05:00.250000Z",' +
      '"datacontenttype":"application/json","sequence":"0000000000000042",' +
      '"data":{"event":{},"alert_payload":{"crane":7,"volts":0.50}}}',
  )
  expect([...Value.Errors(cloudEvent, JSON.parse(body))]).toEqual([])
})

it('tells of a schedule what other webhooks say of it', () => {
  const event = told({
    ...{ type: 'schedule.shift_changed', trigger: 'shift change', sequence: 77, at: instant(Date.UTC(2026, 3, 1, 7)) },
    data: JSON.stringify(handOver),
  })
  const body = JSON.parse(cloudEventBody(event, 'https://bell.example'))
  expect(body).toMatchObject({ type: 'watchbell.schedule.shift_changed', subject: 'SPRIMARY11111', time: '2026-04-01T07:00:00Z' })
  expect(body.data).toEqual(JSON.parse(nativeBody(event)))
  expect([...Value.Errors(cloudEvent, body)]).toEqual([])
})

it('says of nothing else that it is a CloudEvent', () => {
  expect(Value.Check(cloudEvent, { specversion: '0.3', id: '1', source: 'https://bell.example', type: 'x' })).toBe(false)
})
