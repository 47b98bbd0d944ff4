import { isObject } from '../lib/json.ts'
import type { Adapter } from './adapter.ts'
import { groupingKeyFrom, labelsFrom, linkFrom, listOf, messageFrom, objectOf, payloadFrom, textOf, titleFrom } from './fields.ts'

/**
 * Prometheus Alertmanager's webhook, version 4 (contract grafana-oncall 6.4): one body is one alert of the group that
 * `groupKey` names. `numFiring` and `numResolved` are added to the payload when it does not count itself.
 */
export const alertmanager: Adapter = ({ json, text }) => {
  const counts = countsOf(json)
  return [
    {
      action: textOf(json, 'status') === 'resolved' ? 'resolve' : 'open',
      opening: {
        title: titleFrom(titleOf(json)),
        message: messageFrom(messageOf(json, counts)),
        sourceLink: linkFrom(textOf(listOf(json, 'alerts')[0], 'generatorURL')) ?? linkFrom(textOf(json, 'externalURL')),
        urgency: null,
        labels: labelsFrom(objectOf(json, 'commonLabels')),
      },
      groupingKey: groupingKeyFrom(textOf(json, 'groupKey')),
      payload: payloadFrom(withCounts(json, text, counts)),
    },
  ]
}

/** `DiskFull (db-1, critical)`: the alert's name and what else the group was made by. */
function titleOf(json: unknown): string {
  const group = objectOf(json, 'groupLabels')
  const name =
    textOf(group, 'alertname') ??
    textOf(objectOf(json, 'commonLabels'), 'alertname') ??
    textOf(objectOf(json, 'labels'), 'alertname')
  const others = texts(group).flatMap(([label, value]) => (label === 'alertname' ? [] : [value]))
  return `${name ?? 'Alertmanager alert'}${others.length === 0 ? '' : ` (${others.join(', ')})`}`
}

function messageOf(json: unknown, { firing, resolved }: Counts): string {
  const alerts = listOf(json, 'alerts')
  return [
    `Status: ${textOf(json, 'status') ?? 'unknown'} (${firing} firing, ${resolved} resolved)`,
    ...texts(objectOf(json, 'commonLabels')).map(lineOf),
    ...alerts.slice(0, alertsTold).flatMap(alertLines),
    ...(alerts.length > alertsTold ? ['', `and ${alerts.length - alertsTold} more`] : []),
  ].join('\n')
}

const alertsTold = 10

function alertLines(alert: unknown): readonly string[] {
  const labels = objectOf(alert, 'labels')
  const name = textOf(labels, 'instance') ?? textOf(labels, 'alertname') ?? 'alert'
  return ['', `${name}: ${textOf(alert, 'status') ?? 'firing'}`, ...texts(objectOf(alert, 'annotations')).map(lineOf)]
}

type TextMember = readonly [key: string, value: string]

const lineOf = ([key, value]: TextMember): string => `${key}: ${value}`

/** More of them could not be shown. */
const membersMax = 200

/** The members of an object that are texts, of its first 200. */
function texts(object: { readonly [key: string]: unknown }): readonly TextMember[] {
  return Object.keys(object)
    .slice(0, membersMax)
    .flatMap((key): readonly TextMember[] => {
      const value = textOf(object, key)
      return value === null ? [] : [[key, value]]
    })
}

type Counts = { readonly firing: number; readonly resolved: number }

function countsOf(json: unknown): Counts {
  let firing = 0
  let resolved = 0
  for (const alert of listOf(json, 'alerts')) {
    const status = textOf(alert, 'status')
    if (status === 'firing') firing += 1
    else if (status === 'resolved') resolved += 1
  }
  return { firing, resolved }
}

/** Adds members at the end of the text, so that all the rest stays as it was sent. */
function withCounts(json: unknown, text: string, { firing, resolved }: Counts): string {
  if (!isObject(json)) return text
  const missing = Object.entries({ numFiring: firing, numResolved: resolved }).filter(([key]) => !Object.hasOwn(json, key))
  if (missing.length === 0) return text
  const members = missing.map(([key, count]) => `"${key}":${count}`).join(',')
  const open = text.trimEnd().slice(0, -1)
  return `${open}${Object.keys(json).length === 0 ? '' : ','}${members}}`
}
