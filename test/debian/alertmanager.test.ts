import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync, openSync, closeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adminToken, type AlertGroup, type Client, clientOf, listAlertGroups, makeSource } from '../processes/client.ts'
import { freePort, launchServer, type ServerProcess, stopServer, untilReady } from '../processes/server-process.ts'

/** Debian's package `prometheus-alertmanager`, with nothing but our link in its configuration. Each step goes on from the one before. */
describe('the real Alertmanager', () => {
  let folder: string
  let server: ServerProcess
  let client: Client
  let alertmanager: Alertmanager
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'watchbell-alertmanager-'))
    chmodSync(folder, 0o755)
    server = launchServer({ folder, name: 'data', port: await freePort(), env: { WATCHBELL_BOOTSTRAP_TOKEN: adminToken } })
    await untilReady(server)
    client = clientOf(server.url)
    const path = await makeSource(client, { type: 'alertmanager', name: 'real' })
    alertmanager = await startAlertmanager(folder, `${server.url}${path}`)
  })
  afterAll(async () => {
    await alertmanager.stop()
    await stopServer(server)
    rmSync(folder, { recursive: true, force: true })
  })

  it('opens an alert group', async () => {
    await alertmanager.post([diskFull('db-1', 'firing')])
    const group = await untilGroup(client, ({ alerts_count: count }) => count === 1)
    expect(group).toMatchObject({ title: 'DiskFull (db)', state: 'firing' })
    expect(group.last_alert?.payload).toMatchObject({
      receiver: 'watchbell',
      status: 'firing',
      version: '4',
      groupKey: '{}:{alertname="DiskFull", team="db"}',
      numFiring: 1,
      numResolved: 0,
    })
  })

  it('updates it when another alert joins', async () => {
    await alertmanager.post([diskFull('db-1', 'firing'), diskFull('db-2', 'firing')])
    const group = await untilGroup(client, ({ alerts_count: count }) => count === 2)
    expect(group.state).toBe('firing')
    expect(group.last_alert?.payload).toMatchObject({ numFiring: 2, numResolved: 0 })
  })

  it('leaves it open while one of its alerts fires', async () => {
    await alertmanager.post([diskFull('db-1', 'resolved'), diskFull('db-2', 'firing')])
    const group = await untilGroup(client, ({ alerts_count: count }) => count === 3)
    expect(group.state).toBe('firing')
    expect(group.last_alert?.payload).toMatchObject({ status: 'firing', numFiring: 1, numResolved: 1 })
  })

  it('resolves it when all of them are over', async () => {
    await alertmanager.post([diskFull('db-2', 'resolved')])
    const group = await untilGroup(client, ({ state }) => state === 'resolved')
    expect(group.last_alert?.payload).toMatchObject({ status: 'resolved', numFiring: 0 })
  })

  it('opens a new one when it fires again', async () => {
    await alertmanager.post([diskFull('db-1', 'firing')])
    await untilGroup(client, ({ state }) => state === 'firing')
    const groups = await listAlertGroups(client)
    expect(groups.map(({ state }) => state)).toEqual(['firing', 'resolved'])
  })
})

type Alertmanager = { post(alerts: readonly object[]): Promise<void>; stop(): Promise<void> }

const configuration = (link: string): string => `
route:
  receiver: watchbell
  group_by: [alertname, team]
  group_wait: 100ms
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: watchbell
    webhook_configs:
      - url: ${link}
        send_resolved: true
`

/** Runs the program itself on loopback, without its service and without its cluster. */
async function startAlertmanager(folder: string, link: string): Promise<Alertmanager> {
  const file = join(folder, 'alertmanager.yml')
  const logFile = join(folder, 'alertmanager.log')
  writeFileSync(file, configuration(link))
  const address = `127.0.0.1:${await freePort()}`
  const log = openSync(logFile, 'w')
  const child = spawn(
    'prometheus-alertmanager',
    [
      `--config.file=${file}`,
      `--storage.path=${join(folder, 'alertmanager')}`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address=',
    ],
    { stdio: ['ignore', log, log] },
  )
  closeSync(log)
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  await untilAlertmanagerIsReady(child, { address, logFile })
  return {
    post: async (alerts) => {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`http://${address}/api/v2/alerts`, { method: 'POST', headers, body: JSON.stringify(alerts) })
      expect(answer.status, await answer.text()).toBe(200)
    },
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function untilAlertmanagerIsReady(
  child: ChildProcess,
  { address, logFile }: { address: string; logFile: string },
): Promise<void> {
  for (let tries = 0; tries < 1200; tries += 1) {
    const answer = await fetch(`http://${address}/-/ready`).catch(() => null)
    if (answer?.ok === true) return
    if (child.pid === undefined)
      throw new Error('prometheus-alertmanager is not installed: apt-get install prometheus-alertmanager')
    if (child.exitCode !== null) break
    await wait(50)
  }
  throw new Error(`prometheus-alertmanager does not run:\n${readFileSync(logFile, 'utf8')}`)
}

/** When it fired is the same each time; a resolved alert is one that has ended. */
function diskFull(instance: string, status: 'firing' | 'resolved'): object {
  const minutesFromNow = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString()
  return {
    labels: { alertname: 'DiskFull', team: 'db', instance },
    annotations: { summary: '99 % full' },
    startsAt: minutesFromNow(-10),
    endsAt: status === 'firing' ? minutesFromNow(10) : new Date().toISOString(),
    generatorURL: 'http://prometheus.example/graph?g0.expr=disk',
  }
}

/** The newest alert group, as soon as it is as wanted. */
async function untilGroup(client: Client, isWanted: (group: AlertGroup) => boolean): Promise<AlertGroup> {
  let newest: AlertGroup | undefined
  for (let tries = 0; tries < 1200; tries += 1) {
    newest = (await listAlertGroups(client))[0]
    if (newest !== undefined && isWanted(newest)) return newest
    await wait(50)
  }
  throw new Error(`the alert group did not come to that: ${JSON.stringify(newest)}`)
}
