import { hours } from '../../src/lib/time.ts'
import { type Case, type Checker, dataOf, grouped, turnOf } from './case.ts'
import { partsOf } from './alerts.ts'
import { type Delivery, deliveriesOf, isAlwaysOn, skewMax, wordsOf } from './desk-deliveries.ts'
import { levelsTaken } from './escalations.ts'
import type { Attempt, EventRow } from './facts.ts'

/** P12: what is told of alert groups beside their state, and of webhooks themselves, is so, and is told once. */
export const checkNews: Checker = (known) => {
  const faults = [
    ...checkAdded(known),
    ...checkLevels(known),
    ...checkFailedPages(known),
    ...checkExhausted(known),
    ...checkHealth(known),
  ]
  return faults.map((words) => `P12: ${words}`)
}

/** Whether somebody waited for it all the time: else what nobody hears is not even recorded. */
const isHeard = (known: Case, trigger: string): boolean =>
  known.setting.desks.some((desk) => desk.triggers.includes(trigger) && isAlwaysOn(known, desk))

const ofType = ({ facts }: Case, type: string): readonly EventRow[] => facts.events.filter((event) => event.type === type)

/** Of a storm only so many alerts are kept. */
const keptMax = 100

/** Each alert that joined a group is counted in one telling. */
function checkAdded(known: Case): readonly string[] {
  const rows = grouped(known.facts.alerts, (row) => row.alert_group_id)
  const over = new Set(known.records.alerts.flatMap(({ mark, resolves }) => (resolves ? [mark] : [])))
  const told = grouped(ofType(known, 'alert_group.alert_added'), (event) => event.alert_group_id)
  const isComplete = isHeard(known, 'alert added')
  return known.facts.groups.flatMap(({ id, alerts_count: count }) => {
    if (count > keptMax) return []
    const joined = (rows.get(id) ?? []).filter((row) => row.number > 1 && !over.has(partsOf(row).mark)).length
    const sum = (told.get(id) ?? []).reduce((total, event) => total + Number(particularsOf(event)['alerts_added']), 0)
    return sum > joined || (isComplete && sum < joined) ? [`${joined} alerts joined ${id}, and ${sum} were told of`] : []
  })
}

/** The next level of each run is told, unless somebody takes over just then. */
function checkLevels(known: Case): readonly string[] {
  const told = grouped(ofType(known, 'alert_group.level_reached'), (event) => event.alert_group_id)
  const events = grouped(known.facts.events, (event) => event.alert_group_id)
  const isComplete = isHeard(known, 'escalated')
  return known.facts.groups.flatMap(({ id }) => {
    const reached = levelsTaken(known, id)
    const said = (told.get(id) ?? []).map((event) => Number(particularsOf(event)['level']))
    const extra = said.filter((level, index) => count(said.slice(0, index + 1), level) > count(reached, level))
    const isLeftAlone = !(events.get(id) ?? []).some(({ type }) => turnOf(type) === 'closes' || type === 'alert_group.reassigned')
    const isMissing = isComplete && isLeftAlone && said.length < reached.length
    if (extra.length === 0 && !isMissing) return []
    return [`${id} reached the levels ${reached.join()}, and told were ${said.join()}`]
  })
}

const count = (levels: readonly number[], level: number): number => levels.filter((other) => other === level).length

function checkFailedPages(known: Case): readonly string[] {
  const failed = grouped(ofType(known, 'notification.failed'), (event) => event.alert_group_id)
  const told = grouped(ofType(known, 'alert_group.page_failed'), (event) => event.alert_group_id)
  const isComplete = isHeard(known, 'notification failed')
  return known.facts.groups.flatMap(({ id }) => {
    const [truth, said] = [failed.get(id)?.length ?? 0, told.get(id)?.length ?? 0]
    return said > truth || (isComplete && said < truth) ? [`${truth} pages about ${id} failed, and ${said} were told of`] : []
  })
}

