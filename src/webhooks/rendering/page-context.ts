import type { Rendered } from '../../deliveries/delivery.ts'
import type { AlertReport } from '../alert-report.ts'
import { secretMask } from '../../lib/credential.ts'
import type { Headers } from '../headers.ts'
import type { Trigger } from '../trigger.ts'

/** What the data of a page says of the person in place of the context: that is for one webhook, and events are read by everybody. */
export const hiddenContext = secretMask

/** It comes right behind the type and the time, which have no such text. */
const hidden = `"user":"${hiddenContext}"`

/** The data of an event as its webhook is told of it: that of a page with the context, letter by letter. */
export function withPageContext(data: string, report: AlertReport | null): string {
  const context = report?.page_context
  return context === undefined ? data : data.replace(hidden, () => `"user":${context}`)
}

/** Whether what was sent tells of a person what is for one receiver alone (contract grafana-oncall 3.7). */
export const isPersonal = (trigger: Trigger | null): boolean => trigger === 'personal notification'

/** A URL that may say whom it pages, as others see it; a fault that stands in its place stays. */
export const shownTarget = (target: string): string => URL.parse(target)?.origin ?? target

/** The same of headers: those that every request has say nothing. */
export const shownPersonal = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, usual.test(name) ? value : secretMask]))

const usual = /^(host|connection|content-type|content-length|user-agent|accept|accept-encoding|webhook-(id|test))$/i

/**
 * A page that is not wanted or could not be made, without what its templates have made of the context: why, is read by everybody, in the
 * timeline too.
 */
export function withoutContext(rendered: Rendered): Rendered {
  if (rendered.kind !== 'skipped' && rendered.kind !== 'faulty') return rendered
  const reason = shownReason(rendered.reason)
  if (rendered.kind === 'skipped') return { kind: 'skipped', reason }
  const { target, headersShown, body, requestTrigger } = rendered.request
  // The part that has the fault is its text.
  const shown = (part: string): string => (part === rendered.reason ? reason : part)
  const parts = { target: shown(target), headersShown: shown(headersShown), requestTrigger: shown(requestTrigger) }
  return { kind: 'faulty', reason, request: { ...rendered.request, ...parts, body: body && Buffer.from(reason) } }
}

/** What is always the same stays: what a template has made stands behind that, or in quotes. A plain no tells of nobody. */
const shownReason = (reason: string): string =>
  reason.endsWith(' "False".')
    ? reason
    : reason.replace(/(Template (?:Error|Warning): |").*$/s, (_rest, before: string) => before.replace('"', '') + secretMask)
