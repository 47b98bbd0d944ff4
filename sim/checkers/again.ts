import type { Order } from '../record.ts'
import { type Case, type Checker, grouped } from './case.ts'
import { type Delivery, deliveriesOf, skewMax } from './desk-deliveries.ts'
import type { Replay } from './facts.ts'

/** What is sent again in vain is told of, and what is written just when a replay begins may count as later. */
const settlingMs = 2 * skewMax

/** P10: what somebody wants to be sent again is sent again, once for each wish, and a replay leaves nothing out. */
export const checkAgain: Checker = (known) => {
  const replays = deliveriesOf(known).filter(({ isReplay }) => isReplay)
  return [
    ...known.setting.desks.flatMap(({ id }) => sumFaults(known, id, replays)),
    ...messageFaults(known, replays),
    ...needlessFaults(known),
    ...unnotedFaults(known),
    ...markFaults(known, replays),
    ...known.facts.replays.flatMap((replay) => jobFaults(known, replay)),
    ...checkJobs(known),
  ].map((words) => `P10: ${words}`)
}

const isDone = ({ status }: Order): boolean => status === 201
const unsureOf = (orders: readonly Order[]): number => orders.filter(({ isUnsure }) => isUnsure).length

/** Each new delivery is one that somebody asked for, or that a replay counts. */
function sumFaults({ facts, records }: Case, webhookId: string, replays: readonly Delivery[]): readonly string[] {
  const orders = records.orders.filter((order) => order.kind === 'redeliver' && order.webhookId === webhookId)
  const counted = facts.replays.filter((replay) => replay.webhook_id === webhookId)
  const least =
    orders.filter(isDone).length + counted.reduce((sum, replay) => sum + replay.replayed_count + replay.taken_back_count, 0)
  const most = least + unsureOf(orders)
  const count = replays.filter(({ desk }) => desk.id === webhookId).length
  if (least <= count && count <= most) return []
  return [`${count} deliveries of ${webhookId} were sent again, and ${least} to ${most} were asked for`]
}

/** A message is sent again as often as it was asked for, and once at most for each replay of its webhook. */
function messageFaults({ facts, records }: Case, replays: readonly Delivery[]): readonly string[] {
  const again = grouped(replays, ({ messageId }) => messageId)
  const orders = grouped(
    records.orders.filter(({ kind }) => kind === 'redeliver'),
    ({ messageId }) => messageId ?? '',
  )
  return [...new Set([...again.keys(), ...orders.keys()])].flatMap((id) => {
    const [own = [], asked = []] = [again.get(id), orders.get(id)]
    const least = asked.filter(isDone).length
    const jobs = facts.replays.filter(({ webhook_id: webhookId }) => webhookId === own[0]?.desk.id).length
    const most = least + unsureOf(asked) + jobs
    if (least <= own.length && own.length <= most) return []
    return [`the message ${id} was sent again ${own.length} times, and that was asked for ${least} to ${most} times`]
  })
}

/** A replay of what failed leaves alone what has arrived at last. */
function needlessFaults(known: Case): readonly string[] {
  const { facts, records } = known
  const asked = new Set(records.orders.flatMap(({ kind, messageId }) => (kind === 'redeliver' ? [messageId] : [])))
  const all = new Set(facts.replays.flatMap((replay) => (replay.wanted === 'all' ? [replay.webhook_id] : [])))
  const ways = grouped(deliveriesOf(known), ({ messageId }) => messageId)
  return [...ways].flatMap(([id, own]) => {
    if (asked.has(id) || all.has(own[0]?.desk.id ?? '')) return []
    const arrivals = own.filter(({ dead }) => dead === null).length
    return arrivals > 1 ? [`the message ${id} was sent again when it had arrived`] : []
  })
}

/** What was given up at first and is sent again says so, for the next replay. */
function unnotedFaults(known: Case): readonly string[] {
  const ways = grouped(deliveriesOf(known), ({ messageId }) => messageId)
  return [...ways].flatMap(([id, own]) => {
    const first = own.find(({ isReplay }) => !isReplay)
    const isUnnoted = own.length > 1 && first?.dead?.replayed_at === null
    return isUnnoted ? [`the message ${id} was sent again, and does not say so`] : []
  })
}

/** What was given up and says that it was sent again was, and the other way round. */
function markFaults({ facts, setting }: Case, replays: readonly Delivery[]): readonly string[] {
  const again = new Set(replays.map(({ messageId }) => messageId))
  return facts.dead.flatMap(({ message_id: id, owner_id: owner, replayed_at: at }) =>
    at !== null && setting.desks.some((desk) => desk.id === owner) && !again.has(id)
      ? [`the message ${id} says that it was sent again, and was not`]
      : [],
  )
}

/** As many replays began as were asked for. */
function checkJobs({ facts, records, setting }: Case): readonly string[] {
  return setting.desks.flatMap(({ id }) => {
    const orders = records.orders.filter(({ kind, webhookId }) => kind === 'replay' && webhookId === id)
    const least = orders.filter(isDone).length
    const count = facts.replays.filter((replay) => replay.webhook_id === id).length
    if (least <= count && count <= least + unsureOf(orders)) return []
    return [`${count} replays of ${id} began, and ${least} to ${least + unsureOf(orders)} were asked for`]
  })
}

function jobFaults({ facts, records }: Case, replay: Replay): readonly string[] {
  const { id, webhook_id: webhookId, state, reason, replayed_count: replayed, waiting_count: waiting } = replay
  const words = `the replay ${id} of ${webhookId}`
  if (state === 'cancelled') {
    const isWanted = records.orders.some((order) => order.kind === 'cancel' && order.webhookId === webhookId)
    return reason !== null || isWanted ? [] : [`${words} is cancelled, and nobody wanted that`]
  }
  const sum = replayed + waiting + replay.refused_count
  if (replay.total_count !== sum) return [`${words} came to ${replay.total_count} deliveries, and did something with ${sum}`]
  if (replay.refused_count > 0) return []
  const from = replay.created_at.getTime()
  const left = facts.dead.find(
    (dead) =>
      dead.owner_id === webhookId &&
      dead.event_sequence !== null &&
      dead.replayed_at === null &&
      // Where all is sent again, each message is for its first way.
      (replay.wanted === 'failed' || !dead.is_replay) &&
      replay.since <= dead.message_at &&
      dead.message_at < replay.until &&
      dead.at.getTime() < from - settlingMs &&
      // Without a record nobody knows when that was true for others.
      (records.lastCommits.get(dead.at.getTime()) ?? Infinity) < from - settlingMs,
  )
  return left === undefined || waiting > 0 ? [] : [`${words} left out the message ${left.message_id}, which was given up before`]
}