/** What a message was given up for by its attempts is told once for each way, but of messages that told of webhooks. */
function checkExhausted(known: Case): readonly string[] {
  const told = grouped(ofType(known, 'message.exhausted'), (event) => String(dataOf(event)['message_id']))
  const events = new Map(known.facts.events.map((event) => [event.sequence, event]))
  const dead = grouped(
    deliveriesOf(known).filter((delivery) => delivery.dead !== null),
    ({ messageId }) => messageId,
  )
  return [...dead].flatMap(([id, own]) => {
    const [first] = own
    const about = events.get(first?.sequence ?? 0)
    const isTellable = about !== undefined && about.alert_group_id !== null
    const most = isTellable ? own.length : 0
    const least = isTellable ? own.filter(isTired).length : 0
    const said = told.get(id)?.length ?? 0
    if (first === undefined || (least <= said && said <= most)) return []
    return [
      `${wordsOf(first)} was given up ${own.length} times, ${least} of them after attempts, and that was told ${said} times`,
    ]
  })
}

/** It was the last attempt that ended it, and no person. */
const isTired = ({ attempts }: Delivery): boolean => attempts.some(({ outcome }) => outcome === 'dead')

/** URLs are called failing, working again and ended where they are, by what the log of attempts says. */
function checkHealth(known: Case): readonly string[] {
  return known.setting.desks.flatMap((desk) =>
    desk.urls.flatMap((url) => {
      const own = known.facts.events.filter((event) => {
        const data = event.type.startsWith('webhook.') ? dataOf(event) : {}
        return data['webhook_id'] === desk.id && data['url'] === new URL(url).origin
      })
      const attempts = known.facts.attempts
        .filter((attempt) => attempt.owner_id === desk.id && attempt.url === url)
        .toSorted((a, b) => a.at.getTime() - b.at.getTime())
      return [...failingFaults(own, attempts), ...disabledFaults(known, { url, own, attempts })].map(
        (words) => `${words}, ${url} of ${desk.id}`,
      )
    }),
  )
}

function failingFaults(own: readonly EventRow[], attempts: readonly Attempt[]): readonly string[] {
  const wrong = own.find((event) => {
    if (event.type !== 'webhook.failing') return false
    const at = event.at.getTime() - hours(1) + skewMax
    // What came between may be written late or early, by a process that stood still, so it says nothing here.
    const failure = attempts.find(({ outcome }) => outcome === 'retry' || outcome === 'dead')
    return failure === undefined || failure.at.getTime() > at
  })
  const recovered = own.filter(({ type }) => type === 'webhook.recovered').length
  const failing = own.filter(({ type }) => type === 'webhook.failing').length
  return [
    ...(wrong === undefined ? [] : [`event ${wrong.sequence} calls failing what has not failed for an hour`]),
    ...(recovered > failing ? [`it was called well again ${recovered} times, and failing ${failing} times`] : []),
  ]
}

type OfUrl = { readonly url: string; readonly own: readonly EventRow[]; readonly attempts: readonly Attempt[] }

function disabledFaults({ records }: Case, { url, own, attempts }: OfUrl): readonly string[] {
  const said = own.filter(({ type }) => type === 'webhook.disabled')
  const wishes = records.sendings.filter(({ target, isLast }) => target === url && isLast)
  const wrong = said.find((event) => !wishes.some(({ at }) => at <= event.at.getTime() + skewMax))
  return [
    ...(wrong === undefined
      ? []
      : [`event ${wrong.sequence} says that its receiver wants nothing any more, and that never said so`]),
    ...(said.length === 0 && attempts.some(({ status, outcome }) => status === 410 && outcome !== 'superseded')
      ? ['its receiver answered 410, and that was not told']
      : []),
    ...(said.length > wishes.length
      ? [`it was switched off ${said.length} times, and its receiver wanted that ${wishes.length} times`]
      : []),
  ]
}

/** What an event says of itself, for webhooks. */
function particularsOf(event: EventRow): Readonly<Record<string, unknown>> {
  const own = dataOf(event)['event']
  return typeof own === 'object' && own !== null ? Object.fromEntries(Object.entries(own)) : {}
}
