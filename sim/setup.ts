import { bootstrap } from '../src/accounts/commands.ts'
import { check, known } from '../src/lib/check.ts'
import { minutes, type Ms, toDate } from '../src/lib/time.ts'
import type { Database } from '../src/ports.ts'
import { type Desk, setUpDesks } from './desks.ts'
import { type ScheduleSetting, setUpSchedules } from './schedule-setup.ts'
import { create, type Town } from './town.ts'

/** What the organization of a seed is made of. */
export type Setting = {
  readonly organizationId: string
  /** User ids by what their notification rules are: none, or an e-mail, a wait and another e-mail. */
  readonly people: readonly string[]
  /** The one with rules. */
  readonly ruled: string
  readonly chains: readonly string[]
  readonly integrations: readonly {
    readonly id: string
    readonly type: 'formatted_webhook' | 'alertmanager'
    readonly path: string
  }[]
  readonly webhooks: readonly KnownWebhook[]
  /** Who does more with webhooks; none in half of the seeds. */
  readonly desks: readonly Desk[]
  readonly schedules: ScheduleSetting
}

type KnownWebhook = {
  readonly id: string
  readonly trigger: string
  /** Null: all. */
  readonly integrationId: string | null
}

/** Makes the organization through the API, before anything goes wrong. */
export async function setUp(town: Town, db: Database): Promise<Setting> {
  const beginning = known(
    await db.tx('bootstrap', (tx) => bootstrap(tx, { email: 'ann@example.com', token: town.token })),
    'the database is empty',
  )
  const { organizationId, userId: ann } = beginning
  const bob = await create(town, '/users/', { username: 'bob', email: 'bob@example.com', role: 'editor' })
  const cho = await create(town, '/users/', { username: 'cho', email: 'cho@example.com', role: 'editor' })
  const people = [ann, bob.id, cho.id]
  await giveRules(db, { organizationId, userId: cho.id, waitMs: minutes(1 + town.dice.fork('rules').below(20)) })
  const called = await create(town, '/webhooks/', webhookBody({ name: 'called', url: url(2), trigger_type: 'escalation' }))
  const chains: string[] = []
  for (let number = 0; number < 1 + town.dice.below(3); number += 1)
    chains.push(await makeChain(town, { people, webhookId: called.id, number }))
  const integrations: Setting['integrations'][number][] = []
  for (let number = 0; number < 1 + town.dice.below(3); number += 1)
    integrations.push(await makeIntegration(town, chains, number))
  const webhooks = await makeWebhooks(town, integrations[0]?.id ?? '')
  const ofDesks = { ...town, dice: town.dice.fork('desks') }
  return {
    organizationId,
    people,
    ruled: cho.id,
    chains,
    integrations,
    webhooks: [{ id: called.id, trigger: 'escalation', integrationId: null }, ...webhooks],
    desks: town.troubles.has('desks', ofDesks.dice.chance(0.5)) ? await setUpDesks(ofDesks) : [],
    schedules: await setUpSchedules(town),
  }
}

const url = (receiver: number): string => `https://hook-${receiver}.example.com/in`

function webhookBody(own: object): object {
  return { http_method: 'POST', forward_all: true, ...own }
}

async function makeWebhooks(town: Town, integrationId: string): Promise<readonly KnownWebhook[]> {
  const wanted = [
    { trigger: 'alert group created', receiver: 0, filter: null },
    { trigger: 'status change', receiver: 1, filter: integrationId },
    { trigger: 'resolve', receiver: 2, filter: null },
    { trigger: 'acknowledge', receiver: 0, filter: null },
  ]
  const made: KnownWebhook[] = []
  for (const { trigger, receiver, filter } of wanted) {
    if (town.dice.chance(0.5)) continue
    const body = {
      name: trigger,
      url: url(receiver),
      trigger_type: trigger,
      integration_filter: filter === null ? null : [filter],
    }
    made.push({ id: (await create(town, '/webhooks/', webhookBody(body))).id, trigger, integrationId: filter })
  }
  return made
}

type ChainPlan = { readonly people: readonly string[]; readonly webhookId: string; readonly number: number }

async function makeChain(town: Town, { people, webhookId, number }: ChainPlan): Promise<string> {
  const { dice } = town
  const chain = await create(town, '/escalation_chains/', { name: `chain ${number}` })
  const steps: object[] = [{ type: 'notify_persons', persons_to_notify: [dice.pick(people)] }]
  for (let more = dice.below(3); more > 0; more -= 1) {
    steps.push({ type: 'wait', duration: 60 * (1 + dice.below(10)) })
    if (dice.chance(0.3)) steps.push({ type: 'trigger_webhook', action_to_trigger: webhookId })
    steps.push({ type: 'notify_persons', persons_to_notify: dice.chance(0.3) ? people : [dice.pick(people)] })
  }
  if (dice.chance(0.5)) steps.push({ type: 'wait', duration: 60 * (1 + dice.below(10)) }, { type: 'repeat_escalation' })
  else if (dice.chance(0.2)) steps.push({ type: 'wait', duration: 300 }, { type: 'resolve' })
  for (const step of steps) await create(town, '/escalation_policies/', { escalation_chain_id: chain.id, ...step })
  return chain.id
}

async function makeIntegration(town: Town, chains: readonly string[], number: number): Promise<Setting['integrations'][number]> {
  const type = town.dice.pick(['formatted_webhook', 'alertmanager'] as const)
  // One in ten leads nowhere: then nobody is paged, and the log says so.
  const chainId = town.dice.chance(0.1) ? null : town.dice.pick(chains)
  const made = await create(town, '/integrations/', {
    type,
    name: `source ${number}`,
    default_route: { escalation_chain_id: chainId },
  })
  const link = made.document['link']
  check(typeof link === 'string', 'an integration has a link')
  return { id: made.id, type, path: new URL(link).pathname }
}

type RuleOptions = { readonly organizationId: string; readonly userId: string; readonly waitMs: Ms }

/** With the longer waits, a later page comes while an earlier one still waits. */
async function giveRules(db: Database, { organizationId, userId, waitMs }: RuleOptions): Promise<void> {
  await db.tx('give rules', async (tx) => {
    const rules = [
      { type: 'email', duration_seconds: null },
      { type: 'wait', duration_seconds: waitMs / 1000 },
      { type: 'email', duration_seconds: null },
    ]
    const common = { organization_id: organizationId, user_id: userId, important: false, created_at: toDate(tx.now) }
    await tx.sql
      .insertInto('notification_rules')
      .values(rules.map((rule, position) => ({ ...common, ...rule, id: `N${position}`, position })))
      .execute()
  })
}
