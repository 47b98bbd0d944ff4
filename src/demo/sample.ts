import { known } from '../lib/check.ts'
import { before, days, type Instant, isoZ } from '../lib/time.ts'
import { type Client, type Fetch, memberOf } from './client.ts'
import type { Actor, Teller } from './teller.ts'

/** What the demo begins with. Everything was made through the public API, so everything can be asked for and changed there. */
export type Sample = {
  readonly ada: Person
  readonly ben: Person
  readonly prometheus: Source
  readonly helpDesk: Source
  readonly scheduleId: string
  readonly webhookId: string
}

export type Person = { readonly id: string; readonly email: string; readonly actor: Actor }

export type Source = {
  readonly actor: Actor
  /** Where its alerts go. */
  readonly link: string
}

export const opsRoom: Actor = { name: 'Ops room', style: 'magenta' }

const ada = { email: 'ada@lighthouse.example', actor: { name: 'Ada', style: 'green' } } as const
const ben = { email: 'ben@lighthouse.example', actor: { name: 'Ben', style: 'green' } } as const

/** Uses the one-time link as a person in a browser does, and answers with the admin's API token. */
export async function setUpOrganization(link: string, fetch: Fetch): Promise<string> {
  const answer = await fetch(link, { method: 'POST', body: new URLSearchParams({ name: 'Lighthouse', email: ada.email }) })
  return known(/<pre>([0-9a-f]{64})<\/pre>/.exec(await answer.text())?.[1], 'the page after the form shows a token')
}

type Setting = { readonly client: Client; readonly teller: Teller; readonly now: Instant; readonly hookUrl: string }

/** Two people, a schedule, a chain, integrations and a webhook. */
export async function makeSample({ client, teller, now, hookUrl }: Setting): Promise<Sample> {
  const create = async (path: string, body: object): Promise<string> => memberOf(await client.post(path, body), 'id')
  const adaId = memberOf(await client.get('users/current/'), 'id')
  const benId = await create('users/', { username: 'ben', email: ben.email, role: 'editor' })
  teller.line(ada.actor, 'sets up the organization Lighthouse, and adds Ben')

  const scheduleId = await create('schedules/', { type: 'web', name: 'Primary', time_zone: 'UTC' })
  await makeShifts(create, { now, scheduleId, userIds: [benId, adaId] })
  teller.line(ada.actor, 'makes the schedule Primary: Ben is on call this week, Ada the next')

  const chainId = await create('escalation_chains/', { name: 'Night watch' })
  for (const step of [
    { type: 'notify_on_call_from_schedule', notify_on_call_from_schedule: scheduleId },
    { type: 'wait', duration: 300 },
    { type: 'notify_persons', persons_to_notify: [adaId] },
  ])
    await create('escalation_policies/', { escalation_chain_id: chainId, ...step })
  teller.line(ada.actor, 'makes the escalation chain Night watch: page whoever is on call; after 5 min, page Ada')

  const linkTo = async (type: string, name: string): Promise<string> => {
    const integration = { type, name, default_route: { escalation_chain_id: chainId } }
    return memberOf(await client.post('integrations/', integration), 'link')
  }
  const prometheusLink = await linkTo('alertmanager', 'Prometheus')
  const helpDeskLink = await linkTo('pagertree', 'Help desk')
  teller.line(ada.actor, 'makes two integrations: for Alertmanager, and for a help desk that calls PagerTree')

  const webhook = { name: opsRoom.name, url: hookUrl, http_method: 'POST', trigger_type: 'status change' }
  const webhookId = await create('webhooks/', webhook)
  teller.line(ada.actor, `makes the webhook Ops room: every change of state is posted to ${hookUrl}`)

  return {
    ada: { id: adaId, ...ada },
    ben: { id: benId, ...ben },
    prometheus: { actor: { name: 'Alertmanager', style: 'yellow' }, link: prometheusLink },
    helpDesk: { actor: { name: 'Help desk', style: 'yellow' }, link: helpDeskLink },
    scheduleId,
    webhookId,
  }
}

type Weeks = { readonly now: Instant; readonly scheduleId: string; readonly userIds: readonly string[] }

/** A week for each of them, the first of which began yesterday. */
async function makeShifts(create: (path: string, body: object) => Promise<string>, { now, scheduleId, userIds }: Weeks) {
  for (const [week, userId] of userIds.entries()) {
    const start = `${isoZ(before(now, days(1 - 7 * week))).slice(0, 11)}00:00:00`
    const shift = { name: `Week ${week + 1}`, type: 'single_event', start, duration: days(7) / 1000, users: [userId] }
    await create('on_call_shifts/', { ...shift, schedule: scheduleId })
  }
}
