import type { Server } from 'node:http'
import type { Server as SecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { newWorld, type World } from './watchbell.ts'

/** A whole server with a source of alerts, and a receiver of webhooks on the loopback. */
export type ReceivingWorld = {
  readonly world: World
  /** The receiver's. */
  readonly port: number
  readonly integrationId: string
  /** Where its alerts go. */
  readonly link: string
  close(): Promise<void>
}

export async function newReceivingWorld(receiver: Server | SecureServer): Promise<ReceivingWorld> {
  const world = await newWorld()
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const { port } = receiver.address() as AddressInfo
  const { json } = await world.api('POST', 'integrations/', { type: 'formatted_webhook', name: 'Boiler' })
  const close = async (): Promise<void> => {
    await world.close()
    receiver.closeAllConnections()
    receiver.close()
  }
  return { world, port, integrationId: json.id, link: json.link, close }
}
