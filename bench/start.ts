import { launchServer, stopServer, untilReady } from '../test/processes/server-process.ts'
import { newPlace } from './bench-server.ts'
import { percentile } from './load.ts'
import { below, type Row, shown } from './row.ts'

const laterStarts = 5

/** From the launch of the process until it says that it is ready: with an empty data directory, and later. */
export async function measureStart(): Promise<readonly Row[]> {
  const place = await newPlace({})
  const startMs = async (): Promise<number> => {
    const server = launchServer(place.launch)
    const readyMs = await untilReady(server)
    await stopServer(server)
    return readyMs
  }
  const first = await startMs()
  const later: number[] = []
  for (let count = 0; count < laterStarts; count += 1) later.push(await startMs())
  place.remove()
  const usual = percentile(later, 0.5)
  return [
    { what: 'first start to ready', measured: `${shown(first / 1000)} s`, target: below(first / 1000, 6, ' s') },
    {
      what: `later start to ready, median of ${laterStarts}`,
      measured: `${shown(usual / 1000)} s`,
      target: below(usual / 1000, 3, ' s'),
    },
  ]
}
