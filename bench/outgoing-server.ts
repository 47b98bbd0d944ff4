import { setTimeout as wait } from 'node:timers/promises'
import type pg from 'pg'
import { alertmanagerBody, type Client, clientOf } from '../test/processes/client.ts'
import { launchServer, type ServerProcess, stopServer, untilReady } from '../test/processes/server-process.ts'
import { type BenchServer, connectTo, newPlace } from './bench-server.ts'
import { type Connection, openConnection, requestBytes } from './connection.ts'
import { type Receivers, receivers } from './roles.ts'

/** A server whose alerts page nobody and tell many webhooks, each with a receiver of its own. */
export type OutgoingServer = Pick<BenchServer, 'launch'> & {
  readonly server: ServerProcess
  readonly client: Client
  readonly database: pg.Client
  readonly receivers: Receivers
  /** Opens so many new alert groups, at most eight at once. */
  openGroups(count: number): Promise<void>
  close(): Promise<void>
}

type OutgoingOrder = { readonly answering: number; readonly hanging: number }

/** On a machine that is busy. */
const startMaxMs = 120_000

type Made = { readonly id: string }

/** Every receiver has a webhook that signs and is told of new alert groups. */
export async function startOutgoingServer(order: OutgoingOrder): Promise<OutgoingServer> {
  const places = await receivers(order)
  const urls = [...places.answering, ...places.hanging]
  const { launch, remove } = await newPlace({ WATCHBELL_EGRESS_ALLOW: '127.0.0.0/8' })
  const server = launchServer(launch)
  await untilReady(server, startMaxMs)
  const client = clientOf(server.url)
  for (const [index, url] of urls.entries()) {
    const named = { name: `bench ${index}`, url, http_method: 'POST', trigger_type: 'alert group created' }
    const { id } = await client.call<Made>('POST', 'webhooks/', { ...named, forward_all: false, data: bodyTemplate })
    await client.call('POST', `webhooks/${id}/signing/`)
  }
  const { link } = await client.call<{ link: string }>('POST', 'integrations/', { type: 'alertmanager', name: 'bench' })
  const alertsUrl = new URL(`${server.url}${new URL(link).pathname}`)
  const database = await connectTo(launch)
  let opened = 0
  return {
    launch,
    server,
    client,
    database,
    receivers: places,
    openGroups: async (count) => {
      await openGroups(alertsUrl, { from: opened, count })
      opened += count
    },
    close: async () => {
      await database.end()
      await stopServer(server)
      places.stop()
      remove()
    },
  }
}

/** Two kilobytes, most of them what Alertmanager has sent. */
const bodyTemplate = `{"event": "{{ event.type }}", "id": "{{ alert_group.id }}", "title": "{{ alert_group.title }}",
  "state": "{{ alert_group.state }}", "link": "{{ alert_group.permalinks.web }}", "payload": {{ alert_payload | tojson }},
  "note": "${'Whoever is on call looks first at the dashboard of the service. '.repeat(8)}"}`

const connectionsMax = 8

async function openGroups(url: URL, { from, count }: { readonly from: number; readonly count: number }): Promise<void> {
  let next = from
  const loop = async (connection: Connection): Promise<void> => {
    while (next < from + count) {
      next += 1
      const status = await connection.send(requestBytes(url, alertmanagerBody(`group ${next}`)))
      if (status !== 200) throw new Error(`an alert was answered with ${status}`)
    }
  }
  const connections = await Promise.all(Array.from({ length: Math.min(connectionsMax, count) }, () => openConnection(url)))
  await Promise.all(connections.map(loop))
  for (const connection of connections) connection.close()
}

/** Rejects when it takes longer than five minutes. */
export async function until(isSo: () => Promise<boolean>, everyMs = 50): Promise<void> {
  const endsAt = performance.now() + 300_000
  while (!(await isSo())) {
    if (performance.now() > endsAt) throw new Error('it took too long')
    await wait(everyMs)
  }
}
