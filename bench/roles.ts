import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startBare } from './bare.ts'
import { type LoadOrder, type LoadResult, runLoad } from './load.ts'
import { type Received, type ReceiverPlaces, type ReceiversOrder, startReceivers } from './receivers.ts'
import { type ClientOrder, type ClientResult, runSignedClient } from './signed-client.ts'

/** What the benchmark runs in processes of their own; each says one line of JSON. */
const roles: Readonly<Record<string, (order: string) => Promise<unknown>>> = {
  load: (order) => runLoad(JSON.parse(order)),
  bare: startBare,
  receivers: startReceivers,
  'signed client': runSignedClient,
}

/** Plays a role in this process. */
export async function play(role: string, order: string): Promise<void> {
  const act = roles[role]
  if (act === undefined) throw new Error(`there is no role "${role}"`)
  process.stdout.write(`${JSON.stringify(await act(order))}\n`)
}

/** Generates load in a process of its own. */
export const load = (order: LoadOrder): Promise<LoadResult> => run('load', order)

/** Sends signed requests from a process of its own. */
export const signedClient = (order: ClientOrder): Promise<ClientResult> => run('signed client', order)

async function run<Result>(role: string, order: object): Promise<Result> {
  const { child, line } = begin(role, JSON.stringify(order))
  const result: Result = JSON.parse(await line)
  await new Promise((resolve) => child.once('close', resolve))
  return result
}

/** Starts the bare peer in a process of its own. */
export async function bare(): Promise<{ readonly url: string; stop(): void }> {
  const { child, line } = begin('bare', '')
  const url: string = JSON.parse(await line)
  return { url, stop: () => void child.kill('SIGKILL') }
}

export type Receivers = Omit<ReceiverPlaces, 'countUrl'> & {
  /** What came to those that answer since this was asked last. */
  received(): Promise<Received>
  stop(): void
}

/** Starts receivers in a process of their own. */
export async function receivers(order: ReceiversOrder): Promise<Receivers> {
  const { child, line } = begin('receivers', JSON.stringify(order))
  const { countUrl, ...places }: ReceiverPlaces = JSON.parse(await line)
  const received = async (): Promise<Received> => JSON.parse(await (await fetch(countUrl)).text())
  return { ...places, received, stop: () => void child.kill('SIGKILL') }
}

function begin(role: string, order: string): { readonly child: ChildProcess; readonly line: Promise<string> } {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const child = spawn(process.execPath, [main, '--role', role, '--order', order], { stdio: ['ignore', 'pipe', 'inherit'] })
  const end = () => void child.kill('SIGKILL')
  process.once('exit', end)
  const line = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) => {
      process.off('exit', end)
      reject(new Error(`the process for "${role}" ended with ${code}`))
    })
  })
  return { child, line }
}
