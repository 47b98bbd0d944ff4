import { setTimeout as wait } from 'node:timers/promises'
import { alertmanagerBody } from '../test/processes/client.ts'
import { type Connection, openConnection, requestBytes } from './connection.ts'

/** What a load generator is told; it is handed over as JSON, because the generator is a process of its own. */
export type LoadOrder = {
  readonly url: string
  /** The same name means the same open keys. */
  readonly keys: string
  readonly connectionCount: number
  /** Null: each connection sends its next request when it has the answer to the last. Else so many per second in all, whatever comes back. */
  readonly perSecond: number | null
  readonly warmUpMs: number
  readonly measureMs: number
  readonly requestsMax: number
}

export type LoadResult = {
  readonly requestCount: number
  readonly failedCount: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

const openKeyCount = 100
/** One alert in a hundred opens a new group. */
const newGroupEvery = 100

/** Sends alerts: open keys again and again, and one new group in a hundred. */
export async function runLoad(order: LoadOrder): Promise<LoadResult> {
  const connections = await Promise.all(Array.from({ length: order.connectionCount }, () => openConnection(new URL(order.url))))
  const next = requestsOf(new URL(order.url), order.keys)
  const record = newRecord(performance.now() + order.warmUpMs)
  const endsAt = performance.now() + order.warmUpMs + order.measureMs
  const isOver = (): boolean => performance.now() >= endsAt || record.count() >= order.requestsMax
  const sending = order.perSecond === null ? sendBackToBack : sendPaced(order.perSecond)
  await sending(connections, { next, record, isOver })
  for (const connection of connections) connection.close()
  return record.result()
}

type Sending = { readonly next: () => Buffer; readonly record: Record; readonly isOver: () => boolean }

async function sendBackToBack(connections: readonly Connection[], { next, record, isOver }: Sending): Promise<void> {
  const loop = async (connection: Connection): Promise<void> => {
    while (!isOver()) {
      const sentAt = performance.now()
      record.add(await connection.send(next()), sentAt)
    }
  }
  await Promise.all(connections.map(loop))
}

/** Latency counts from the instant at which a request was to leave, so that a server that stalls cannot hide its stall. */
function sendPaced(perSecond: number) {
  return async (connections: readonly Connection[], { next, record, isOver }: Sending): Promise<void> => {
    const free = [...connections]
    const owed: number[] = []
    const underWay = new Set<Promise<void>>()
    const startedAt = performance.now()
    let planned = 0
    const pump = (): void => {
      for (let connection = free.pop(); connection !== undefined; connection = free.pop()) {
        const plannedAt = owed.shift()
        if (plannedAt === undefined) return void free.push(connection)
        const flight = exchange(connection, plannedAt).finally(() => underWay.delete(flight))
        underWay.add(flight)
      }
    }
    const exchange = async (connection: Connection, plannedAt: number): Promise<void> => {
      record.add(await connection.send(next()), plannedAt)
      free.push(connection)
      pump()
    }
    while (!isOver()) {
      const dueCount = Math.floor(((performance.now() - startedAt) / 1000) * perSecond)
      for (; planned < dueCount; planned += 1) owed.push(startedAt + (planned * 1000) / perSecond)
      pump()
      await wait(1)
    }
    while (underWay.size > 0) await Promise.all(underWay)
  }
}

function requestsOf(url: URL, keys: string): () => Buffer {
  const open = Array.from({ length: openKeyCount }, (_, key) => requestBytes(url, alertmanagerBody(`${keys} ${key}`)))
  // No other load has had it.
  const run = Date.now().toString(36)
  let count = 0
  let repeatCount = 0
  return () => {
    count += 1
    if (count % newGroupEvery === 0) return requestBytes(url, alertmanagerBody(`new ${run} ${count}`))
    repeatCount += 1
    return open[repeatCount % openKeyCount] ?? Buffer.alloc(0)
  }
}

type Record = { add(status: number, sentAt: number): void; count(): number; result(): LoadResult }

function newRecord(measureFrom: number): Record {
  const latencies: number[] = []
  let failedCount = 0
  let lastAt = measureFrom
  return {
    add: (status, sentAt) => {
      const now = performance.now()
      if (status !== 200) failedCount += 1
      if (now < measureFrom) return
      latencies.push(now - sentAt)
      lastAt = now
    },
    count: () => latencies.length,
    result: () => ({
      requestCount: latencies.length,
      failedCount,
      perSecond: latencies.length / ((lastAt - measureFrom) / 1000),
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
    }),
  }
}

/** The smallest value that at least this share of the values does not exceed; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? Number.NaN
}
