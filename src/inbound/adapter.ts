import type { Signal } from '../alerts/signal.ts'

/** One inbound contract: what a body means. Pure, and total: any JSON that arrives is an alert of some kind. */
export type Adapter = (body: InboundBody) => readonly Signal[]

export type InboundBody = {
  /** The body parsed; a form is an object of texts. */
  readonly json: unknown
  /** The body as JSON text, as received; for a form the JSON of its object. */
  readonly text: string
}
