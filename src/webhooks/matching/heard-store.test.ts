import { sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { DeliveryWorld } from '../../../test/support/delivery-world.ts'
import { actor, organizationId, settingsWith, webhookWorld } from '../../../test/support/webhook-world.ts'
import type { Tx } from '../../ports.ts'
import { createWebhook } from '../commands.ts'
import { triggersWaitedFor } from './heard-store.ts'

let world: DeliveryWorld
beforeEach(async () => {
  world = await webhookWorld({ behave: () => ({ afterMs: 10, status: 200 }) })
})
afterEach(() => world.close())

const newWebhook = (name: string, fields: object) =>
  world.db.tx('test', (tx) => {
    const body = { name, url: 'https://desk.example/', http_method: 'POST', ...fields }
    return createWebhook(tx, actor, { settings: settingsWith(), body })
  })

it('who waits for something is found without a look at the webhooks that do not, however many they are', async () => {
  await newWebhook('desk', { trigger_types: ['acknowledge', 'alert added'] })
  await newWebhook('off', { trigger_type: 'escalated', is_webhook_enabled: false })
  await newWebhook('other', { trigger_type: 'resolve' })
  await sql`insert into webhooks select copy.* from webhooks w, generate_series(1, 3000) n, jsonb_populate_record(null::webhooks,
    to_jsonb(w) || jsonb_build_object('id', 'WH' || n, 'name', 'other ' || n)) copy where w.name = 'other'`.execute(world.db.sql)
  await sql`analyze webhooks`.execute(world.db.sql)
  await world.db.tx('test', async (tx) => {
    const before = await rowsReadOneByOne(tx)
    const found = await triggersWaitedFor(tx, [organizationId], ['alert added', 'escalated'])
    expect(found).toEqual([{ organizationId, trigger: 'alert added' }])
    expect(await rowsReadOneByOne(tx)).toBe(before)
  })
})

/** How many webhooks this connection has read without an index. */
async function rowsReadOneByOne(tx: Tx): Promise<number | undefined> {
  const answer = await sql<{ readonly count: number }>`
    select seq_tup_read::int as count from pg_stat_xact_user_tables where relname = 'webhooks'`.execute(tx.sql)
  return answer.rows[0]?.count
}
