import { integrationTypes, type IntegrationType } from '../integrations/integration.ts'

/** What a person sees who opens an inbound URL in a browser. */
export function instructionsPage({ type }: { readonly type: IntegrationType }): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Watchbell: ${integrationTypes[type].title}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}code{background:#eee;padding:.1em .3em}</style></head>
<body>
<h1>This address takes alerts</h1>
<p>${advice[type]}</p>
<p>Alerts are sent with <code>POST</code>; opening the address in a browser changes nothing. Whoever knows it can send alerts, so keep it to yourself.</p>
</body>
</html>
`
}

const advice: Record<IntegrationType, string> = {
  alertmanager:
    'Put it into the configuration of Prometheus Alertmanager, as the <code>url</code> of a <code>webhook_configs</code> entry.',
  formatted_webhook:
    'Send a JSON object with <code>alert_uid</code>, <code>title</code>, <code>message</code>, <code>state</code> (<code>alerting</code> or <code>ok</code>) and <code>link_to_upstream_details</code>. All are optional.',
  pagertree:
    'Send a JSON object with <code>event_type</code> (<code>create</code>, <code>acknowledge</code> or <code>resolve</code>), <code>Id</code>, <code>Title</code> and <code>Description</code>, as to PagerTree.',
  webhook: 'Send any JSON. A body with <code>"state": "ok"</code> ends the alert group that it belongs to.',
}
