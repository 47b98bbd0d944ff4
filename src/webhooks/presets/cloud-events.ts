import { jsonText, RawJson } from '../../lib/json.ts'
import { isoZ } from '../../lib/time.ts'
import { readShiftChange } from '../shift-change.ts'
import type { Told } from '../rendering/told.ts'
import { isAboutSchedule } from '../trigger.ts'
import { nativeBody } from './native.ts'

export const cloudEventType = 'application/cloudevents+json'

/** An event as a CloudEvent 1.0 in structured mode: its data are what webhooks without a preset send. */
export function cloudEventBody(event: Told, baseUrl: string): string {
  const isShift = isAboutSchedule(event.trigger)
  const subject = isShift ? readShiftChange(event.data).schedule.id : (event.report?.alert_group.id ?? null)
  return jsonText({
    specversion: '1.0',
    id: event.id,
    source: baseUrl,
    type: `watchbell.${event.type}`,
    ...(subject === null ? {} : { subject }),
    time: isoZ(event.at),
    datacontenttype: 'application/json',
    // The extension of this name wants a text that sorts as the numbers do.
    sequence: String(event.sequence).padStart(16, '0'),
    data: new RawJson(isShift ? nativeBody(event) : event.data),
  })
}
