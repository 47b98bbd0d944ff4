import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { Agent, type Dispatcher } from 'undici'

/** What the bare client is told; it is handed over as JSON, because it is a process of its own. */
export type ClientOrder = {
  readonly urls: readonly string[]
  readonly count: number
  readonly bodyBytes: number
  readonly inFlight: number
}

export type ClientResult = { readonly cpuUs: number }

/** The peer: signs and sends, and neither keeps nor renders anything. Resolves with the processor time of one request. */
export async function runSignedClient(order: string): Promise<ClientResult> {
  const { urls, count, bodyBytes, inFlight }: ClientOrder = JSON.parse(order)
  const agent = new Agent({ connections: Math.ceil(inFlight / urls.length), allowH2: false })
  const body = Buffer.from(JSON.stringify({ text: 'x'.repeat(bodyBytes - 11) }))
  const secret = randomBytes(32)
  const before = process.cpuUsage()
  let sent = 0
  const loop = async (): Promise<void> => {
    while (sent < count) {
      const origin = urls[sent % urls.length] ?? ''
      sent += 1
      await exchange(agent, { origin, path: '/', method: 'POST', headers: headersOf(body, secret), body })
    }
  }
  await Promise.all(Array.from({ length: inFlight }, loop))
  const { user, system } = process.cpuUsage(before)
  await agent.close()
  return { cpuUs: (user + system) / count }
}

/** By Standard Webhooks, as the server signs. */
function headersOf(body: Buffer, secret: Buffer): string[] {
  const id = randomUUID()
  const at = String(Math.floor(Date.now() / 1000))
  const signature = createHmac('sha256', secret).update(`${id}.${at}.`).update(body).digest('base64')
  const own = ['webhook-id', id, 'webhook-timestamp', at, 'webhook-signature', `v1,${signature}`]
  return [...own, 'content-type', 'application/json', 'user-agent', 'bare']
}

function exchange(agent: Agent, options: Agent.DispatchOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => {},
      onResponseStart: () => {},
      onResponseData: () => {},
      onResponseEnd: () => resolve(),
      onResponseError: (_controller, fault) => reject(fault),
    }
    agent.dispatch(options, handler)
  })
}
