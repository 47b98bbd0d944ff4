import { setTimeout as wait } from 'node:timers/promises'
import { alertmanagerBody } from '../processes/client.ts'
import type { Chance } from './chance.ts'

/** What the senders know of one grouping key. */
export type Sent = {
  /** Requests that may have arrived, answered or not. */
  tries: number
  /** Alerts that were answered with success. */
  accepted: number
  /** The source said that it is over, and that was accepted. */
  resolved: boolean
}

export type Load = {
  readonly keys: ReadonlyMap<string, Sent>
  /** Answers that make a monitoring tool drop its alert for good. */
  readonly refusals: readonly string[]
  readonly acceptedCount: () => number
  /** Resolves when every alert that was begun is accepted. */
  stop(): Promise<void>
}

const senderCount = 12
const pauseMs = 15
const pauseAfterFailureMs = 80

/**
 * Sends alerts as monitoring tools do: each again and again until it is answered with success. Each sender has keys of its
 * own, of which some are new, most are repeated and some are resolved; nothing more comes for a resolved key.
 */
export function startLoad(url: string, chance: Chance): Load {
  const keys = new Map<string, Sent>()
  const refusals: string[] = []
  let stopping = false
  const send = async (key: string, status: 'firing' | 'resolved'): Promise<void> => {
    const sent = keys.get(key) ?? { tries: 0, accepted: 0, resolved: false }
    keys.set(key, sent)
    for (;;) {
      sent.tries += 1
      const answer = await post(url, alertmanagerBody(key, status))
      if (answer === 200) break
      if (answer !== null && answer >= 400 && answer < 500) return void refusals.push(`${key}: ${answer}`)
      await wait(pauseAfterFailureMs)
    }
    sent.accepted += 1
    sent.resolved ||= status === 'resolved'
  }
  const senders = Array.from({ length: senderCount }, async (_, sender) => {
    const open: string[] = []
    for (let number = 0; !stopping; number += 1) {
      const dice = chance.next()
      if (open.length === 0 || dice < 0.3) {
        const key = `sender ${sender} key ${number}`
        await send(key, 'firing')
        open.push(key)
      } else if (dice < 0.35) {
        await send(open.splice(Math.floor(chance.between(0, open.length)), 1)[0] ?? '', 'resolved')
      } else await send(chance.of(open), 'firing')
      await wait(pauseMs)
    }
  })
  return {
    keys,
    refusals,
    acceptedCount: () => [...keys.values()].reduce((sum, { accepted }) => sum + accepted, 0),
    stop: async () => {
      stopping = true
      await Promise.all(senders)
    },
  }
}

/** The status of the answer, or null when there was none. */
async function post(url: string, body: string): Promise<number | null> {
  try {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(30_000) })
    await answer.text()
    return answer.status
  } catch {
    return null
  }
}
