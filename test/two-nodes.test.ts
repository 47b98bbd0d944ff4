import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adminToken, alertmanagerBody, clientOf, listAlertGroups, makeSource, makeWebhook } from './processes/client.ts'
import { type HookReceiver, type MailReceiver, receiveHooks, receiveMails } from './processes/receivers.ts'
import { freePort, launchServer, logged, type ServerProcess, stopServer, untilReady } from './processes/server-process.ts'
import { type Address, run, urlOf } from './support/address.ts'
import { freshDatabase } from './support/database.ts'

/** Real processes on one PostgreSQL. Each step begins with what the one before has left running. */
describe('two nodes on one PostgreSQL', () => {
  let world: Awaited<ReturnType<typeof newWorld>>
  let first: ServerProcess
  let second: ServerProcess
  beforeAll(async () => {
    world = await newWorld()
    first = await world.start('first')
    second = await world.start('second')
  })
  afterAll(() => world.close())

  it('share the shards', async () => {
    await world.prepare(first)
    expect(await world.untilShared(2)).toBe(true)
  })

  it('do each page and each delivery once, by one of them', async () => {
    const keys = await world.send([first, second], 'shared', 20)
    await world.untilTold(keys, 20_000)
    await world.untilIdle()
    world.expectOnce(keys)
    const counts = [first, second].map((node) => logged(node, 'delivery attempted').length)
    expect(counts[0]).toBeGreaterThan(0)
    expect(counts[1]).toBeGreaterThan(0)
    expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBe(20 * messagesPerGroup)
  })

  it('when one is killed, its work is done by the other within 20 s', async () => {
    const before = await world.send([first, second], 'before the kill', 6)
    first.signal('SIGKILL')
    const killedAt = performance.now()
    const after = await world.send([second], 'after the kill', 12)
    const doneAt = await world.untilTold([...before, ...after], 20_000)
    process.stdout.write(`the other node had done the work of the killed one after ${Math.round(doneAt - killedAt)} ms\n`)
    expect(doneAt - killedAt).toBeLessThan(20_000)
    await world.untilIdle()
    world.expectOneId([...before, ...after])
    world.expectOnce(after)
  })

  it('when one is stopped, its work moves at once and nothing is sent twice', async () => {
    const third = await world.start('third')
    await world.untilShared(2)
    const before = await world.send([second, third], 'before the stop', 6)
    const stopped = stopServer(second)
    const stoppedAt = performance.now()
    const after = await world.send([third], 'after the stop', 12)
    expect(await stopped).toBe(0)
    const doneAt = await world.untilTold([...before, ...after], 8_000)
    process.stdout.write(`the other node had done the work of the stopped one after ${Math.round(doneAt - stoppedAt)} ms\n`)
    expect(doneAt - stoppedAt).toBeLessThan(8_000)
    await world.untilIdle()
    world.expectOnce([...before, ...after])
  })
})

/**
 * Each is an endpoint of its own, and which of the 64 shards it falls to is chance, because its id is: with 20 and the one
 * for mails, all of them belong to one of two nodes in one run of a million.
 */
const webhookCount = 20
const messagesPerGroup = webhookCount + 1

