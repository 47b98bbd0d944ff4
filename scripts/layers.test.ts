import { describe, expect, test } from 'vitest'
import { type Import, layerFault, placeOf } from './layers.ts'

const fault = (from: string, of: string, more: Partial<Import> = {}) =>
  layerFault({ from, of, isType: false, names: ['thing'], ...more })

describe('a stage is told and never asks upward', () => {
  test.each([
    ['src/alerts/commands.ts', '../inbound/commands.ts', 'alerts comes after inbound'],
    ['src/integrations/commands.ts', '../alerts/commands.ts', 'integrations comes after alerts'],
    ['src/escalations/commands.ts', '../integrations/commands.ts', 'escalations comes after integrations'],
    ['src/escalation-chains/commands.ts', '../escalations/commands.ts', 'escalation-chains comes after escalations'],
    ['src/schedules/commands.ts', '../escalation-chains/commands.ts', 'schedules comes after escalation-chains'],
    ['src/notifications/commands.ts', '../schedules/commands.ts', 'notifications comes after schedules'],
    ['src/events/commands.ts', '../notifications/commands.ts', 'events comes after notifications'],
    ['src/webhooks/commands.ts', '../events/commands.ts', 'webhooks comes after events'],
    ['src/deliveries/commands.ts', '../webhooks/commands.ts', 'deliveries comes after webhooks'],
    ['src/shards/commands.ts', '../deliveries/commands.ts', 'shards comes after deliveries'],
    ['src/accounts/commands.ts', '../shards/commands.ts', 'accounts comes after shards'],
    ['src/accounts/role.ts', '../inbound/signal.ts', 'accounts comes after inbound'],
    ['src/deliveries/store.ts', '../alerts/alert-group.ts', 'deliveries comes after alerts'],
    ['src/webhooks/routes.ts', '../alerts/commands.ts', 'webhooks comes after alerts'],
  ])('%s may not import %s', (from, of, words) => {
    expect(fault(from, of)).toContain(words)
    expect(fault(from, of, { isType: true })).toContain(words)
  })
})

test.each([
  ['src/inbound/commands.ts', '../alerts/commands.ts'],
  ['src/inbound/commands.ts', '../accounts/role.ts'],
  ['src/alerts/commands.ts', './store.ts'],
  ['src/alerts/loop.ts', './commands.ts'],
  ['src/alerts/routes.ts', '../http/problem.ts'],
  ['src/alerts/group-store.ts', '../db/tx.ts'],
  ['src/alerts/store.ts', 'kysely'],
  ['src/alerts/alert-group.ts', '../lib/time.ts'],
  ['src/alerts/alert-group.ts', 'typebox'],
  ['src/alerts/routes.ts', 'fastify'],
  ['src/http/auth.ts', '../accounts/commands.ts'],
  ['src/notifications/loop.ts', './channels/sms.ts'],
  ['src/app.ts', './alerts/routes.ts'],
  ['src/app.ts', './alerts/loop.ts'],
  ['src/app.ts', './lib/node/clock.ts'],
  ['src/main.ts', './app.ts'],
  ['src/main.ts', './demo/run.ts'],
  ['src/demo/run.ts', '../serve.ts'],
  ['src/lib/node/clock.ts', '../../ports.ts'],
  ['src/alerts/grouping.test.ts', '../inbound/store.ts'],
  ['test/alert-life.test.ts', '../src/alerts/store.ts'],
  ['sim/main.ts', '../src/app.ts'],
])('%s may import %s', (from, of) => {
  expect(fault(from, of)).toBeNull()
})

