import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Crew, newCrew, type StillWorld, stillWorld } from '../../test/support/still-world.ts'

let world: StillWorld
let crew: Crew
let webhook: { readonly id: string }
beforeAll(async () => {
  world = await stillWorld()
  crew = await newCrew(world, 'harbour')
  webhook = await newWebhook('personal notification')
})
afterAll(() => world.close())

let count = 0
async function newWebhook(trigger_type: string, own = crew) {
  const body = { name: `hook ${(count += 1)}`, url: 'http://127.0.0.1:9000/', http_method: 'POST', trigger_type }
  const { status, json, text } = await own.api('POST', 'webhooks/', body)
  expect({ status, text }).toEqual({ status: 201, text })
  return json
}

const path = (who: string) => `users/${who}/personal_webhook/`

describe('the webhook by which a person is paged', () => {
  test('is chosen, shown, chosen anew and taken away', async () => {
    expect((await crew.api('GET', path('current'))).status).toBe(404)
    const context = { zeta: 1, alpha: ['+49 30 1'], pin: null }
    const chosen = await crew.api('PUT', path('current'), { webhook: webhook.id, context })
    expect([chosen.status, chosen.text]).toEqual([
      200,
      `{"webhook":"${webhook.id}","context":{"zeta":1,"alpha":["+49 30 1"],"pin":null}}`,
    ])
    expect((await crew.api('GET', path(crew.users.admin))).json).toEqual({ webhook: webhook.id, context })
    const other = await newWebhook('personal notification')
    expect((await crew.api('PUT', path('current'), { webhook: other.id })).json).toEqual({ webhook: other.id, context: {} })
    expect((await crew.api('DELETE', path('current'))).status).toBe(204)
    expect((await crew.api('DELETE', path('current'))).status).toBe(404)
    expect((await crew.api('GET', path('current'))).status).toBe(404)
  })

  test.each<[string, unknown, object]>([
    ['no webhook', {}, { webhook: ['This field is required.'] }],
    ['null', { webhook: null }, { webhook: ['This field may not be null.'] }],
    ['one that does not exist', { webhook: 'WHNONE' }, { webhook: ['Object does not exist'] }],
    [
      'a context that is too long',
      { webhook: 'WHNONE', context: 'a'.repeat(9_999) },
      { context: ['Ensure this field has no more than 10000 characters of JSON.'] },
    ],
    [
      'a context that is too deep',
      { webhook: 'WHNONE', context: JSON.parse('['.repeat(21) + ']'.repeat(21)) },
      { context: ['Ensure this field is nested no more than 20 deep.'] },
    ],
  ])('is refused: %s', async (_fault, body, fields) => {
    const answer = await crew.api('PUT', path('current'), body)
    expect([answer.status, answer.json]).toEqual([400, fields])
    expect((await crew.api('GET', path('current'))).status).toBe(404)
  })

  test('has the trigger for it, and is of the own organization', async () => {
    const resolving = await newWebhook('resolve')
    expect((await crew.api('PUT', path('current'), { webhook: resolving.id })).json).toEqual({
      webhook: ['This webhook does not have the trigger "personal notification".'],
    })
    const others = await newCrew(world, 'airport')
    const foreign = await newWebhook('personal notification', others)
    expect((await crew.api('PUT', path('current'), { webhook: foreign.id })).json).toEqual({ webhook: ['Object does not exist'] })
    for (const method of ['GET', 'PUT', 'DELETE'] as const)
      expect((await others.api(method, path(crew.users.editor), { webhook: foreign.id })).status).toBe(404)
  })

  test('is for the person to choose and to see, and for admins', async () => {
    const body = { webhook: webhook.id, context: { phone: '+49 30 2' } }
    expect((await crew.apiAs('editor', 'PUT', path(crew.users.editor), body)).status).toBe(200)
    expect((await crew.apiAs('editor', 'GET', path('current'))).json).toEqual(body)
    expect((await crew.api('GET', path(crew.users.editor))).json).toEqual(body)
    for (const role of ['viewer', 'none'] as const) {
      expect((await crew.apiAs(role, 'GET', path(crew.users.editor))).status).toBe(403)
      expect((await crew.apiAs(role, 'PUT', path('current'), body)).status).toBe(403)
    }
    for (const method of ['GET', 'PUT', 'DELETE'] as const)
      expect((await crew.apiAs('editor', method, path(crew.users.admin), body)).status).toBe(403)
  })
})
