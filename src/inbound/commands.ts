import { tellUnsearched } from '../alerts/unsearched-commands.ts'
import { receive } from '../alerts/receive-commands.ts'
import type { AlertSettings } from '../alerts/settings.ts'
import type { Signal } from '../alerts/signal.ts'
import { freshSources, sourceByToken } from '../integrations/commands.ts'
import type { AlertSource } from '../integrations/integration.ts'
import { type Chosen, openRouting, routesOf, type Routing } from '../integrations/routing-commands.ts'
import { databaseIsDown, databaseIsTooSlow } from '../lib/database-fault.ts'
import { Rejection } from '../lib/rejection.ts'
import type { Ms } from '../lib/time.ts'
import type { Database, Ports, Tx } from '../ports.ts'
import { batcher } from './batcher.ts'

/** The door for alerts. */
export type Intake = {
  /** The source that a token belongs to, possibly as it was a while ago; null when there is none. */
  sourceOf(token: string): Promise<AlertSource | null>
  /** The source that a token belongs to now. */
  sourceAsItIs(token: string): Promise<AlertSource | null>
  /** True when the alerts are durable; false when the source was deleted, disabled or locked otherwise meanwhile. */
  accept(sending: Sending): Promise<boolean>
  /** How long nothing has been stored although alerts wait for it; 0 while none waits. */
  stalledMs(): Ms
}

type Sending = Sent & { readonly token: string }

type Sent = { readonly source: AlertSource; readonly signals: readonly Signal[] }

const batchMax = 256
const batchBytesMax = 16 * 1024 * 1024
const waitingBytesMax = 256 * 1024 * 1024
const rememberedMax = 10_000
/** Few: the connections are there for the API and the loops, too. */
const lanesMax = 4

/**
 * An organization's alerts that arrive while a commit of its own is under way are committed together, in one transaction. What locks
 * one organization, holds up no other.
 */
export function openIntake({ clock, db }: Pick<Ports, 'clock' | 'db'>, settings: AlertSettings): Intake {
  const routing = openRouting(clock)
  const batches = batcher<Sent, boolean>({
    monotonic: clock.monotonic,
    work: (sent) => takeIn({ db, settings, routing }, sent),
    batchMax,
    sizeMax: batchBytesMax,
    sizeOf,
    laneOf: ({ source }) => source.organizationId,
    lanesMax,
    isEverybodys: (fault) => databaseIsDown(fault) || databaseIsTooSlow(fault),
  })
  const remembered = new Map<string, AlertSource>()
  const sourceAsItIs = async (token: string): Promise<AlertSource | null> => {
    const source = await sourceByToken(db.sql, token)
    remembered.delete(token)
    if (source === null) return null
    if (remembered.size >= rememberedMax) remembered.clear()
    remembered.set(token, source)
    return source
  }
  return {
    stalledMs: batches.stalledMs,
    sourceAsItIs,
    sourceOf: async (token) => remembered.get(token) ?? sourceAsItIs(token),
    accept: async ({ token, source, signals }) => {
      if (batches.waitingSize() >= waitingBytesMax) throw tooMany()
      const isAccepted = await batches.add({ source, signals })
      if (!isAccepted) remembered.delete(token)
      return isAccepted
    },
  }
}

/** In bytes; a small payload costs some memory of its own. */
const sizeOf = ({ signals }: Sent): number => signals.reduce((sum, { payload }) => sum + payload.json.length, 1024)

/** How often routes are chosen again that were changed meanwhile. The last choice is as old as its batch, and never older than an alert. */
const choicesMax = 3

type Taking = { readonly db: Database; readonly settings: AlertSettings; readonly routing: Routing }

/** Chooses routes before the transaction, which would wait for it with everything that it holds. */
async function takeIn({ db, settings, routing }: Taking, sent: readonly Sent[]): Promise<readonly boolean[]> {
  let sources: ReadonlyMap<string, AlertSource> = new Map()
  for (let round = 1; ; round += 1) {
    const routable = sent.flatMap(({ source, signals }) => {
      const now = sources.get(keyOf(source)) ?? source
      return signals.map(({ payload, opening }) => ({ source: now, payload: payload.json, labels: opening?.labels ?? {} }))
    })
    const chosen = await routing.choose(db.sql, routable)
    const done = await db.tx('receive alerts', async (tx) => {
      const now = await sourcesNow(tx, sent)
      const isTrue = [...now.values()].every(({ id, routesVersion }) => chosen.versions.get(id) === routesVersion)
      if (!isTrue && round < choicesMax) return { now, answers: null }
      return { now, answers: await receiveAll(tx, { settings, sources: now, chosen }, sent) }
    })
    if (done.answers !== null) return done.answers
    sources = done.now
  }
}

async function sourcesNow(tx: Tx, sent: readonly Sent[]): Promise<ReadonlyMap<string, AlertSource>> {
  const wanted = new Map(sent.map(({ source }) => [keyOf(source), source]))
  return new Map((await freshSources(tx, [...wanted.values()])).map((source) => [keyOf(source), source]))
}

type Known = {
  readonly settings: AlertSettings
  readonly sources: ReadonlyMap<string, AlertSource>
  readonly chosen: Chosen
}

/** What is remembered of a source only finds it; what counts is read in the transaction. */
async function receiveAll(tx: Tx, { settings, sources, chosen }: Known, sent: readonly Sent[]): Promise<readonly boolean[]> {
  const isOpen = ({ source }: Sent): boolean => isAsOpen(sources.get(keyOf(source)), source)
  const all = sent.flatMap((one) => one.signals.map((signal) => ({ one, signal })))
  const taken = all.flatMap(({ one, signal }, index) => {
    const source = sources.get(keyOf(one.source))
    const choice = chosen.choices[index] ?? { routeId: null, isWhole: true }
    return source === undefined || !isOpen(one) ? [] : [{ ...choice, source, signal }]
  })
  const routes = await routesOf(tx, taken)
  const arrivals = taken.map((each, index) => ({ ...each, route: routes[index] ?? each.source.defaultRoute }))
  if (arrivals.length > 0) await receive(tx, settings, arrivals)
  tellUnsearched(
    tx,
    arrivals.filter(({ isWhole }) => !isWhole),
  )
  return sent.map(isOpen)
}

/** Whether a request that came in by what was remembered of its source may still. */
const isAsOpen = (now: AlertSource | undefined, remembered: AlertSource): boolean =>
  now !== undefined && now.enabled && sealOf(now) === sealOf(remembered)

const sealOf = ({ headerTokenSealed }: AlertSource): string | undefined => headerTokenSealed?.toString('base64')

const keyOf = ({ organizationId, id }: AlertSource): string => `${organizationId} ${id}`

function tooMany(): Rejection {
  return new Rejection({
    kind: 'too-many',
    detail: 'Too many alerts are waiting to be stored. Send this one again in a few seconds.',
    retryAfterSeconds: 5,
  })
}
