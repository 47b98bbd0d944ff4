import { createServer } from 'node:net'
import { check } from '../check.ts'

/** A port that nobody else gets until it is released. */
export type HeldPort = {
  readonly port: number
  /** Right before the port is put to use; again changes nothing. */
  release(): Promise<void>
}

/** Lets the system choose a port of the host and holds it; who connects meanwhile is turned away. Rejects as listening would. */
export function holdFreePort(host: string): Promise<HeldPort> {
  return holdPort(host, 0)
}

/** Whether a server could listen on this port of the host at this moment. */
export async function isFreePort(host: string, port: number): Promise<boolean> {
  const held = await holdPort(host, port).catch(() => null)
  await held?.release()
  return held !== null
}

async function holdPort(host: string, wanted: number): Promise<HeldPort> {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ host, port: wanted }, resolve))
  const address = server.address()
  check(typeof address === 'object' && address !== null, 'a server on a network has a port')
  return { port: address.port, release: () => new Promise((resolve) => void server.close(() => resolve())) }
}
