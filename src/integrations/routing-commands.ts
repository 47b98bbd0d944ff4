import { known } from '../lib/check.ts'
import type { IntegrationId, RouteId } from '../lib/ids.ts'
import { pythonJson } from '../lib/python-json.ts'
import { ms } from '../lib/time.ts'
import type { Clock, Sql, Tx } from '../ports.ts'
import type { AlertRoute, AlertSource } from './integration.ts'
import * as store from './route-store.ts'
import type { Choice } from './routing.ts'
import { type RuleChooser, ruleChooserOf } from './rule-chooser.ts'

/** A payload, as JSON text, with its labels and the source that sent it. */
type Routable = { readonly source: AlertSource; readonly payload: Buffer; readonly labels: Readonly<Record<string, string>> }

/** What alerts' expressions came to, in their order, and of which versions of the routes that is true. */
export type Chosen = {
  readonly choices: readonly Choice[]
  readonly versions: ReadonlyMap<IntegrationId, number>
}

/** Chooses the routes that alerts take, with expressions that are prepared once and kept. */
export type Routing = {
  /**
   * Searches the payloads of alerts. This takes its time, so it is done outside of transactions, by what is known of the sources;
   * whoever relies on it compares the versions.
   */
  choose(sql: Sql, alerts: readonly Routable[]): Promise<Chosen>
}

/** How many integrations' expressions are kept prepared, and how much memory they hold together. */
const preparedMax = 500
const preparedBytesMax = 128 * 1024 * 1024

/** What searching for one alert takes at most, some 150 ms, and what for all of one batch. */
const alertStepsMax = 16_000_000
const batchStepsMax = 64_000_000

/** What an alert may always take: a few walks over its text, so that others in its batch cannot take its route away. */
const fairSteps = (text: string): number => 2 * text.length + 1_000_000

/** After so many, what else there is to do has its turn. */
const stepsAtOnce = 1_000_000

export function openRouting(clock: RoutingClock): Routing {
  const prepared = new Map<IntegrationId, Prepared>()
  return {
    choose: async (sql, alerts) => {
      const sources = new Map(alerts.map(({ source }) => [source.id, source]))
      const versions = new Map([...sources.values()].map((source) => [source.id, versionOf(prepared, source)]))
      const routed = [...sources.values()].filter(({ id }) => (versions.get(id) ?? 0) > 0)
      if (routed.length === 0) return { versions, choices: alerts.map(() => byDefault) }
      const choosers = await choosersOf(sql, prepared, { sources: routed, versions })
      const choices = await search(clock, choosers, alerts)
      keepLittle(prepared)
      return { versions, choices }
    },
  }
}

const byDefault: Choice = { routeId: null, isWhole: true, steps: 0 }

/** The newest version that is known: what is remembered of a source may be older than what is prepared. */
const versionOf = (prepared: ReadonlyMap<IntegrationId, Prepared>, { id, routesVersion }: AlertSource): number =>
  Math.max(prepared.get(id)?.version ?? 0, routesVersion)

type RoutingClock = Pick<Clock, 'now' | 'wait'>

async function search(
  clock: RoutingClock,
  choosers: ReadonlyMap<IntegrationId, RuleChooser>,
  alerts: readonly Routable[],
): Promise<Chosen['choices']> {
  const choices: Choice[] = []
  let left = batchStepsMax
  let atOnce = 0
  const now = clock.now()
  for (const { source, payload, labels } of alerts) {
    const chooser = choosers.get(source.id)
    if (chooser === undefined) {
      choices.push(byDefault)
      continue
    }
    const json = payload.toString()
    const text = pythonJson(json)
    const stepsMax = Math.min(alertStepsMax, Math.max(left, fairSteps(text)))
    const choice = chooser.choose({ json, text, labels }, { now, stepsMax })
    choices.push(choice)
    left -= choice.steps
    atOnce += choice.steps + text.length
    if (atOnce < stepsAtOnce) continue
    await clock.wait(ms(1), AbortSignal.any([]))
    atOnce = 0
  }
  return choices
}

/** Lets go of what was prepared first while all of it holds too much memory. */
function keepLittle(prepared: Map<IntegrationId, Prepared>): void {
  let bytes = [...prepared.values()].reduce((sum, { chooser }) => sum + chooser.heldBytes(), 0)
  for (const [id, { chooser }] of prepared) {
    if (bytes <= preparedBytesMax && prepared.size <= preparedMax) return
    bytes -= chooser.heldBytes()
    prepared.delete(id)
  }
}

/** The routes that were chosen, with the chains that they lead to now; the default one where the chosen one is gone. */
export async function routesOf(
  tx: Tx,
  choices: readonly { readonly source: AlertSource; readonly routeId: RouteId | null }[],
): Promise<readonly AlertRoute[]> {
  const keys = choices.flatMap(({ source: { organizationId }, routeId: id }) =>
    id === null ? [] : [[id, { organizationId, id }] as const],
  )
  if (keys.length === 0) return choices.map(({ source }) => source.defaultRoute)
  const found = await store.findAlertRoutes(tx.sql, [...new Map(keys).values()])
  return choices.map(({ source, routeId }) => found.get(routeId ?? source.defaultRoute.id) ?? source.defaultRoute)
}

/** The route of an alert group with the chain that it leads to now: the default one where its own was deleted. */
export async function routeOfGroup(sql: Sql, source: AlertSource, id: RouteId | null): Promise<AlertRoute> {
  if (id === null || id === source.defaultRoute.id) return source.defaultRoute
  const found = await store.findAlertRoutes(sql, [{ organizationId: source.organizationId, id }])
  return found.get(id) ?? source.defaultRoute
}

type Prepared = { readonly version: number; readonly chooser: RuleChooser }

/** The rules are read after their versions were, so they are at least as new; where they are newer, the versions tell. */
async function choosersOf(
  sql: Sql,
  prepared: Map<IntegrationId, Prepared>,
  { sources, versions }: { readonly sources: readonly AlertSource[]; readonly versions: ReadonlyMap<IntegrationId, number> },
): Promise<ReadonlyMap<IntegrationId, RuleChooser>> {
  const kept = new Map(sources.map(({ id }) => [id, prepared.get(id)]))
  const stale = sources.filter(({ id }) => kept.get(id)?.version !== versions.get(id))
  if (stale.length > 0) {
    const rules = await store.rulesOf(sql, stale)
    for (const { id } of stale) {
      const fresh = { version: versions.get(id) ?? 0, chooser: ruleChooserOf(rules.get(id) ?? []) }
      prepared.delete(id)
      prepared.set(id, fresh)
      kept.set(id, fresh)
    }
  }
  return new Map([...kept].map(([id, one]) => [id, known(one, 'the expressions of a source are prepared').chooser]))
}
