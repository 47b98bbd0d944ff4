import { describe, expect, it } from 'vitest'
import { cpuMsOf } from '../../test/support/cpu-time.ts'
import { payloadBytesMax } from '../alerts/signal.ts'
import type { Adapter } from './adapter.ts'
import { alertmanager } from './alertmanager.ts'
import { formattedWebhook } from './formatted-webhook.ts'
import { wrongType } from './registry.ts'
import { webhook } from './webhook.ts'

describe('alertmanager', () => {
  it('makes one alert of a body: title from the group labels, grouped by groupKey', () => {
    const signal = read(alertmanager, firingGroup)
    expect(signal).toMatchObject({
      title: 'DiskFull (db, critical)',
      groupingKey: '{}/{team="db"}:{alertname="DiskFull"}',
      resolves: false,
      sourceLink: 'https://prometheus.example/graph?g0.expr=disk',
    })
  })

  it('says in the message what fires where, with the annotations', () => {
    expect(read(alertmanager, firingGroup).message).toBe(
      [
        'Status: firing (1 firing, 1 resolved)',
        'alertname: DiskFull',
        '',
        'db-1: firing',
        'summary: 99% full',
        'runbook_url: https://runbooks.example/disk',
        '',
        'db-2: resolved',
      ].join('\n'),
    )
  })

  it('is over when the whole group is', () => {
    expect(read(alertmanager, { ...firingGroup, status: 'resolved' }).resolves).toBe(true)
  })

  it('adds the counts that are missing and leaves all else as it was sent', () => {
    const text = '{ "status" : "firing", "alerts": [{"status":"firing","v":1.0}], "big": 12345678901234567890 }'
    expect(payload(alertmanager, text)).toBe(
      '{ "status" : "firing", "alerts": [{"status":"firing","v":1.0}], "big": 12345678901234567890 ,"numFiring":1,"numResolved":0}',
    )
    const counted = '{"alerts":[],"numFiring":7,"numResolved":1}'
    expect(payload(alertmanager, counted)).toBe(counted)
    expect(payload(alertmanager, ' {} ')).toBe(' {"numFiring":0,"numResolved":0}')
  })

  it('takes any JSON without falling over', () => {
    for (const odd of [
      null,
      1,
      'x',
      [],
      [1],
      {},
      { alerts: 'x' },
      { alerts: [null, 1] },
      { groupLabels: [] },
      { groupKey: {} },
    ]) {
      expect(read(alertmanager, odd)).toMatchObject({ title: 'Alertmanager alert', groupingKey: null, resolves: false })
    }
  })

  it('follows no link that is not a web page', () => {
    const body = { alerts: [{ generatorURL: 'javascript:alert(1)' }], externalURL: 'https://am.example' }
    expect(read(alertmanager, body).sourceLink).toBe('https://am.example')
  })
})

describe('formatted webhook', () => {
  it('reads its five fields', () => {
    expect(
      read(formattedWebhook, {
        alert_uid: 'u1',
        title: 'Down',
        message: 'All of it',
        state: 'alerting',
        link_to_upstream_details: 'https://x.example/1',
      }),
    ).toMatchObject({
      title: 'Down',
      message: 'All of it',
      groupingKey: 'u1',
      resolves: false,
      sourceLink: 'https://x.example/1',
    })
  })

  it('is over when the state is ok, in any letters', () => {
    for (const state of ['ok', 'OK', 'Ok']) expect(read(formattedWebhook, { state }).resolves).toBe(true)
    for (const state of ['alerting', '', null, 0, true]) expect(read(formattedWebhook, { state }).resolves).toBe(false)
  })

  it('takes a number as an id, and never groups an alert without one', () => {
    expect(read(formattedWebhook, { alert_uid: 17 }).groupingKey).toBe('17')
    for (const alert_uid of ['', null, undefined, {}]) expect(read(formattedWebhook, { alert_uid }).groupingKey).toBeNull()
  })

  it('has a title even without one, on one line and not too long', () => {
    expect(read(formattedWebhook, {}).title).toBe('Title undefined (the alert has no "title")')
    expect(read(formattedWebhook, { title: 'a\r\nBcc: x' }).title).toBe('a Bcc: x')
    expect(read(formattedWebhook, { title: 'é'.repeat(600) }).title).toBe(`${'é'.repeat(499)}…`)
    expect(read(formattedWebhook, { title: 'nul\u0000 half\uD800' }).title).toBe('nul\uFFFD half\uFFFD')
  })
})

