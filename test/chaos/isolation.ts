import { createServer, type Server } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { adminToken, alertmanagerBody, clientOf, makeIntegration } from '../processes/client.ts'
import { freePort, launchServer, stopServer, untilReady } from '../processes/server-process.ts'
import { print, type Report } from './report.ts'

const receiverCount = 200
const alertCount = 12
/** So few that a busy machine keeps up. */
const pauseMs = 2_000
const patienceMs = 20_000
const delayMaxMs = 1_000

type Arrival = { readonly title: string; readonly at: number }

/** What the receivers know. */
type Place = { readonly arrivals: Arrival[]; halfHangs: boolean }

type Options = { readonly folder: string; readonly report: Report }

/**
 * 200 receivers, with a port each, are told something every two seconds; then the half of them does not answer any more. To the others it
 * makes no difference of more than a second, beside what the machine takes when all answer.
 */
export async function judgeIsolation({ folder, report }: Options): Promise<void> {
  const place: Place = { arrivals: [], halfHangs: false }
  const receivers = await Promise.all(Array.from({ length: receiverCount }, (_, index) => receive(place, index % 2 === 0)))
  const places = receivers.map((receiver) => receiver.place)
  const env = { WATCHBELL_BOOTSTRAP_TOKEN: adminToken, WATCHBELL_EGRESS_ALLOW: places.join() }
  const server = launchServer({ folder, name: 'isolation', port: await freePort(), env })
  try {
    await untilReady(server, 60_000)
    const url = `${server.url}${await prepare(server.url, places)}`
    await delaysOf(place, { url, name: 'warm up', count: alertCount * receiverCount })
    const usual = await delaysOf(place, { url, name: 'all answer', count: alertCount * receiverCount })
    place.halfHangs = true
    const beside = await delaysOf(place, { url, name: 'half hang', count: (alertCount * receiverCount) / 2 })
    print(`        all answer: ${shown(usual)}; half hang, the others: ${shown(beside)}`)
    const missing = beside.length === (alertCount * receiverCount) / 2 ? [] : [`${beside.length} messages arrived`]
    const late = share(beside, 0.99) < share(usual, 0.99) + delayMaxMs ? [] : [shown(beside)]
    report.add('half of 200 receivers hang: the others get everything, once', missing)
    report.add('half of 200 receivers hang: 99 of 100 messages to the others are no more than a second late', late)
  } finally {
    for (const { close } of receivers) close()
    await stopServer(server)
  }
}

const shown = (sorted: readonly number[]): string =>
  `p50 ${Math.round(share(sorted, 0.5))} ms, p99 ${Math.round(share(sorted, 0.99))} ms`

type Telling = { readonly url: string; readonly name: string; readonly count: number }

/** From the answer to an alert to the arrival of its webhooks, sorted; of the receivers that answer. */
async function delaysOf({ arrivals }: Place, { url, name, count }: Telling): Promise<readonly number[]> {
  arrivals.length = 0
  const acceptedAt = await tell(url, name)
  for (let waitedMs = 0; arrivals.length < count && waitedMs < patienceMs; waitedMs += 100) await wait(100)
  return arrivals.map(({ title, at }) => Math.max(0, at - (acceptedAt.get(title) ?? 0))).toSorted((a, b) => a - b)
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
async function tell(url: string, name: string): Promise<ReadonlyMap<string, number>> {
  const acceptedAt = new Map<string, number>()
  for (let number = 0; number < alertCount; number += 1) {
    const title = `${name} ${number}`
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

/** A receiver on a port of its own, which may be of the half that hangs. */
async function receive(place: Place, isOfHalf: boolean): Promise<{ readonly place: string; close(): void }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (isOfHalf && place.halfHangs) return
      const body: HookBody = JSON.parse(Buffer.concat(chunks).toString('utf8'))
      place.arrivals.push({ title: body.alert_group.title, at: performance.now() })
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
