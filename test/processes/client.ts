/** Somebody who uses the API of a server. */
export type Client = {
  /** Rejects when the answer is no success. */
  call<Answer>(method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<Answer>
}

/** For `WATCHBELL_BOOTSTRAP_TOKEN`. */
export const adminToken = '0b'.repeat(32)

/** Uses the API as the first admin. */
export function clientOf(serverUrl: string): Client {
  return {
    call: async (method, path, body) => {
      const answer = await fetch(`${serverUrl}/api/v1/${path}`, {
        method,
        headers: { authorization: adminToken, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
      return JSON.parse(text)
    },
  }
}

type Made = { readonly id: string }

/** An integration whose alerts page one new person by e-mail. Returns the path that alerts are sent to, the same on every node. */
export async function makeSource(
  client: Client,
  { type, name }: { readonly type: string; readonly name: string },
): Promise<string> {
  const person = await client.call<Made>('POST', 'users/', {
    username: `person of ${name}`,
    email: `${name}@people.example`,
    role: 'editor',
  })
  const chain = await client.call<Made>('POST', 'escalation_chains/', { name })
  await client.call('POST', 'escalation_policies/', {
    escalation_chain_id: chain.id,
    type: 'notify_persons',
    persons_to_notify: [person.id],
  })
  const { link } = await client.call<{ link: string }>('POST', 'integrations/', {
    type,
    name,
    default_route: { escalation_chain_id: chain.id },
  })
  return new URL(link).pathname
}

/** An integration that pages nobody. Returns the path that alerts are sent to. */
export async function makeIntegration(client: Client, name: string): Promise<string> {
  const { link } = await client.call<{ link: string }>('POST', 'integrations/', { type: 'alertmanager', name })
  return new URL(link).pathname
}

export async function makeWebhook(
  client: Client,
  webhook: { readonly name: string; readonly url: string; readonly trigger: string },
): Promise<void> {
  const { name, url, trigger } = webhook
  await client.call('POST', 'webhooks/', { name, url, http_method: 'POST', trigger_type: trigger })
}

export type AlertGroup = {
  readonly id: string
  readonly title: string
  readonly state: string
  readonly alerts_count: number
  readonly last_alert: { readonly payload: unknown } | null
}

/** All alert groups of the organization. */
export async function listAlertGroups(client: Client): Promise<readonly AlertGroup[]> {
  const groups: AlertGroup[] = []
  for (let page = 1; ; page += 1) {
    const answer = await client.call<{ next: string | null; results: AlertGroup[] }>(
      'GET',
      `alert_groups/?perpage=1000&page=${page}`,
    )
    groups.push(...answer.results)
    if (answer.next === null) return groups
  }
}

/** What Alertmanager sends about a group of alerts, some 1.5 kB; `key` names the group and becomes its title. */
export function alertmanagerBody(key: string, status: 'firing' | 'resolved' = 'firing'): string {
  const alert = {
    status,
    labels: {
      alertname: key,
      instance: 'db-1.example:9100',
      job: 'node',
      mountpoint: '/var/lib/postgresql',
      severity: 'critical',
    },
    annotations: {
      summary: 'The disk fills up within four hours',
      description: 'Only 3.1 % of the file system mounted at /var/lib/postgresql are free, and it is written to at 12 MB/s.',
      runbook_url: 'https://runbooks.example/node/disk-fills-up',
    },
    startsAt: '2026-04-01T12:00:00.000Z',
    endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : '2026-04-01T12:30:00.000Z',
    generatorURL:
      'https://prometheus.example/graph?g0.expr=predict_linear%28node_filesystem_avail_bytes%5B6h%5D%2C+14400%29+%3C+0',
    fingerprint: '6f1c5d4b1f0f9a3e',
  }
  return JSON.stringify({
    version: '4',
    groupKey: `{}/{team="db"}:{alertname="${key}"}`,
    truncatedAlerts: 0,
    status,
    receiver: 'watchbell',
    groupLabels: { alertname: key },
    commonLabels: alert.labels,
    commonAnnotations: alert.annotations,
    externalURL: 'https://alertmanager.example',
    alerts: [alert],
  })
}
