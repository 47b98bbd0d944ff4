import { dictOf } from '../../lib/jinja/dict.ts'
import { lazyDict } from '../../lib/jinja/lazy.ts'
import { readJson } from '../../lib/jinja/json-reader.ts'
import type { Dict, Value } from '../../lib/jinja/value.ts'
import { no, ok, type Result } from '../../lib/result.ts'
import { jsonData, namedIn, objectOf, plainData } from '../../lib/template/data.ts'
import { isTemplate, readTemplate, renderTemplate, type RenderInput, resultMax } from '../../lib/template/template.ts'

/** Renders the templates of webhooks. Those that come again, and events that do, are read once. */
export type Templating = {
  /** The text that a template makes; the reason is in the words of the contract. */
  render(template: string, seen: Seen): Result<string, string>
}

/** What a template sees (contract grafana-oncall 3.3, 3.4). */
type Seen = {
  /** What the event says: the text of a JSON object. */
  readonly event: string
  /** What other webhooks were answered last about the same alert group. */
  readonly answers: readonly Answer[]
  /** The template writes JSON, so that what comes from the event is escaped in it. */
  readonly isJson: boolean
}

/** `body` null: there was no answer. */
export type Answer = { readonly webhookId: string; readonly body: Uint8Array | null }

export function newTemplating(surroundings: Pick<RenderInput, 'now' | 'random' | 'isLate'>): Templating {
  const templateOf = once(readTemplate)
  const eventOf = once(objectOf)
  return {
    render: (text, { event, answers, isJson }) => {
      if (!isTemplate(text)) return ok(text)
      const template = templateOf(text)
      if (!template.ok) return no(template.reason.text)
      const named = namedIn(text, withAnswers(eventOf(event), answers))
      const data = isJson ? jsonData(named) : plainData(named)
      const rendered = renderTemplate(template.value, { ...surroundings, data, lengthMax: resultMax })
      return rendered.ok ? rendered : no(rendered.reason.text)
    },
  }
}

/** `payload` is there, too, as in the templates of alerts, and is nothing. */
function withAnswers({ entries }: Dict, answers: readonly Answer[]): Dict {
  const own = Array.from(entries.values(), ({ key, value }) => [key, value] as const)
  const responses = lazyDict(() => dictOf(answers.map(({ webhookId, body }) => [webhookId, answered(body)])).entries)
  return dictOf([...own, ['payload', null], ...(answers.length === 0 ? [] : [['responses', responses] as const])])
}

/** JSON where it is JSON, else text. */
function answered(body: Uint8Array | null): Value {
  if (body === null) return null
  const text = Buffer.from(body).toString('utf8')
  const json = readJson(text)
  return json === null ? text : json.value
}

function once<Made>(make: (text: string) => Made): (text: string) => Made {
  const made = new Map<string, { readonly value: Made }>()
  return (text) => {
    const known = made.get(text) ?? { value: make(text) }
    made.set(text, known)
    return known.value
  }
}
