import { setTimeout as wait } from 'node:timers/promises'
import { alertmanagerBody } from '../processes/client.ts'

export type Flood = {
  /** Each title opens an alert group of its own. */
  readonly titles: readonly string[]
  readonly path: string
  /** Where the nodes are, whether they answer or not. */
  readonly urls: () => readonly string[]
  /** The alerts are spread evenly over this time. */
  readonly overMs: number
}

const patienceMs = 5_000
const pauseAfterFailureMs = 100

/** Sends an alert for each title, to one node after the other until one has accepted it. Returns what was refused for good. */
export async function flood({ titles, path, urls, overMs }: Flood): Promise<readonly string[]> {
  const send = async (title: string, index: number): Promise<readonly string[]> => {
    await wait((index * overMs) / titles.length)
    for (let tries = index; ; tries += 1) {
      const nodes = urls()
      const status = await post(`${nodes[tries % nodes.length]}${path}`, alertmanagerBody(title))
      if (status === 200) return []
      if (status !== null && status >= 400 && status < 500) return [`${title}: ${status}`]
      await wait(pauseAfterFailureMs)
    }
  }
  return (await Promise.all(titles.map(send))).flat()
}

/** The status of the answer, or null when there was none. */
async function post(url: string, body: string): Promise<number | null> {
  try {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(patienceMs) })
    await answer.text()
    return answer.status
  } catch {
    return null
  }
}
