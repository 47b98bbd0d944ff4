import { sql } from 'kysely'
import { createToken } from '../../src/accounts/commands.ts'
import type { Role } from '../../src/accounts/role.ts'
import type { Database } from '../../src/ports.ts'
import { createExportToken, type ExportSubject } from '../../src/schedules/exports/token-commands.ts'
import { receiverCertificate } from '../fixtures/receiver.ts'
import type { Crew, StillWorld } from './still-world.ts'

/**
 * One of everything that has an id, all of one organization and tied to each other. The keys are the parameters of the
 * paths, and `ownerId` whose the token and the notification rule are.
 */
export type Things = Readonly<
  Record<
    | 'organizationId'
    | 'userId'
    | 'ownerId'
    | 'tokenId'
    | 'teamId'
    | 'serviceId'
    | 'integrationId'
    | 'routeId'
    | 'chainId'
    | 'policyId'
    | 'ruleId'
    | 'scheduleId'
    | 'shiftId'
    | 'layerId'
    | 'overrideId'
    | 'swapId'
    | 'webhookId'
    | 'deliveryId'
    | 'replayId'
    | 'alertGroupId'
    | 'alertId'
    | 'noteId',
    string
  >
>

let count = 0

/** Makes one of everything. The tokens are those of the crew's person with the role. */
export async function newThings(world: Pick<StillWorld, 'app' | 'db'>, crew: Crew, role: Role = 'admin'): Promise<Things> {
  count += 1
  const { organizationId, system, users } = crew
  const name = `${users.admin} ${count}`
  const make = async (path: string, body: object): Promise<any> => {
    const answer = await crew.api('POST', path, body)
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${answer.text}`)
    return answer.json
  }
  const token = await world.db.tx('create token', (tx) => createToken(tx, system, { name, userId: users[role] }))
  const user = await make('users/', { username: `u${name}`, email: `u${count}@${organizationId}.example`, role: 'editor' })
  await make('tokens/', { name, user_id: user.id })
  const rule = await make('personal_notification_rules/', { user_id: users[role], type: 'wait', duration: 3600 })
  const { id: teamId } = await make('teams/', { name, users: [user.id] })
  const { id: serviceId } = await make('services/', { name, team_id: teamId })
  const webhook = await make('webhooks/', {
    name,
    url: 'http://127.0.0.1/',
    http_method: 'POST',
    trigger_types: ['alert group created', 'personal notification'],
    team: teamId,
  })
  await crew.api('PUT', `users/${users[role]}/personal_webhook/`, { webhook: webhook.id })
  await make(`webhooks/${webhook.id}/signing/`, { asymmetric: true })
  await crew.api('PUT', `webhooks/${webhook.id}/tls/`, { ca: receiverCertificate() })
  const schedule = await make('schedules/', { name, type: 'calendar', time_zone: 'Europe/Berlin', team_id: teamId })
  const single = { type: 'single_event', start: '2026-01-01T00:00:00', duration: 3600, users: [user.id], schedule: schedule.id }
  const shift = await make('on_call_shifts/', { ...single, name, team_id: teamId })
  const owner = { kind: 'user', organizationId, userId: users[role], role, tokenId: token.kept.id } as const
  const exportOf = (subject: ExportSubject) => world.db.tx('create export token', (tx) => createExportToken(tx, owner, subject))
  await exportOf({ kind: 'schedule', id: schedule.id })
  // There is one at most, which other things of the same person may have.
  await exportOf({ kind: 'user', id: users[role] }).catch(() => {})
  const layer = await make(`schedules/${schedule.id}/layers/`, {
    ...{ name, start: '2040-01-01T00:00:00', turn: { unit: 'days' }, groups: [[user.id]], level: -1 },
    restrictions: [{ start: '09:00', end: '09:30' }],
  })
  const override = await make(`schedules/${schedule.id}/overrides/`, {
    ...{ name, kind: 'add', user: user.id, start: '2040-01-01T00:00:00Z', end: '2040-01-02T00:00:00Z' },
  })
  const swap = await make('shift_swaps/', {
    ...{ schedule: schedule.id, beneficiary: user.id, description: name },
    ...{ swap_start: '2040-01-01T00:00:00Z', swap_end: '2040-01-02T00:00:00Z' },
  })
  const chain = await make('escalation_chains/', { name, team_id: teamId })
  await crew.api('PATCH', `teams/${teamId}/`, { escalation_chain_id: chain.id })
  const policy = await make('escalation_policies/', {
    escalation_chain_id: chain.id,
    type: 'notify_persons',
    persons_to_notify: [user.id],
  })
  await make('escalation_policies/', { escalation_chain_id: chain.id, type: 'wait', duration: 86_400 })
  await make('escalation_policies/', {
    escalation_chain_id: chain.id,
    type: 'notify_on_call_from_schedule',
    notify_on_call_from_schedule: schedule.id,
  })
  const ties = { team_id: teamId, service: serviceId, default_route: { escalation_chain_id: chain.id } }
  const integration = await make('integrations/', { type: 'formatted_webhook', name, ...ties })
  const added = await make('routes/', {
    integration_id: integration.id,
    escalation_chain_id: chain.id,
    routing_regex: 'burns',
  })
  const sent = await world.app.inject({
    method: 'POST',
    url: new URL(integration.link).pathname,
    payload: { title: `${name} burns` },
  })
  if (sent.statusCode !== 200) throw new Error(`alert: ${sent.statusCode} ${sent.body}`)
  const { json: groups } = await crew.api('GET', `alert_groups/?integration_id=${integration.id}`)
  const { json: deliveries } = await crew.api('GET', `webhooks/${webhook.id}/deliveries/`)
  const replay = await make(`webhooks/${webhook.id}/replays/`, { since: 3600 })
  // One that runs would change by itself, and be the only one.
  await crew.api('POST', `webhooks/${webhook.id}/replays/${replay.id}/cancel/`)
  const note = await make('resolution_notes/', { alert_group_id: groups.results[0].id, text: `${name} was lit` })
  return {
    noteId: note.id,
    ...{
      organizationId,
      userId: user.id,
      ownerId: users[role],
      tokenId: token.kept.id,
      teamId,
      serviceId,
      webhookId: webhook.id,
      deliveryId: deliveries.results[0].id,
      replayId: replay.id,
    },
    ...{
      scheduleId: schedule.id,
      shiftId: shift.id,
      layerId: layer.id,
      overrideId: override.id,
      swapId: swap.id,
      chainId: chain.id,
      policyId: policy.id,
      ruleId: rule.id,
    },
    ...{ integrationId: integration.id, routeId: added.id, alertGroupId: groups.results[0].id },
    alertId: groups.results[0].last_alert.id,
  }
}

/** Every row that belongs to an organization, by table, as JSON texts in an order of their own. */
export async function rowsOf(db: Database, organizationId: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const tables = await sql<{ readonly name: string }>`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
    where a.attname = 'organization_id' and c.relkind in ('r', 'p') and not c.relispartition
    order by 1`.execute(db.sql)
  const dump: Record<string, readonly string[]> = {}
  for (const table of ['organizations', ...tables.rows.map(({ name }) => name)]) {
    const key = table === 'organizations' ? 'id' : 'organization_id'
    const { rows } = await sql<{ readonly row: string }>`
      select to_jsonb(t)::text as row from ${sql.table(table)} t where ${sql.ref(key)} = ${organizationId} order by 1`.execute(
      db.sql,
    )
    dump[table] = rows.map(({ row }) => row)
  }
  return dump
}
