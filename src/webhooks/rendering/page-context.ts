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
