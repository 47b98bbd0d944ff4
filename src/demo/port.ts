import type { Server } from 'node:net'
import { check } from '../lib/check.ts'

/** The port of a server that listens on a network. */
export function portOf(server: Pick<Server, 'address'>): number {
  const address = server.address()
  check(typeof address === 'object' && address !== null, 'a server on a network has a port')
  return address.port
}
