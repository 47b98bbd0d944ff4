import { root } from './tool.ts'
import { ended, type Place, readyWithin, serverOf, serverSettings, startNpm, stopsByTerm, tryOut } from './trial.ts'

/**
 * Starts this installation as its users do, with `npm start` and the npm that runs this script: it becomes ready, stops cleanly,
 * and comes back after its server was killed. No PostgreSQL may be left behind.
 */
async function main(): Promise<void> {
  await tryOut({
    'the first start becomes ready, and SIGTERM to npm stops everything': async (place) => {
      const npm = start(place)
      const late = await readyWithin(place, 20_000)
      return late ?? (await stopsByTerm(npm, place))
    },
    'after a kill -9 of the server the next start becomes ready': async (place) => {
      const killed = start(place)
      const late = await readyWithin(place, 10_000)
      if (late !== null) return late
      const server = serverOf(killed)
      if (server === null) return 'the server process was not found'
      process.kill(server, 'SIGKILL')
      await ended(killed, 10_000)
      const npm = start(place)
      return (await readyWithin(place, 15_000)) ?? (await stopsByTerm(npm, place))
    },
  })
}

function start(place: Place) {
  return startNpm({ argv: ['start'], cwd: root, env: serverSettings(place) }, 'inherit')
}

await main()
