import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { locate } from '../db/embedded/home.ts'
import { nodeClock } from '../lib/node/clock.ts'
import { StartFault } from '../lib/start-fault.ts'
import { ms } from '../lib/time.ts'
import type { Log } from '../ports.ts'
import { closeAll, type Closer, type Server } from '../serve.ts'
import { alertmanagerAct, pagertreeAct } from './acts.ts'
import { type Fetch, makeClient } from './client.ts'
import { nextSteps } from './next-steps.ts'
import { makeSample } from './sample.ts'
import { makeScene } from './scene.ts'
import { openPlaces, startServer } from './start.ts'
import { makeTeller, type Screen, type Teller } from './teller.ts'

type Demo = {
  readonly screen: Screen
  readonly fetch: Fetch
  readonly log: Log
  /** Resolves when whoever watches has seen enough. */
  readonly stopped: Promise<unknown>
}

/**
 * The whole program with a sample organization, a mailbox and a webhook receiver, on loopback and in a temporary folder. It
 * tells a story, and stays up to be tried until it is stopped. Then it removes what it has made.
 */
export async function runDemo({ screen, fetch, log, stopped }: Demo): Promise<void> {
  const startedAt = nodeClock.monotonic()
  const folder = mkdtempSync(join(tmpdir(), 'watchbell-demo-'))
  const ending = new AbortController()
  // What goes on for a moment after the end is not told any more.
  const write: Screen['write'] = (text) => (ending.signal.aborted ? undefined : screen.write(text))
  const teller = makeTeller({ ...screen, write }, () => ms(nodeClock.monotonic() - startedAt))
  const closers: Closer[] = [() => removeData(folder)]
  try {
    await Promise.race([play({ teller, fetch, log, folder, closers, signal: ending.signal }), stopped])
  } finally {
    teller.block(['', `The demo ends, and ${folder} is removed.`])
    ending.abort()
    await closeAll(closers)
  }
}

/** Root's database may lie elsewhere than its data directory, which then says where. */
function removeData(folder: string): void {
  for (const directory of [locate(folder), folder]) rmSync(directory, { recursive: true, force: true })
}

type Play = {
  readonly teller: Teller
  readonly fetch: Fetch
  readonly log: Log
  readonly folder: string
  readonly closers: Closer[]
  readonly signal: AbortSignal
}

/** Sets up, tells the story, and goes on telling what happens. Ends by the signal, and rejects when the demo cannot go on. */
async function play({ teller, fetch, log, folder, closers, signal }: Play): Promise<void> {
  teller.block([
    'Watchbell with a sample organization, on this machine alone: no account is needed, and nothing is sent anywhere.',
    `All that it stores is in ${folder}, which is removed at the end.`,
  ])
  teller.heading('Setting up')
  const places = await openPlaces(closers)
  signal.throwIfAborted()
  const { server, token } = await startServer({ teller, fetch, log, folder, closers }, places)
  const client = makeClient({ url: server.address, token, fetch })
  const sample = await makeSample({ client, teller, now: nodeClock.now(), hookUrl: places.receiver.url })
  const scene = makeScene({ client, teller, clock: nodeClock, people: [sample.ada, sample.ben] })
  places.hear(scene)
  const telling = Promise.race([scene.follow(signal), failureOf(server)])
  const stage = { sample, scene, teller, clock: nodeClock, fetch }
  await Promise.race([telling, alertmanagerAct(stage).then(() => pagertreeAct(stage))])
  teller.heading('Your turn: try these in another terminal, and see here what they cause. Ctrl-C ends the demo.')
  teller.block(['', ...nextSteps({ url: server.address, token, sample, now: nodeClock.now() }), ''])
  await telling
}

async function failureOf(server: Server): Promise<never> {
  throw new StartFault(await server.ended)
}
