import { textOf } from '../inbound/fields.ts'
import { known } from '../lib/check.ts'
import { StartFault } from '../lib/start-fault.ts'

/** Node's `fetch`, or what stands in its place. */
export type Fetch = typeof globalThis.fetch

/** Somebody who uses the public API, as the commands do that the demo prints. */
export type Client = {
  get(path: string): Promise<unknown>
  post(path: string, body: object): Promise<unknown>
}

type Access = { readonly url: string; readonly token: string; readonly fetch: Fetch }

export function makeClient({ url, token, fetch }: Access): Client {
  const call = async (method: 'GET' | 'POST', path: string, sent: Pick<RequestInit, 'body'>): Promise<unknown> => {
    const headers = { authorization: token, ...(method === 'POST' ? json : {}) }
    const answer = await fetch(`${url}/api/v1/${path}`, { method, headers, ...sent })
    if (!answer.ok) throw new StartFault(`The demo's ${method} ${path} was answered ${answer.status}: ${await answer.text()}`)
    return answer.json()
  }
  return {
    get: (path) => call('GET', path, {}),
    post: (path, body) => call('POST', path, { body: JSON.stringify(body) }),
  }
}

export const json = { 'content-type': 'application/json' } as const

/** A member that the API's answers always have. */
export const memberOf = (answer: unknown, key: string): string => known(textOf(answer, key), `an answer has ${key}`)
