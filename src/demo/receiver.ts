import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { objectOf, textOf } from '../inbound/fields.ts'
import { portOf } from './port.ts'

/** A webhook that came in. */
export type Hook = { readonly id: string; readonly body: unknown }

export type Receiver = {
  /** For `WATCHBELL_EGRESS_ALLOW`. */
  readonly place: string
  readonly url: string
  close(): Promise<void>
}

/** Receives webhooks on loopback, thanks for them, and shows them. */
export async function openReceiver(show: (hook: Hook) => void): Promise<Receiver> {
  const server = createServer((request, response) => {
    text(request).then(
      (body) => {
        response.setHeader('content-type', 'application/json').end('{"thanks":true}')
        show({ id: String(request.headers['webhook-id']), body: jsonOf(body) })
      },
      // A sender that went away in the middle sends it again.
      () => response.destroy(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const place = `127.0.0.1:${portOf(server)}`
  const close = (): Promise<void> => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(() => resolve()))
  }
  return { place, url: `http://${place}/ops-room`, close }
}

/** Also a person with curl may find the receiver: what is no JSON is shown as it is. */
function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}

/** The title of the alert group that a body is about; null for other bodies. */
export const titleOf = ({ body }: Hook): string | null => textOf(objectOf(body, 'alert_group'), 'title')

/** The webhook trigger that a body names. */
export const triggerOf = ({ body }: Hook): string => textOf(objectOf(body, 'event'), 'type') ?? 'something else'
