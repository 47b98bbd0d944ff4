import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'

/** How many receivers there are to be; it is handed over as JSON, because they are a process of their own. */
export type ReceiversOrder = {
  /** They answer at once. */
  readonly answering: number
  /** They take requests and never answer. */
  readonly hanging: number
}

export type ReceiverPlaces = {
  readonly answering: readonly string[]
  readonly hanging: readonly string[]
  /** Answers with what came to those that answer since it was asked last. */
  readonly countUrl: string
}

/** By the clock of all processes. */
export type Arrival = { readonly owedMs: number; readonly atMs: number }

export const lateMs = ({ owedMs, atMs }: Arrival): number => atMs - owedMs

/** What came, but for what came again. */
export type Received = {
  readonly count: number
  readonly againCount: number
  readonly signedCount: number
  /** From the first one to the last. */
  readonly spanMs: number
  /** When each was owed, which its `webhook-id` says, and when its first byte came. */
  readonly arrivals: readonly Arrival[]
  readonly bytesMean: number
}

/** Receivers that cost as little as can be: they read lengths and ids, and answer 200. */
export async function startReceivers(order: string): Promise<ReceiverPlaces> {
  const { answering, hanging }: ReceiversOrder = JSON.parse(order)
  let tally = newTally()
  const many = (count: number, receive: (socket: Socket) => void): Promise<readonly string[]> =>
    Promise.all(Array.from({ length: count }, () => listening(createServer({ noDelay: true }, receive))))
  const countServer = createHttpServer((_request, response) => {
    const { received } = tally
    tally = newTally()
    response.end(JSON.stringify(received()))
  })
  return {
    answering: await many(answering, (socket) => answer(socket, (head, bytes) => tally.add(head, bytes))),
    hanging: await many(hanging, (socket) => void socket.on('error', () => {}).resume()),
    countUrl: await listening(countServer),
  }
}

function listening(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`)
    })
  })
}

const ok = Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok')
const headEnd = '\r\n\r\n'

function answer(socket: Socket, add: (head: string, bytes: number) => void): void {
  let received: Buffer = Buffer.alloc(0)
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const bodyAt = received.indexOf(headEnd) + headEnd.length
    if (bodyAt < headEnd.length) return
    const head = received.toString('latin1', 0, bodyAt)
    const bytes = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
    if (received.length < bodyAt + bytes) return
    received = received.subarray(bodyAt + bytes)
    add(head, bytes)
    socket.write(ok)
  })
}

type Tally = { add(head: string, bytes: number): void; received(): Received }

function newTally(): Tally {
  const ids = new Set<string>()
  const arrivals: Arrival[] = []
  const [counts, span] = [
    { again: 0, signed: 0, bytes: 0 },
    { first: 0, last: 0 },
  ]
  return {
    add: (head, bytes) => {
      const id = /\r\nwebhook-id: ([\w-]+)/i.exec(head)?.[1] ?? ''
      if (ids.has(id)) counts.again += 1
      ids.add(id)
      counts.bytes += bytes
      if (head.includes('webhook-signature: v1,')) counts.signed += 1
      span.last = performance.now()
      span.first ||= span.last
      arrivals.push({ owedMs: owedMs(id), atMs: Date.now() })
    },
    received: () => ({
      count: ids.size,
      againCount: counts.again,
      signedCount: counts.signed,
      spanMs: span.last - span.first,
      arrivals,
      bytesMean: counts.bytes / arrivals.length,
    }),
  }
}

/** A UUID of version 7 begins with its instant. */
const owedMs = (id: string): number => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)
