import { describe, expect, it } from 'vitest'
import { egressPolicy } from '../deliveries/egress/egress.ts'
import type { Body } from '../lib/fields.ts'
import { parseNewWebhook, parseWebhookChange, type WebhookDefinition } from './webhook-input.ts'

const egress = egressPolicy([], 'https://bell.example')
const least: Body = { name: 'desk', url: 'https://a.example/', http_method: 'PUT', trigger_type: 'resolve' }
const two: Body = {
  name: 'desk',
  urls: [{ url: 'https://a.example/' }, { url: 'https://b.example/', http_method: 'GET' }],
  trigger_types: ['resolve', 'acknowledge', 'resolve'],
}

const made = (body: Body) => {
  const parsed = parseNewWebhook(body, egress)
  return parsed.ok ? parsed.value : parsed.reason
}
const asked = (body: Body): WebhookDefinition => {
  const parsed = parseNewWebhook(body, egress)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.reason))
  return parsed.value
}
const refused = (fields: object) => ({ kind: 'invalid-fields', fields })
const other = (listName: string) => [`It must be that of the first of ${listName}, or be left out.`]
const places = (faults: object) => ({ kind: 'invalid-places', field: 'urls', places: faults })
const [a, b, c] = ['https://a.example/', 'https://b.example/', 'https://c.example/']

describe('a new webhook of several URLs and triggers', () => {
  it('needs neither the URL, nor the method, nor the trigger by itself', () => {
    expect(asked(two)).toMatchObject({
      urls: [
        { url: a, httpMethod: 'POST' },
        { url: b, httpMethod: 'GET' },
      ],
      triggerTypes: ['resolve', 'acknowledge'],
    })
  })

  it('may say of its first ones what the lists say, and nothing else', () => {
    expect(asked({ ...two, url: a, http_method: 'POST', trigger_type: 'resolve' })).toEqual(asked(two))
    expect(made({ ...two, url: b })).toEqual(refused({ url: other('urls') }))
    expect(made({ ...two, http_method: 'PUT' })).toEqual(refused({ http_method: other('urls') }))
    expect(made({ ...two, trigger_type: 'acknowledge' })).toEqual(refused({ trigger_type: other('trigger_types') }))
  })

  it.each([
    [{ urls: [] }, refused({ urls: ['This list may not be empty.'] })],
    [{ urls: a }, refused({ urls: ['Expected a list of items but got type "str".'] })],
    [{ urls: [a] }, places({ 0: ['Must be an object with url and http_method.'] })],
    [{ urls: [{ url: a }, { http_method: 'GET' }] }, places({ 1: ['url: This field is required.'] })],
    [
      { urls: [{ url: a, http_method: 'get' }] },
      places({ 0: ["http_method: Must be one of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']"] }),
    ],
    [{ urls: [{ url: a }, { url: a, http_method: 'PUT' }] }, refused({ urls: [`The URL ${a} is there twice.`] })],
    [{ urls: Array.from({ length: 21 }, (_, n) => ({ url: `${a}${n}` })) }, refused({ urls: ['At most 20 URLs are allowed.'] })],
    [{ trigger_types: [] }, refused({ trigger_types: ['This list may not be empty.'] })],
    [{ trigger_types: [1] }, refused({ trigger_types: ['Not a valid string.'] })],
  ])('is refused with %j', (change, reason) => {
    expect(made({ ...two, ...change })).toEqual(reason)
  })

  it('cannot have a trigger that does not exist', () => {
    const answer = made({ ...two, trigger_types: ['resolve', 'whenever'] })
    expect(JSON.stringify(answer)).toContain('There is no trigger \\"whenever\\": it may be escalation, ')
  })

  it('cannot reach an address that one URL could not', () => {
    const answer = made({ ...two, urls: [{ url: a }, { url: 'http://10.0.0.1/' }] })
    expect(answer).toMatchObject({ kind: 'invalid-places', field: 'urls', places: { 1: [expect.stringContaining('url: ')] } })
  })
})

describe('a change of a webhook with several URLs and triggers', () => {
  const current = asked(two)
  const changed = (body: Body, method: 'PUT' | 'PATCH') => {
    const parsed = parseWebhookChange(body, { current, egress, replaces: method === 'PUT' })
    if (!parsed.ok) return parsed.reason
    const { urls, triggerTypes } = parsed.value
    return [urls.map(({ url, httpMethod }) => `${httpMethod} ${url}`), triggerTypes]
  }
  const before = [
    [`POST ${a}`, `GET ${b}`],
    ['resolve', 'acknowledge'],
  ]
  const read = {
    url: a,
    http_method: 'POST',
    trigger_type: 'resolve',
    urls: [
      { url: a, http_method: 'POST' },
      { url: b, http_method: 'GET' },
    ],
    trigger_types: ['resolve', 'acknowledge'],
  }

  it.each(['PUT', 'PATCH'] as const)('by %s without any of them, or with what was read, changes nothing', (method) => {
    expect(changed({ name: 'new' }, method)).toEqual(before)
    expect(changed(read, method)).toEqual(before)
  })

  it('by a PUT of a client that knows one URL and one trigger replaces the lists, also by what stands there', () => {
    expect(changed({ url: c, http_method: 'PUT', trigger_type: 'silence' }, 'PUT')).toEqual([[`PUT ${c}`], ['silence']])
    expect(changed({ url: a, http_method: 'POST', trigger_type: 'resolve' }, 'PUT')).toEqual([[`POST ${a}`], ['resolve']])
  })

  it('by a PATCH of one of them changes the first and keeps the others', () => {
    expect(changed({ url: c }, 'PATCH')).toEqual([
      [`POST ${c}`, `GET ${b}`],
      ['resolve', 'acknowledge'],
    ])
    expect(changed({ http_method: 'PATCH' }, 'PATCH')).toEqual([
      [`PATCH ${a}`, `GET ${b}`],
      ['resolve', 'acknowledge'],
    ])
    expect(changed({ trigger_type: 'acknowledge' }, 'PATCH')).toEqual([before[0], ['acknowledge']])
    expect(changed({ url: b }, 'PATCH')).toEqual(refused({ url: [`The URL ${b} is there twice.`] }))
  })

  it.each(['PUT', 'PATCH'] as const)('by %s of all that was read, with one thing edited, changes that', (method) => {
    expect(changed({ ...read, url: c }, method)).toEqual([
      [`POST ${c}`, `GET ${b}`],
      ['resolve', 'acknowledge'],
    ])
    expect(changed({ ...read, urls: [{ url: c, http_method: 'PUT' }] }, method)).toEqual([[`PUT ${c}`], before[1]])
    expect(changed({ ...read, trigger_types: ['silence'] }, method)).toEqual([before[0], ['silence']])
    expect(changed({ ...read, trigger_type: 'silence' }, method)).toEqual([before[0], ['silence', 'acknowledge']])
  })

  it('that says two things of the first is refused', () => {
    expect(changed({ url: c, urls: [{ url: b }] }, 'PATCH')).toEqual(refused({ url: other('urls') }))
  })
})

it('of the simple preset posts to all URLs on escalation, whatever the body says', () => {
  expect(asked({ ...two, preset: 'simple_webhook', http_method: 'GET' })).toMatchObject({
    triggerTypes: ['escalation'],
    urls: [
      { url: a, httpMethod: 'POST' },
      { url: b, httpMethod: 'POST' },
    ],
  })
  expect(asked(least)).toMatchObject({ urls: [{ url: a, httpMethod: 'PUT' }] })
})
