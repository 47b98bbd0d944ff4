import { isObject } from '../src/lib/json.ts'
import { minutes, seconds } from '../src/lib/time.ts'
import type { WebhookEdit } from './record.ts'
import type { Setting } from './setup.ts'
import { askApi, byAndBy, insist, listed, repeat, type Town } from './town.ts'

/** Starts the people who change the configuration while it is in use, in half of the seeds. */
export function startEditors(town: Town, setting: Setting): void {
  if (town.dice.chance(0.5)) void edit(town, setting)
}

async function edit(town: Town, setting: Setting): Promise<void> {
  const everyMs = minutes(town.dice.between(10, 60))
  for (;;) {
    await byAndBy(town, everyMs)
    if (!town.isOpen()) return
    if (town.dice.chance(0.5)) await changeChain(town, setting)
    else await changeWebhook(town, setting)
  }
}

/** Gives a step of a chain another wait, or another person. */
async function changeChain(town: Town, { chains, people }: Setting): Promise<void> {
  const { dice } = town
  const steps = await listed(town, `/escalation_policies/?escalation_chain_id=${dice.pick(chains)}`)
  const step = steps[dice.below(steps.length)]
  if (step === undefined) return
  const change = step['type'] === 'wait' ? { duration: 60 * (1 + dice.below(10)) } : { persons_to_notify: [dice.pick(people)] }
  await insist(town, () => askApi(town, { method: 'PATCH', path: `/escalation_policies/${String(step['id'])}/`, body: change }))
}

/** Switches a webhook off or on, or lets it go to another address. */
async function changeWebhook(town: Town, { webhooks }: Setting): Promise<void> {
  const { dice, world, records } = town
  const { id, integrationId } = dice.pick(webhooks)
  const filter = { integration_filter: integrationId === null ? null : [integrationId] }
  const change = dice.chance(0.5)
    ? { is_webhook_enabled: dice.chance(0.6) }
    : { url: `https://hook-${dice.below(3)}.example.com/moved` }
  const record: WebhookEdit = { webhookId: id, from: world.now(), to: null }
  records.edits.push(record)
  await insist(town, () => askApi(town, { method: 'PATCH', path: `/webhooks/${id}/`, body: { ...change, ...filter } }))
  record.to = world.now()
}

/** Follows the log of events like somebody who must not miss any; ends when `isOver` and nothing more came. */
export async function follow(town: Town, isOver: () => boolean): Promise<void> {
  const { records, world } = town
  for (;;) {
    const wasOver = isOver()
    const path = `/events/?after=${records.followed.at(-1) ?? 0}&limit=1000`
    const answer = await repeat(town, () => askApi(town, { method: 'GET', path }))
    const page: unknown = JSON.parse(answer.body)
    const results = isObject(page) && Array.isArray(page['results']) ? page['results'].filter(isObject) : []
    records.followed.push(...results.map((event) => Number(event['sequence'])))
    if (wasOver && results.length === 0) return
    await world.pause(seconds(wasOver ? 1 : 200))
  }
}
