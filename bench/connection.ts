import { connect, type Socket } from 'node:net'

/** A kept-alive HTTP/1.1 connection that costs the measuring side as little as can be: one request at a time, only the status is read. */
export type Connection = {
  /** Resolves with the status; rejects when the connection breaks. */
  send(request: Buffer): Promise<number>
  close(): void
}

/** A POST of JSON as it goes over the wire. */
export function requestBytes(url: URL, body: string): Buffer {
  const head = [
    `POST ${url.pathname} HTTP/1.1`,
    `host: ${url.host}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}

export async function openConnection(url: URL): Promise<Connection> {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return connectionOver(socket)
}

type Waiting = { readonly resolve: (status: number) => void; readonly reject: (fault: Error) => void }

function connectionOver(socket: Socket): Connection {
  let received = ''
  let waiting: Waiting | null = null
  const fail = (fault: Error): void => {
    waiting?.reject(fault)
    waiting = null
  }
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => {
    received += text
    const status = completeStatus(received)
    if (status === null) return
    received = ''
    waiting?.resolve(status)
    waiting = null
  })
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('the server closed the connection')))
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        socket.write(request)
      }),
    close: () => socket.destroy(),
  }
}

/** Null while the answer is not complete. Every answer that is measured here says its length. */
function completeStatus(text: string): number | null {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return null
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0)
  return text.length < headEnd + 4 + length ? null : Number(text.slice(9, 12))
}
