import { isObject } from '../src/lib/json.ts'
import { minutes, seconds } from '../src/lib/time.ts'
import type { Desk } from './desks.ts'
import type { Answer } from './process.ts'
import type { Order, Switching } from './record.ts'
import type { Setting } from './setup.ts'
import { askApi, byAndBy, insist, listed, type Town } from './town.ts'

type Deed = (town: Town, desk: Desk) => Promise<void>

/** Starts the people at the desks, who switch their webhooks, try them, and send again what failed or all, and those who hand alert groups over. */
export function startDeskPeople(town: Town, { desks, people, chains }: Setting): void {
  if (desks.length === 0) return
  for (const deeds of [[switchIt, test], [redeliver], [replay]] as const) void work(town, desks, deeds)
  void handOver(town, { people, chains })
}

async function work(town: Town, desks: readonly Desk[], deeds: readonly Deed[]): Promise<void> {
  const everyMs = minutes(town.troubles.force(town.dice, { low: 3, high: 40 }))
  for (;;) {
    await byAndBy(town, everyMs)
    if (!town.isOpen()) return
    await town.dice.pick(deeds)(town, town.dice.pick(desks))
  }
}

/** Off at times, and more often on: whose receiver wants nothing any more is to hear of things again. */
async function switchIt(town: Town, { id }: Desk): Promise<void> {
  const { dice, world, records } = town
  const isOn = dice.chance(0.65)
  const switching: Switching = { webhookId: id, isOn, from: world.now(), to: null }
  records.switchings.push(switching)
  let isUnsure = false
  const body = { is_webhook_enabled: isOn }
  await insist(town, () =>
    askApi(town, { method: 'PATCH', path: `/webhooks/${id}/`, body }, (answer) => {
      isUnsure ||= answer === null
    }),
  )
  switching.to = isUnsure ? null : world.now()
}

async function test(town: Town, { id }: Desk): Promise<void> {
  const asked = { method: 'POST', path: `/webhooks/${id}/test/`, body: {} } as const
  await insist(town, () => {
    const order = newOrder(town, { kind: 'test', webhookId: id, messageId: null })
    return askApi(town, asked, (answer) => {
      hear(order, answer)
      if (answer?.status !== 202) return
      const made: unknown = JSON.parse(answer.body)
      const deliveries = isObject(made) && Array.isArray(made['deliveries']) ? made['deliveries'].filter(isObject) : []
      order.messageIds = deliveries.map((delivery) => String(delivery['webhook_message_id']))
    })
  })
}

/** Something that has failed, mostly. */
async function redeliver(town: Town, { id }: Desk): Promise<void> {
  const { dice } = town
  const state = dice.chance(0.7) ? 'dead' : 'delivered'
  const ended = await listed(town, `/webhooks/${id}/deliveries/?state=${state}&perpage=20`)
  const delivery = ended[dice.below(ended.length)]
  if (delivery === undefined) return
  const messageId = String(delivery['webhook_message_id'])
  const asked = { method: 'POST', path: `/deliveries/${String(delivery['id'])}/redeliver/` } as const
  await insist(town, () => {
    const order = newOrder(town, { kind: 'redeliver', webhookId: id, messageId })
    return askApi(town, asked, (answer) => hear(order, answer))
  })
}

/** All of a time, and sometimes enough of it. */
async function replay(town: Town, { id: webhookId }: Desk): Promise<void> {
  const { dice, world } = town
  const path = `/webhooks/${webhookId}/replays/`
  const body = { since: 60 * (1 + dice.below(180)), only: dice.chance(0.8) ? 'failed' : 'all' }
  const answer = await insist(town, () => {
    const order = newOrder(town, { kind: 'replay', webhookId, messageId: null })
    return askApi(town, { method: 'POST', path, body }, (heard) => hear(order, heard))
  })
  const made: unknown = answer.status === 201 || answer.status === 202 ? JSON.parse(answer.body) : null
  if (!isObject(made) || !dice.chance(0.3)) return
  await world.pause(seconds(dice.between(0, 10)))
  await insist(town, () => {
    const order = newOrder(town, { kind: 'cancel', webhookId, messageId: null })
    return askApi(town, { method: 'POST', path: `${path}${String(made['id'])}/cancel/` }, (heard) => hear(order, heard))
  })
}

/** Gives an alert group to a person or a chain. */
async function handOver(town: Town, { people, chains }: Pick<Setting, 'people' | 'chains'>): Promise<void> {
  const { dice } = town
  for (;;) {
    await byAndBy(town, minutes(30))
    if (!town.isOpen()) return
    const groups = await listed(town, '/alert_groups/?perpage=20')
    const group = groups[dice.below(groups.length)]
    if (group === undefined) continue
    const body = dice.chance(0.5) ? { user: dice.pick(people) } : { escalation_chain: dice.pick(chains) }
    await insist(town, () => askApi(town, { method: 'POST', path: `/alert_groups/${String(group['id'])}/reassign/`, body }))
  }
}

function newOrder({ records, world }: Town, asked: Pick<Order, 'kind' | 'webhookId' | 'messageId'>): Order {
  const order: Order = { ...asked, at: world.now(), status: null, isUnsure: false, messageIds: [] }
  records.orders.push(order)
  return order
}

function hear(order: Order, answer: Answer | null): void {
  order.status = answer?.status ?? null
  // What failed in there may have been done all the same.
  order.isUnsure = answer === null || answer.status >= 500
}
