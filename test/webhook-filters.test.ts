import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually, newWorld, type World } from './support/watchbell.ts'

/** Alerts come in as their sources send them, and reach the webhooks whose filters they pass. */
let world: World

beforeAll(async () => {
  world = await newWorld()
})
afterAll(() => world.close())

const make = async (path: string, body: object) => {
  const { status, json, text } = await world.api('POST', path, body)
  expect({ status, text }).toEqual({ status: 201, text })
  return json
}

const webhook = (name: string, filter: object) => {
  const about = { url: world.receiverUrl, http_method: 'POST', trigger_type: 'alert group created' }
  return make('webhooks/', { name, filter, ...about, headers: JSON.stringify({ 'X-Name': name }) })
}

it('an alert reaches the webhooks whose filters say so, by what was sent and where it belongs', async () => {
  const team = await make('teams/', { name: 'Harbour' })
  const service = await make('services/', { name: 'Checkout', team_id: team.id })
  const source = await make('integrations/', {
    type: 'alertmanager',
    name: 'Prometheus',
    service: service.id,
    urgency: 'high',
  })
  await webhook('passes', {
    all: [
      { field: 'service', operator: 'is', value: 'Checkout' },
      { field: 'integration', operator: 'is', value: source.id },
      { field: 'urgency', operator: 'greater', value: 'medium' },
      { field: 'severity', operator: 'in', value: ['page', 'critical'] },
      { any: [{ field: 'payload.alerts.labels.instance', operator: 'matches', value: '^db\\d+:' }] },
      { field: "payload.alerts[0].values['load.5']", operator: 'greater', value: 0.9 },
    ],
    none: [{ field: 'labels.env', operator: 'is', value: 'test' }],
  })
  await webhook('other service', { field: 'service', operator: 'is_not', value: service.id })
  await webhook('other host', { field: 'payload.alerts.labels.instance', operator: 'contains', value: 'web' })
  await webhook('last', { field: 'schedule', operator: 'exists', value: false })
  const labels = { alertname: 'DiskFull', instance: 'db12:9100', severity: 'critical' }
  await world.request('POST', source.link, {
    status: 'firing',
    groupKey: 'disk',
    groupLabels: { alertname: 'DiskFull' },
    commonLabels: labels,
    alerts: [{ status: 'firing', labels, values: { 'load.5': 0.95 } }],
  })
  await eventually(() => world.webhooks.length >= 2 || undefined)
  expect(world.webhooks.map(({ headers }) => headers['x-name']).toSorted()).toEqual(['last', 'passes'])
})
