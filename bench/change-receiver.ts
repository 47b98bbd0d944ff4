import { createServer } from 'node:http'
import { isObject } from '../src/lib/json.ts'

/** Receives shift changes on loopback, as Zenduty or in our own form. */
export type ChangeReceiver = {
  /** For `WATCHBELL_EGRESS_ALLOW`. */
  readonly place: string
  readonly url: string
  /** For each change that came, when, in milliseconds of the clock. */
  readonly changedAt: readonly number[]
  close(): void
}

export async function receiveChanges(): Promise<ChangeReceiver> {
  const changedAt: number[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const now = Date.now()
      response.end('ok')
      const count = changeCount(JSON.parse(Buffer.concat(chunks).toString('utf8')))
      for (let index = 0; index < count; index += 1) changedAt.push(now)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { place: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}`, changedAt, close }
}

/** Zenduty has one list for each schedule of each team. */
function changeCount(body: unknown): number {
  if (!isObject(body) || !isObject(body['transitions'])) return 1
  return Object.values(body['transitions']).flatMap((schedules) => Object.values(Object(schedules)).flat()).length
}