test.each([
  ['src/alerts/commands.ts', '../events/store.ts', 'the layer "store" of events'],
  ['src/alerts/commands.ts', '../events/outbox-store.ts', 'the layer "store" of events'],
  ['src/alerts/commands.ts', '../events/routes.ts', 'the layer "routes" of events'],
  ['src/alerts/commands.ts', '../events/loop.ts', 'the layer "loop" of events'],
  ['src/alerts/commands.ts', '../deliveries/send.ts', 'the layer "send" of deliveries'],
  ['src/alerts/commands.ts', '../notifications/channels/sms.ts', 'the layer "channel" of notifications'],
  ['src/alerts/commands.ts', './routes.ts', 'the layer "routes" of alerts'],
  ['src/alerts/commands.ts', './loop.ts', 'the layer "loop" of alerts'],
  ['src/alerts/commands.ts', '../db/tx.ts', 'the layer "db"'],
  ['src/alerts/commands.ts', '../http/problem.ts', 'the layer "http"'],
  ['src/alerts/commands.ts', '../lib/node/clock.ts', 'the layer "node"'],
  ['src/alerts/commands.ts', '../app.ts', 'the layer "app"'],
  ['src/alerts/commands.ts', '../config.ts', 'the layer "config"'],
  ['src/alerts/commands.ts', 'kysely', 'kysely'],
  ['src/alerts/loop.ts', 'pg', 'pg'],
  ['src/alerts/commands.ts', '@fastify/swagger', '@fastify/swagger'],
  ['src/alerts/commands.ts', 'undici', 'undici'],
  ['src/alerts/commands.ts', 'node:fs', 'node:fs'],
  ['src/alerts/commands.ts', '../../sim/world.ts', 'the product does not import sim/world.ts'],
  ['src/alerts/commands.ts', './grouping.test.ts', 'the product does not import src/alerts/grouping.test.ts'],
  ['src/alerts/grouping.ts', './commands.ts', 'the layer "commands" of alerts'],
  ['src/alerts/grouping.ts', './store.ts', 'the layer "store" of alerts'],
  ['src/alerts/grouping.ts', '../events/commands.ts', 'the layer "commands" of events'],
  ['src/alerts/grouping.ts', '../ports.ts', 'the layer "ports"'],
  ['src/alerts/grouping.ts', 'node:fs', 'node:fs'],
  ['src/alerts/grouping.ts', 'node:timers/promises', 'node:timers/promises'],
  ['src/alerts/store.ts', '../events/commands.ts', 'the layer "commands" of events'],
  ['src/lib/time.ts', '../alerts/alert.ts', 'alerts'],
  ['src/lib/time.ts', './node/clock.ts', 'the layer "node"'],
  ['src/http/server.ts', '../alerts/commands.ts', 'http/ does not import'],
  ['src/http/server.ts', '../accounts/store.ts', 'http/ does not import'],
  ['src/http/server.ts', '../db/tx.ts', 'the layer "db"'],
  ['src/db/tx.ts', '../accounts/role.ts', 'accounts'],
  ['src/db/tx.ts', '../http/problem.ts', 'the layer "http"'],
  ['src/main.ts', './alerts/routes.ts', 'the layer "routes" of alerts'],
  ['src/main.ts', './alerts/loop.ts', 'the layer "loop" of alerts'],
  ['src/helpers/text.ts', '../lib/time.ts', 'lies in no layer'],
  ['src/alerts/commands.ts', '../helpers/text.ts', 'lies in no layer'],
])('%s may not import %s', (from, of, words) => {
  expect(fault(from, of)).toContain(words)
})

test('types pass where values do not', () => {
  expect(fault('src/alerts/grouping.ts', '../ports.ts', { isType: true })).toBeNull()
  expect(fault('src/alerts/grouping.ts', '../events/commands.ts', { isType: true })).toBeNull()
  expect(fault('src/alerts/commands.ts', '../config.ts', { isType: true })).toBeNull()
  expect(fault('src/alerts/commands.ts', '../events/store.ts', { isType: true })).toContain('does not import')
})

test('pure code takes no randomness and no sockets from Node', () => {
  expect(fault('src/alerts/grouping.ts', 'node:crypto', { names: ['createHash'] })).toBeNull()
  expect(fault('src/alerts/grouping.ts', 'node:crypto', { names: ['createHash', 'randomUUID'] })).toContain('"randomUUID"')
  expect(fault('src/alerts/grouping.ts', 'node:crypto', { names: ['*'] })).toContain('name what is needed')
  expect(fault('src/deliveries/egress/egress.ts', 'node:net', { names: ['BlockList'] })).toBeNull()
  expect(fault('src/deliveries/egress/egress.ts', 'node:net', { names: ['connect'] })).toContain('"connect"')
  expect(fault('src/webhooks/tls/input.ts', 'node:tls', { names: ['createSecureContext'] })).toBeNull()
  expect(fault('src/webhooks/tls/input.ts', 'node:tls', { names: ['connect'] })).toContain('"connect"')
  expect(fault('src/lib/node/random.ts', 'node:crypto', { names: ['randomBytes'] })).toBeNull()
})

test('the last word of a file name is its layer', () => {
  expect(placeOf('src/alerts/group-store.ts')).toEqual({ stage: 'alerts', layer: 'store' })
  expect(placeOf('src/alerts/routes/groups.ts')).toEqual({ stage: 'alerts', layer: 'routes' })
  expect(placeOf('src/alerts/storefront.ts')).toEqual({ stage: 'alerts', layer: 'pure' })
  expect(placeOf('src/notifications/channels/sms-store.ts')).toEqual({ stage: 'notifications', layer: 'channel' })
})
