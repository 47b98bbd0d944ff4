import { after, days, type Instant, isoZ } from '../lib/time.ts'
import type { Sample } from './sample.ts'

type Running = { readonly url: string; readonly token: string; readonly sample: Sample; readonly now: Instant }

/** Commands to try next, to be pasted into a shell as they are. */
export function nextSteps({ url, token, sample, now }: Running): readonly string[] {
  const { prometheus, helpDesk, scheduleId, webhookId } = sample
  const [from, to] = [now, after(now, days(14))].map((at) => isoZ(at).slice(0, 10))
  const api = (path: string): string => `curl -s "$WATCHBELL/api/v1/${path}" -H "Authorization: $TOKEN"`
  const alert = (status: string): readonly string[] => [
    `curl -s ${prometheus.link} -H 'Content-Type: application/json' \\`,
    `  -d '{"status": "${status}", "groupKey": "queue", "groupLabels": {"alertname": "QueueTooLong", "instance": "mail-2"}}'`,
  ]
  return [
    `WATCHBELL=${url}`,
    `TOKEN=${token}`,
    '',
    '# Page Ben again. Acknowledge by the link of his e-mail, in a browser or with curl -X POST, or wait 5 min until Ada is paged.',
    ...alert('firing'),
    '',
    '# End that alert.',
    ...alert('resolved'),
    '',
    '# Page Ben as PagerTree would.',
    `curl -s ${helpDesk.link} \\`,
    `  -H 'Content-Type: application/json' -d '{"event_type": "create", "Id": "ticket-18", "Title": "Till 3 is silent"}'`,
    '',
    '# See all alert groups, and then all that has happened, in order.',
    api('alert_groups/'),
    api('events/'),
    '',
    '# See who is on call in the next two weeks.',
    api(`schedules/${scheduleId}/final_shifts/?start_date=${from}&end_date=${to}`),
    '',
    '# See every attempt to send the webhook, with what was sent and what was answered.',
    api(`webhooks/${webhookId}/responses/`),
  ]
}