async function newWorld() {
  const folder = mkdtempSync(join(tmpdir(), 'watchbell-nodes-'))
  const address = await freshDatabase()
  const hooks = await receiveHooks(() => 5)
  const mails = await receiveMails(() => 5)
  const nodes: ServerProcess[] = []
  let path = ''
  const arrivalsOf = newCounter({ hooks, mails })
  return {
    start: async (name: string): Promise<ServerProcess> => {
      const node = launchServer({ folder, name, port: await freePort(), env: environment(address, { hooks, mails }) })
      nodes.push(node)
      await untilReady(node)
      return node
    },
    prepare: async (node: ServerProcess): Promise<void> => {
      const client = clientOf(node.url)
      path = await makeSource(client, { type: 'alertmanager', name: 'nodes' })
      for (let number = 1; number <= webhookCount; number += 1) {
        await makeWebhook(client, { name: `hook ${number}`, url: `${hooks.url}/${number}`, trigger: 'alert group created' })
      }
    },
    /** Sends new alerts to the nodes in turn and returns the ids of their groups, all of them answered with success. */
    send: async (to: readonly ServerProcess[], name: string, count: number): Promise<readonly string[]> => {
      const titles = Array.from({ length: count }, (_, number) => `${name} ${number}`)
      const answers = await Promise.all(titles.map((title, index) => post(`${to[index % to.length]?.url}${path}`, title)))
      expect(answers.every((status) => status === 200)).toBe(true)
      const groups = await listAlertGroups(clientOf(to.at(-1)?.url ?? ''))
      const ids = titles.map((title) => groups.filter((group) => group.title === title).map(({ id }) => id))
      expect(ids.every((own) => own.length === 1)).toBe(true)
      return ids.flat()
    },
    /** Resolves with the instant of the last of all first arrivals. */
    untilTold: (ids: readonly string[], limitMs: number): Promise<number> =>
      until(limitMs, async () => {
        const first = ids.flatMap((id) => [...arrivalsOf(id).values()].map((arrivals) => arrivals[0]?.at ?? 0))
        return first.length === ids.length * messagesPerGroup ? Math.max(...first) : null
      }),
    untilShared: (nodeCount: number): Promise<true> =>
      until(40_000, async () => {
        const statement = 'select count(*) from shards where leased_until > clock_timestamp() group by owner_id'
        const rows = await run(address, statement)
        return rows.length === nodeCount && rows.every((row) => Number(row['count']) === 64 / nodeCount) ? true : null
      }),
    untilIdle: (): Promise<true> =>
      until(30_000, async () => {
        const [row] = await run(
          address,
          'select (select count(*) from deliveries) + (select count(*) from delivery_results) as count',
        )
        return Number(row?.['count']) === 0 ? true : null
      }),
    expectOnce: (ids: readonly string[]): void => {
      const counts = ids.flatMap((id) => [...arrivalsOf(id).values()].map((arrivals) => arrivals.length))
      expect(counts).toEqual(Array.from({ length: ids.length * messagesPerGroup }, () => 1))
    },
    expectOneId: (ids: readonly string[]): void => {
      const counts = ids.flatMap((id) =>
        [...arrivalsOf(id).values()].map((arrivals) => new Set(arrivals.map((one) => one.id)).size),
      )
      expect(counts).toEqual(Array.from({ length: ids.length * messagesPerGroup }, () => 1))
    },
    close: async (): Promise<void> => {
      for (const node of nodes) node.signal('SIGKILL')
      await Promise.all(nodes.map((node) => node.exit))
      hooks.close()
      mails.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

type Receivers = { readonly hooks: HookReceiver; readonly mails: MailReceiver }

const environment = (address: Address, { hooks, mails }: Receivers): Readonly<Record<string, string>> => ({
  WATCHBELL_DATABASE_URL: urlOf(address),
  WATCHBELL_SECRET_KEY: '7c'.repeat(32),
  WATCHBELL_BOOTSTRAP_TOKEN: adminToken,
  WATCHBELL_EGRESS_ALLOW: hooks.place,
  WATCHBELL_SMTP_URL: mails.url,
})

/** What arrived about a group, by webhook and for the page. */
function newCounter({ hooks, mails }: Receivers) {
  return (alertGroupId: string): ReadonlyMap<string, readonly { readonly id: string; readonly at: number }[]> => {
    const arrivals = [...hooks.arrivals, ...mails.arrivals.map((mail) => ({ ...mail, path: 'page' }))]
    return Map.groupBy(
      arrivals.filter((one) => one.alertGroupId === alertGroupId),
      ({ path }) => path,
    )
  }
}

async function post(url: string, title: string): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: alertmanagerBody(title) })
  await answer.text()
  return answer.status
}

async function until<Value>(limitMs: number, look: () => Promise<Value | null>): Promise<Value> {
  const startedAt = performance.now()
  for (;;) {
    const value = await look()
    if (value !== null) return value
    if (performance.now() - startedAt > limitMs) throw new Error(`it did not come within ${limitMs} ms`)
    await wait(50)
  }
}
