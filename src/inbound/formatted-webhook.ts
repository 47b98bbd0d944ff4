import type { Adapter } from './adapter.ts'
import { groupingKeyFrom, labelsFrom, linkFrom, messageFrom, objectOf, payloadFrom, textOf, titleFrom } from './fields.ts'

/** The formatted webhook (contract grafana-oncall 6.4): `alert_uid`, `title`, `message`, `state`, `link_to_upstream_details`, all optional. */
export const formattedWebhook: Adapter = ({ json, text }) => [
  {
    action: textOf(json, 'state')?.toUpperCase() === 'OK' ? 'resolve' : 'open',
    opening: {
      title: titleFrom(textOf(json, 'title') ?? '') || 'Title undefined (the alert has no "title")',
      message: messageFrom(textOf(json, 'message') ?? ''),
      sourceLink: linkFrom(textOf(json, 'link_to_upstream_details')),
      urgency: null,
      labels: labelsFrom(objectOf(json, 'labels')),
    },
    // Without an id an alert is never grouped.
    groupingKey: groupingKeyFrom(textOf(json, 'alert_uid')),
    payload: payloadFrom(text),
  },
]