describe('webhook', () => {
  it('groups equal bodies and is over when the state is ok', () => {
    expect(read(webhook, { a: 1 })).toMatchObject({ title: 'Incident', groupingKey: '{"a":1}', resolves: false })
    expect(read(webhook, { state: 'ok' }).resolves).toBe(true)
    expect(read(webhook, [1, 2]).groupingKey).toBe('[1,2]')
  })

  it('shows the body in lines, as far as a page has room', () => {
    const body = { a: [1, 'x"y', null, true], b: {}, c: [], d: { e: 1.5 } }
    expect(read(webhook, body).message).toBe(
      '{\n  "a": [\n    1,\n    "x\\"y",\n    null,\n    true\n  ],\n  "b": {},\n  "c": [],\n  "d": {\n    "e": 1.5\n  }\n}',
    )
    expect(read(webhook, 'é'.repeat(9000)).message).toBe(`"${'é'.repeat(3998)}…`)
    expect(read(webhook, ['😀'.repeat(1999)]).message).toHaveLength(4000)
  })

  it('groups long bodies too, without holding them', () => {
    const [one, same, other] = ['a', 'a', 'b'].map((letter) => read(webhook, [letter, 'x'.repeat(5000)]).groupingKey)
    expect(same).toBe(one)
    expect(other).not.toBe(one)
    expect(one?.length).toBeLessThan(100)
  })

  it('keeps the first megabyte of a longer body, and says so', () => {
    const [signal] = webhook({ json: null, text: `"${'x'.repeat(payloadBytesMax)}"` })
    expect(signal?.payload.truncated).toBe(true)
    expect(signal?.payload.json.length).toBe(1_048_576)
  })
})

describe('labels', () => {
  const labelsOf = (adapter: Adapter, json: unknown) => adapter({ json, text: JSON.stringify(json) })[0]?.opening?.labels

  it('are the common ones of Alertmanager, and what stands under `labels` elsewhere', () => {
    expect(labelsOf(alertmanager, firingGroup)).toEqual({ alertname: 'DiskFull' })
    expect(labelsOf(alertmanager, { labels: { a: 'b' } })).toEqual({})
    for (const adapter of [webhook, formattedWebhook]) {
      expect(labelsOf(adapter, { labels: { team: 'db', tier: 1, live: false } })).toEqual({
        team: 'db',
        tier: '1',
        live: 'false',
      })
    }
  })

  it('are none where there are no short words', () => {
    for (const labels of [null, 'x', [], ['a'], { a: null, b: {}, c: [], '': 'x' }]) {
      expect(labelsOf(webhook, { labels })).toEqual({})
    }
    expect(labelsOf(webhook, null)).toEqual({})
  })

  it('are cut, and not too many', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`key ${index}`, 'x']))
    expect(Object.keys(labelsOf(webhook, { labels: many }) ?? {})).toHaveLength(64)
    const long = labelsOf(webhook, { labels: { ['k'.repeat(300)]: 'v'.repeat(300), 'nul\u0000': '\uD800' } })
    expect(long).toEqual({ [`${'k'.repeat(199)}…`]: `${'v'.repeat(199)}…`, 'nul\uFFFD': '\uFFFD' })
  })

  it('may be called as every object calls something', () => {
    const { labels } = JSON.parse('{"labels":{"__proto__":"x","constructor":"y"}}')
    expect(Object.entries(labelsOf(webhook, { labels }) ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
  })
})

it('takes little time for a deep body of 16 MB', () => {
  const text = `${'['.repeat(199)}${'1,'.repeat(8_000_000)}1${']'.repeat(199)}`
  const json: unknown = JSON.parse(text)
  const spent = cpuMsOf(() => expect(webhook({ json, text })[0]?.opening?.message).toHaveLength(4000))
  // Indented as a whole, it takes more than ten seconds on an idle machine.
  expect(spent).toBeLessThan(3000)
})

describe('a URL whose type is not that of its key', () => {
  it('is told in the words of the contract', () => {
    expect(wrongType('webhook', 'alertmanager')).toBe('This url is for integration with Webhook.Key is for Alertmanager')
    expect(wrongType('alertmanager', 'webhook')).toBe('This url is for integration with Alertmanager. Key is for Webhook')
  })
})

function read(adapter: Adapter, json: unknown) {
  const [signal, ...rest] = adapter({ json, text: JSON.stringify(json) })
  if (signal === undefined || rest.length > 0) throw new Error('one body is one alert here')
  const { action, opening, ...signs } = signal
  if (opening === null) throw new Error('every body can open a group here')
  return { ...signs, ...opening, resolves: action === 'resolve' }
}

function payload(adapter: Adapter, text: string): string | undefined {
  return adapter({ json: JSON.parse(text), text })[0]?.payload.json.toString()
}

const firingGroup = {
  version: '4',
  groupKey: '{}/{team="db"}:{alertname="DiskFull"}',
  status: 'firing',
  groupLabels: { alertname: 'DiskFull', team: 'db', severity: 'critical' },
  commonLabels: { alertname: 'DiskFull' },
  externalURL: 'https://alertmanager.example',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'DiskFull', instance: 'db-1' },
      annotations: { summary: '99% full', runbook_url: 'https://runbooks.example/disk' },
      generatorURL: 'https://prometheus.example/graph?g0.expr=disk',
    },
    { status: 'resolved', labels: { alertname: 'DiskFull', instance: 'db-2' }, annotations: {} },
  ],
}
