import { createServer, type Server } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { adminToken, alertmanagerBody, clientOf, makeIntegration } from '../processes/client.ts'
import { freePort, launchServer, stopServer, untilReady } from '../processes/server-process.ts'
import { print, type Report } from './report.ts'

const receiverCount = 200
const alertCount = 30
const pauseMs = 1_000
const patienceMs = 20_000
const p99MaxMs = 1_000

type Arrival = { readonly title: string; readonly at: number }

/** Of 200 receivers with a port each the half never answers, while each is told something every second. The others hear of it within a second. */
export async function judgeIsolation({ folder, report }: { readonly folder: string; readonly report: Report }): Promise<void> {
  const arrivals: Arrival[] = []
  const receivers = await Promise.all(
    Array.from({ length: receiverCount }, (_, index) => receive(index % 2 === 0 ? arrivals : null)),
  )
  const places = receivers.map(({ place }) => place)
  const env = { WATCHBELL_BOOTSTRAP_TOKEN: adminToken, WATCHBELL_EGRESS_ALLOW: places.join() }
  const server = launchServer({ folder, name: 'isolation', port: await freePort(), env })
  try {
    await untilReady(server, 60_000)
    const path = await prepare(server.url, places)
    const acceptedAt = await tell(`${server.url}${path}`)
    const expected = (alertCount * receiverCount) / 2
    for (let waitedMs = 0; arrivals.length < expected && waitedMs < patienceMs; waitedMs += 100) await wait(100)
    const delays = arrivals.map(({ title, at }) => Math.max(0, at - (acceptedAt.get(title) ?? 0))).toSorted((a, b) => a - b)
    const [p50, p99] = [share(delays, 0.5), share(delays, 0.99)]
    print(`        beside ${receiverCount / 2} that hang: p50 ${Math.round(p50)} ms, p99 ${Math.round(p99)} ms`)
    const missing = arrivals.length === expected ? [] : [`${arrivals.length} of ${expected} arrived`]
    const late = p99 < p99MaxMs ? [] : [`p99 is ${Math.round(p99)} ms`]
    report.add('while half of 200 receivers hang: the others get everything, once', missing)
    report.add('while half of 200 receivers hang: 99 of 100 messages to the others arrive within a second', late)
  } finally {
    for (const { close } of receivers) close()
    await stopServer(server)
  }
}

const share = (sorted: readonly number[], part: number): number => sorted[Math.floor(sorted.length * part)] ?? Infinity

async function prepare(serverUrl: string, places: readonly string[]): Promise<string> {
  const client = clientOf(serverUrl)
  for (const [index, place] of places.entries())
    await client.call('POST', 'webhooks/', {
      name: `receiver ${index}`,
      url: `http://${place}/`,
      http_method: 'POST',
      trigger_type: 'alert group created',
    })
  return makeIntegration(client, 'isolation')
}

/** When each alert was accepted, by its title. */
async function tell(url: string): Promise<ReadonlyMap<string, number>> {
  const acceptedAt = new Map<string, number>()
  for (let number = 0; number < alertCount; number += 1) {
    const title = `alert ${number}`
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(url, { method: 'POST', headers, body: alertmanagerBody(title) })
    acceptedAt.set(title, performance.now())
    await answer.text()
    if (answer.status !== 200) throw new Error(`an alert was answered with ${answer.status}`)
    await wait(pauseMs)
  }
  return acceptedAt
}

type HookBody = { readonly alert_group: { readonly title: string } }

/** A receiver on a port of its own; with nowhere to note what arrives it never answers. */
async function receive(arrivals: Arrival[] | null): Promise<{ readonly place: string; close(): void }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (arrivals === null) return
      const body: HookBody = JSON.parse(Buffer.concat(chunks).toString('utf8'))
      arrivals.push({ title: body.alert_group.title, at: performance.now() })
      response.end('ok')
    })
  })
  const port = await listening(server)
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { place: `127.0.0.1:${port}`, close }
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
