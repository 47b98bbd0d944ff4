import { detailRefusal, type Reader } from '../lib/fields.ts'
import { isObject } from '../lib/json.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok } from '../lib/result.ts'

const behaviours = ['grouping_key', 'resolve_signal', 'acknowledge_signal', 'source_link'] as const

const titleMessageImage = ['title', 'message', 'image_url'] as const

/** The channels of the contract with the templates of each; the last two are sent by its client, and never shown. */
const channels: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['slack', titleMessageImage],
  ['web', titleMessageImage],
  ['sms', ['title']],
  ['phone_call', ['title']],
  ['telegram', titleMessageImage],
  ['mobile_app', ['title', 'message']],
  ['email', ['title', 'message']],
  ['msteams', titleMessageImage],
  ['mattermost', titleMessageImage],
])

/** Templates that say nothing: null for all, for a channel, or for each attribute stands for the default of the type (contract grafana-oncall 4.6). */
export const templates: Reader<null> = (value) => {
  if (value === null) return ok(null)
  if (!isObject(value)) return no(invalidData)
  for (const [name, member] of Object.entries(value)) {
    const refusal = faultOf(name, member)
    if (refusal !== null) return no(refusal)
  }
  return ok(null)
}

/** What the API shows while each template is the default of the integration's type. */
export function shownTemplates() {
  const image = { title: null, message: null, image_url: null }
  const message = { title: null, message: null }
  return {
    grouping_key: null,
    resolve_signal: null,
    acknowledge_signal: null,
    source_link: null,
    slack: image,
    web: image,
    sms: { title: null },
    phone_call: { title: null },
    telegram: image,
    mobile_app: message,
    email: message,
  }
}

function faultOf(name: string, member: unknown): Refusal | null {
  if (behaviours.some((behaviour) => behaviour === name)) return member === null ? null : notYet(name)
  const attributes = channels.get(name)
  if (attributes === undefined) return invalidData
  if (member === null) return null
  if (!isObject(member)) return detailRefusal(`Invalid ${name} template data`)
  for (const [attribute, template] of Object.entries(member)) {
    if (!attributes.includes(attribute)) return invalidData
    if (template !== null) return notYet(`${name} ${attribute}`)
  }
  return null
}

const invalidData = detailRefusal('Invalid template data')

const notYet = (name: string): Refusal =>
  detailRefusal(`Templates are not available yet: leave the ${name} template out or null, then the default of the type is used`)
