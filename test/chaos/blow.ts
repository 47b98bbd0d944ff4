import { setTimeout as wait } from 'node:timers/promises'
import { type Launch, lastLines, launchServer, postgresOf, type ServerProcess, untilReady } from '../processes/server-process.ts'
import type { Chance } from './chance.ts'

/** The ways in which a round ends. */
export const blows = ['kill server', 'kill database', 'kill both', 'kill while it starts', 'stop'] as const
export type Blow = (typeof blows)[number]

/** How a round went, in words for its line; what should not have been is a fault. */
export type Struck = { readonly words: string; readonly fault: string | null }

/** A server that was asked to stop ends within this. */
const endMaxMs = 45_000

/** A server that has lost its database has started it again within this. */
const recoveryMaxMs = 20_000

/** Starts the server, lets it work for a moment, and strikes. */
export async function strike(launch: Launch, blow: Blow, chance: Chance): Promise<Struck> {
  const server = launchServer(launch)
  if (blow === 'kill while it starts') return killEarly(server, chance)
  const readyMs = await untilReady(server)
  const delayMs = chance.between(100, 2_000)
  await wait(delayMs)
  const struckAt = performance.now()
  switch (blow) {
    case 'kill server':
      server.signal('SIGKILL')
      break
    case 'kill database':
      return loseDatabase(launch, server, `ready in ${seconds(readyMs)}, struck after ${seconds(delayMs)}`)
    case 'kill both':
      server.signal('SIGKILL')
      killDatabase(launch)
      break
    case 'stop':
      server.signal('SIGTERM')
  }
  const how = await Promise.race([server.exit, wait(endMaxMs, null, { ref: false })])
  const words = `ready in ${seconds(readyMs)}, struck after ${seconds(delayMs)}, ended after ${seconds(performance.now() - struckAt)}`
  if (how === null) {
    server.signal('SIGKILL')
    await server.exit
    return { words, fault: `the server did not end within ${endMaxMs} ms:\n${lastLines(server)}` }
  }
  const isExpected = how === (blow === 'stop' ? 0 : 'SIGKILL')
  return { words, fault: isExpected ? null : `the server ended with ${how}:\n${lastLines(server)}` }
}

/** The server goes on: it starts its database again and works for a moment, before it is killed too. */
async function loseDatabase(launch: Launch, server: ServerProcess, before: string): Promise<Struck> {
  const lost = killDatabase(launch)
  const struckAt = performance.now()
  const isBack = () => postgresOf(launch).some(({ isPostmaster, pid }) => isPostmaster && pid !== lost)
  while (!isBack() && performance.now() - struckAt < recoveryMaxMs) await wait(50)
  const words = `${before}, database back after ${seconds(performance.now() - struckAt)}`
  const fault = isBack() ? null : `the database was not started again within ${recoveryMaxMs} ms:\n${lastLines(server)}`
  await wait(500)
  server.signal('SIGKILL')
  const how = await server.exit
  return { words, fault: fault ?? (how === 'SIGKILL' ? null : `the server ended with ${how}:\n${lastLines(server)}`) }
}

/** Anywhere in its start: while PostgreSQL recovers, while it migrates, while the first alerts come. */
async function killEarly(server: ServerProcess, chance: Chance): Promise<Struck> {
  const delayMs = chance.between(50, 900)
  await wait(delayMs)
  server.signal('SIGKILL')
  const how = await server.exit
  return {
    words: `struck ${seconds(delayMs)} after its launch`,
    fault: how === 'SIGKILL' ? null : `the server had ended before with ${how}`,
  }
}

/** Only the postmaster: PostgreSQL's other processes see that it is gone. */
function killDatabase(launch: Launch): number {
  const postmaster = postgresOf(launch).find(({ isPostmaster }) => isPostmaster)
  if (postmaster === undefined) throw new Error('the database of the server was not found')
  process.kill(postmaster.pid, 'SIGKILL')
  return postmaster.pid
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`
