import { type Excerpt, excerptLimits } from '../lib/excerpt.ts'
import { nativeBody } from '../webhooks/presets/native.ts'
import { isAboutSchedule } from '../webhooks/trigger.ts'
import { catalogue, type EventType } from './catalogue.ts'

type Shown = { readonly type: EventType; readonly sequence: number; readonly excerpt: Excerpt }

/** What a message told of, in the form that webhooks without a preset send: a list where it told of several events. */
export function shownTogether(events: readonly Shown[]): Excerpt {
  const [first, ...others] = events.map(shownAlone)
  if (first === undefined) return { text: '', bytes: 0, isWhole: true }
  if (others.length === 0) return first
  const all = [first, ...others]
  const bytes = all.reduce((sum, excerpt) => sum + excerpt.bytes, all.length + 1)
  const isWhole = bytes <= excerptLimits.wholeBytesMax && all.every((excerpt) => excerpt.isWhole)
  return { text: isWhole ? `[${all.map(({ text }) => text).join()}]` : `[${first.text}`, bytes, isWhole }
}

/** The beginning of a long event is shown as it is stored. */
function shownAlone({ type, sequence, excerpt }: Shown): Excerpt {
  const trigger = catalogue[type]
  if (!excerpt.isWhole || trigger === null || !isAboutSchedule(trigger)) return excerpt
  const text = nativeBody({ trigger, sequence, data: excerpt.text })
  return { ...excerpt, text, bytes: Buffer.byteLength(text) }
}
