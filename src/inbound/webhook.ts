import { messageLengthMax } from '../alerts/signal.ts'
import type { Adapter } from './adapter.ts'
import { groupingKeyFrom, labelsFrom, linkFrom, messageFrom, objectOf, payloadFrom, textOf } from './fields.ts'
import { prettyStart } from './pretty.ts'

/**
 * The generic webhook (contract grafana-oncall 6.4, row `webhook`): any JSON is an alert, equal bodies belong together,
 * and `state: "ok"` says that it is over.
 */
export const webhook: Adapter = ({ json, text }) => [
  {
    action: textOf(json, 'state')?.toUpperCase() === 'OK' ? 'resolve' : 'open',
    opening: {
      title: 'Incident',
      // Twice as much, so that it is cut in the middle of something and not trimmed at an indentation.
      message: messageFrom(prettyStart(json, 2 * messageLengthMax)),
      sourceLink: linkFrom(textOf(json, 'url')),
      urgency: null,
      labels: labelsFrom(objectOf(json, 'labels')),
    },
    groupingKey: groupingKeyFrom(text),
    payload: payloadFrom(text),
  },
]
