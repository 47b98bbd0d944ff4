import { receive } from '../../src/alerts/receive-commands.ts'
import type { Arrival } from '../../src/alerts/intake.ts'
import type { Signal } from '../../src/alerts/signal.ts'
import { sourceByToken } from '../../src/integrations/commands.ts'
import type { AlertSource } from '../../src/integrations/integration.ts'
import type { BoilerRoom } from './boiler-room.ts'
import { baseUrl, type StillWorld } from './still-world.ts'

let count = 0

export const newKey = () => `key ${(count += 1)}`

export const payloadOf = (number: number): Signal['payload'] => ({ json: Buffer.from(`{"number":${number}}`), truncated: false })

export const openingOf = (groupingKey: string | null) => ({
  title: `about ${groupingKey}`,
  message: '',
  sourceLink: null,
  urgency: null,
  labels: {},
})

export const signal = (groupingKey: string | null): Signal => numbered(groupingKey, (count += 1))

export const numbered = (groupingKey: string | null, number: number): Signal => ({
  action: 'open',
  opening: openingOf(groupingKey),
  groupingKey,
  payload: payloadOf(number),
})

export const over = (groupingKey: string | null): Signal => ({ ...signal(groupingKey), action: 'resolve' })

/** What a source says of a group that it does not open. */
export const about = (groupingKey: string | null, action: 'acknowledge' | 'resolve'): Signal => ({
  action,
  opening: null,
  groupingKey,
  payload: payloadOf((count += 1)),
})

export const arrivalsFrom = (source: AlertSource, signals: readonly Signal[]): readonly Arrival[] =>
  signals.map((one) => ({ source, route: source.defaultRoute, signal: one }))

/** An alert source, what it sends, and what comes of it. */
export async function signalRoom(world: StillWorld, room: BoilerRoom) {
  const sourceOf = async ({ link }: { readonly link: string }): Promise<AlertSource> => {
    const found = await sourceByToken(world.db.sql, link.split('/').at(-2) ?? '')
    if (found === null) throw new Error('the source is there')
    return found
  }
  /** The groups about a key, in the order of their beginning. */
  const groupsAbout = async (key: string) => {
    const rows = await world.db.sql.selectFrom('alert_groups').selectAll().where('title', '=', `about ${key}`).execute()
    const groups = await Promise.all(
      rows.map(async ({ id, state, alerts_count }) => ({ id, state, count: alerts_count, events: await room.timeline(id) })),
    )
    return groups.toSorted((one, other) => one.events[0].sequence - other.events[0].sequence)
  }
  const source = await sourceOf(await room.newSource())
  return {
    ...{ source, sourceOf, groupsAbout },
    /** Takes in all of it in one transaction. */
    takeIn: (...signals: readonly Signal[]) =>
      world.db.tx('receive', (tx) => receive(tx, { baseUrl }, arrivalsFrom(source, signals))),
    brief: async (key: string) => (await groupsAbout(key)).map(({ state, count: alerts }) => `${state} ${alerts}`),
    typesAbout: async (key: string): Promise<readonly string[]> =>
      (await groupsAbout(key)).flatMap(({ events }) => events.map(({ type }) => type)),
  }
}
