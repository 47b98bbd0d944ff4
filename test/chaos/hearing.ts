import { createServer } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Chance } from './chance.ts'

/** A request that came in, and how it was answered. */
export type Heard = {
  /** When it was answered, by the wall clock, as the log of a node has it. */
  readonly at: number
  /** The number of the webhook. */
  readonly hook: number
  /** The header `webhook-id`. */
  readonly id: string
  /** Of the alert group that it tells of. */
  readonly title: string
  readonly isAccepted: boolean
}

export type Hearing = {
  readonly place: string
  readonly urlOf: (hook: number) => string
  readonly heard: readonly Heard[]
  close(): void
}

type HookBody = { readonly alert_group: { readonly title: string } }

/**
 * Receivers of many webhooks. Most answers are quick, some take long enough for a blow to fall between; every tenth receiver
 * refuses each fifth message when it comes for the first time. By chance it might refuse several in a row, and be left alone for minutes.
 */
export async function openHearing(chance: Chance): Promise<Hearing> {
  const heard: Heard[] = []
  const refused = new Set<string>()
  const counts = new Map<number, number>()
  const refuses = (hook: number, id: string): boolean => {
    if (hook % 10 !== 0 || refused.has(id)) return false
    const count = (counts.get(hook) ?? 0) + 1
    counts.set(hook, count)
    if (count % 5 === 0) refused.add(id)
    return count % 5 === 0
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body: HookBody = JSON.parse(Buffer.concat(chunks).toString('utf8'))
      const id = String(request.headers['webhook-id'])
      const hook = Number(request.url?.slice(1))
      const isAccepted = !refuses(hook, id)
      const delayMs = chance.next() < 0.85 ? chance.between(0, 40) : chance.between(100, 600)
      void wait(delayMs).then(() => {
        heard.push({ at: Date.now(), hook, id, title: body.alert_group.title, isAccepted })
        response.writeHead(isAccepted ? 200 : 503).end()
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const place = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { place, urlOf: (hook) => `http://${place}/${hook}`, heard, close }
}
